"""Whoever else answers as Cognito: installed in an environment of its own, started on one core, told by its version.

What each leaves out is said beside its figures, because leaving out is fast.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.server import free_port

HERE = Path(__file__).parent / ".rivals"
SERVER_CORE, LOAD_CORE = "0", "1"


@dataclass(frozen=True)
class Rival:
    """`install` and `start` are commands in its own folder; {port} and {data} are put in."""

    name: str
    install: Sequence[Sequence[str]]
    start: Sequence[str]
    leaves_out: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def short_name(self) -> str:
        return self.name.split()[0]

    @property
    def folder(self) -> Path:
        return HERE / self.short_name.partition("[")[0]


def _beside_python(program: str) -> str:
    """The Node that the tests use, if it is there; else the machine's."""
    beside = Path(sys.executable).with_name(program)
    return str(beside) if beside.exists() else program


RIVALS = (
    Rival(
        "ministack[full] 1.5.33",
        ((sys.executable, "-m", "venv", "env"), ("env/bin/pip", "install", "-qqq", "ministack[full]==1.5.33")),
        ("env/bin/ministack",),
        "keeps everything in memory; compares passwords as text; as installed it checks neither tokens nor signatures "
        "of calls (with AUTH=true it does)",
        {"GATEWAY_PORT": "{port}", "PERSIST_STATE": "0", "LOG_LEVEL": "ERROR"},
    ),
    Rival(
        "moto 5.2.2",
        ((sys.executable, "-m", "venv", "env"), ("env/bin/pip", "install", "-qqq", "moto[server,cognitoidp]==5.2.2")),
        ("env/bin/moto_server", "-H", "127.0.0.1", "-p", "{port}"),
        "keeps everything in memory; compares passwords as text; knows a token by having kept it, and checks no "
        "signature; all pools sign with one key; has no token endpoint, so no client_credentials and no userInfo",
    ),
    Rival(
        "cognito-local 5.3.0",
        (
            (
                _beside_python("npm"),
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--prefix",
                ".",
                "cognito-local@5.3.0",
            ),
        ),
        (_beside_python("node"), "node_modules/.bin/cognito-local"),
        "writes a JSON file a pool; compares passwords as text; reads tokens and checks none; all pools sign with one "
        "key; has neither SRP nor a token endpoint, so no client_credentials and no userInfo",
        {"PORT": "{port}", "HOST": "127.0.0.1", "CODE": "1234"},
    ),
)


@contextmanager
def running(rival: Rival) -> Iterator[str]:
    """Its origin until the end of `with`; installed at the first time."""
    if not (rival.folder / "installed").exists():
        _install(rival)
    with tempfile.TemporaryDirectory(prefix="halfday-bench-") as data:
        port = free_port()
        put = {"port": str(port), "data": data}
        command = ["taskset", "-c", SERVER_CORE, *(part.format(**put) for part in rival.start)]
        command[3] = _in_folder(rival, command[3])
        if Path(command[3]).name == "node":
            command[4] = str(rival.folder / command[4])
        environment = {**os.environ, **{name: value.format(**put) for name, value in rival.environment.items()}}
        process = subprocess.Popen(
            command,
            cwd=data,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait(process, port, rival.name)
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends it with all that it started: `node` may be a program that starts another."""
    os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _install(rival: Rival) -> None:
    print(f"installing {rival.name} into {rival.folder}", file=sys.stderr)
    shutil.rmtree(rival.folder, ignore_errors=True)
    rival.folder.mkdir(parents=True)
    for command in rival.install:
        subprocess.run([_in_folder(rival, command[0]), *command[1:]], cwd=rival.folder, check=True)
    (rival.folder / "installed").touch()


def _in_folder(rival: Rival, program: str) -> str:
    return str(rival.folder / program) if "/" in program and not program.startswith("/") else program


def _wait(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended before it answered")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{name} did not come up within 30 s")
