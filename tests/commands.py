"""`halfday …` as a process that starts at once: forked from one that has imported the client already.

A command has a memory, standard streams, an environment, a folder and an exit code of its own, as a process that
`python -m halfday.cli` starts; only the imports are not repeated, which are most of what it costs. What the interpreter
reads as it starts (`PYTHON…`, the locale) cannot be set afterwards: with other values of these, one is started.
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NoReturn

COMMAND = [sys.executable, "-m", "halfday.cli"]
_INTERPRETER_S = ("PYTHON", "LC_", "LANG")
_LONGEST_BYTES = 100_000
"""Of what fits into one message on a socket."""


def run(
    *argv: str, env: Mapping[str, str], stdin: str = "", stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    """What it printed, and its exit code, or minus the signal. `stdout`: a descriptor that it is given instead."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as said:
        given.write(stdin.encode())
        given.seek(0)
        streams = (given.fileno(), printed.fileno() if stdout is None else stdout, said.fileno())
        code = _run(argv, env, streams)
        printed.seek(0)
        said.seek(0)
        return subprocess.CompletedProcess([*COMMAND, *argv], code, printed.read().decode(), said.read().decode())


def _run(argv: Sequence[str], env: Mapping[str, str], streams: tuple[int, int, int]) -> int:
    message = json.dumps({"argv": argv, "env": dict(env), "cwd": os.getcwd()}).encode()
    if len(message) > _LONGEST_BYTES or _read_at_the_start(env) != _read_at_the_start(os.environ):
        given, printed, said = streams
        return subprocess.run(
            [*COMMAND, *argv], env=env, stdin=given, stdout=printed, stderr=said, timeout=60, check=False
        ).returncode
    answers, report = socket.socketpair()
    with answers, report:
        socket.send_fds(_imported(), [message], [*streams, report.fileno()])
        report.close()
        answers.settimeout(60)
        return int(answers.recv(16))


def _read_at_the_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_INTERPRETER_S)}


@cache
def _imported() -> socket.socket:
    """The process that has imported the client; it ends when this one has."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    subprocess.Popen([sys.executable, __file__], stdin=theirs, stdout=subprocess.DEVNULL)
    theirs.close()
    return ours


def _serve(asked: socket.socket) -> None:
    """Forks for each message; returns in the process that is to be the command."""
    import halfday.cli.commands.call
    import halfday.cli.commands.explain
    import halfday.cli.commands.login
    import halfday.cli.commands.logout
    import halfday.client.browser.login
    import halfday.client.credentials.identity_pool
    import halfday.client.oauth.code_grant
    import halfday.client.tokens.connection_verifier
    import halfday.client.transport.pools  # noqa: F401
    from halfday.client.causes.catalogue import catalogue

    catalogue()
    gc.freeze()
    while True:
        message, descriptors, _, _ = socket.recv_fds(asked, _LONGEST_BYTES, 4)
        if not message:
            sys.exit()
        if os.fork() == 0:
            asked.close()
            return _be(json.loads(message), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        _bury()


def _be(asked: Mapping[str, Any], descriptors: list[int]) -> None:
    """Returns in the command's process. Its parent waits for it and reports how it ended."""
    *streams, report = descriptors
    if (child := os.fork()) != 0:
        _, status = os.waitpid(child, 0)
        os.write(report, str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    os.close(report)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        setattr(sys, name, _text(number, getattr(sys, name)))
    sys.argv = ["halfday", *asked["argv"]]


def _text(number: int, like: io.TextIOWrapper) -> io.TextIOWrapper:
    stream = open(number, "rb" if number == 0 else "wb", closefd=False)  # noqa: SIM115 - it is standard output
    at_once = number == 2 or os.isatty(number)
    return io.TextIOWrapper(stream, like.encoding, like.errors, line_buffering=at_once)


def _bury() -> None:
    """Takes leave of the forked processes that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _main() -> NoReturn:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with socket.socket(fileno=os.dup(0)) as asked:
        _serve(asked)
    try:
        runpy.run_module("halfday.cli", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        _end(ended.code)
    _end(None)


def _end(code: str | int | None) -> NoReturn:
    """As the interpreter ends, but for taking apart every module, which takes longer than most commands."""
    if isinstance(code, str):
        print(code, file=sys.stderr)
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if not stream.closed:
            stream.flush()
    os._exit(1 if isinstance(code, str) else code or 0)


if __name__ == "__main__":
    _main()
