"""halfday exec: a command with AWS credentials of the kept session in its environment."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping

from halfday.cli.arguments import cognito_of, parser
from halfday.cli.dialects import environment, places
from halfday.cli.terminal import error, hint
from halfday.client.settings import Settings
from halfday.protocol.credentials import Credentials

_EXAMPLE = "halfday exec -- aws s3 ls"
_SHADOWING = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN", "AWS_ACCOUNT_ID")
"""Left in place, these would bring another identity in beside ours."""


def run(argv: list[str]) -> int:
    ours, command = _split(argv)
    made = parser("exec", "Runs a command with AWS credentials in its environment.", _EXAMPLE)
    made.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND …")
    options = made.parse_args(ours)
    command = command or options.command
    if not command:
        made.error("no command was given")
    cognito = cognito_of(options)
    return _start(command, child_environment(os.environ, cognito.session.credentials(), cognito.settings))


def child_environment(environ: Mapping[str, str], credentials: Credentials, settings: Settings) -> dict[str, str]:
    """The person's environment with our credentials, region and, where one is set, endpoint."""
    kept = {name: value for name, value in environ.items() if name not in _SHADOWING}
    return {**kept, **places(settings), **environment(credentials)}


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _start(command: list[str], environ: dict[str, str]) -> int:
    """On POSIX the command takes this process's place, so that signals and its exit code are its own."""
    try:
        if sys.platform == "win32":
            return subprocess.call(command, env=environ)
        os.execvpe(command[0], command, environ)  # noqa: S606 - that is what was asked for
    except OSError as problem:
        error(f"{command[0]} cannot be run: {problem.strerror}")
        hint("what stands after -- is the command and its arguments")
        return 127 if isinstance(problem, FileNotFoundError) else 126
