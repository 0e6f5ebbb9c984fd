"""halfday exec: runs a command with AWS credentials of the kept session.

By default the command gets keys in its environment, which every AWS tool reads first. Nothing else keeps running, and
the keys are good for an hour at most. With --renew, for commands that run longer, the command asks our endpoint on
loopback instead, as often as it needs to.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping

from halfday.cli.arguments import cognito_of, parser
from halfday.cli.shells import environment, region_and_endpoint
from halfday.cli.terminal import error, hint, say
from halfday.client.configuration.aws_config import credentials_path, has_section, style_of
from halfday.client.configuration.setting_sources import config_path, read_profile
from halfday.client.errors import SettingsError
from halfday.client.session import Session
from halfday.client.settings import Settings
from halfday.protocol.credentials import Credentials

_EXAMPLE = "halfday exec -- aws s3 ls          or, for hours: halfday exec --renew -- python train.py"
_SHADOWING = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN", "AWS_ACCOUNT_ID")
"""Variables that would give the command another identity. They are removed."""
_BEFORE_AN_ENDPOINT = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CREDENTIAL_FILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
"""What SDKs try before a container's endpoint, which comes last but for the instance's."""


def run(argv: list[str]) -> int:
    ours, command = _split(argv)
    made = parser("exec", "Runs a command with AWS credentials.", _EXAMPLE)
    made.add_argument(
        "--renew", action="store_true", help="credentials that renew themselves, for long-running commands"
    )
    made.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND …")
    options = made.parse_args(ours)
    command = command or options.command
    if not command:
        made.error("no command was given")
    cognito = cognito_of(options)
    if options.renew:
        return _with_endpoint(command, cognito.session, cognito.settings)
    environ = child_environment(os.environ, cognito.session.credentials(), cognito.settings)
    return _starting(command, lambda: _take_place(command, environ))


def child_environment(environ: Mapping[str, str], credentials: Credentials, settings: Settings) -> dict[str, str]:
    """The person's environment with our credentials, region and, where one is set, endpoint."""
    kept = {name: value for name, value in environ.items() if name not in _SHADOWING}
    return {**kept, **region_and_endpoint(settings), **environment(credentials)}


def renewing_environment(environ: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The person's environment without any credentials that SDKs would take before an endpoint's.

    A command without a profile uses the default one. Its section of the credentials file is hidden by naming an empty
    file. What the config file says of it cannot be hidden, and is refused: raises SettingsError.
    """
    kept = {name: value for name, value in environ.items() if name not in (*_SHADOWING, *_BEFORE_AN_ENDPOINT)}
    style = style_of(read_profile(config_path(environ), "default") or {})
    if style and settings.profile != "default":
        sentence = f"[default] of {config_path(environ)} has {style}, which the command would use instead"
        raise SettingsError(sentence, hint="leave --renew out, or give that profile a name of its own")
    if has_section(credentials_path(environ), "default"):
        say(f"halfday: [default] of {credentials_path(environ)} is hidden from the command")
        kept["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    return {**kept, **region_and_endpoint(settings)}


def _with_endpoint(command: list[str], session: Session, settings: Settings) -> int:
    """Runs the command and answers its requests for credentials until it ends. Returns its exit code."""
    from halfday.cli.child_process import run_child
    from halfday.client.credentials.container_endpoint import ContainerEndpoint

    environ = renewing_environment(os.environ, settings)
    session.credentials()  # a person who has to sign in first is told so here, not by the command
    endpoint = ContainerEndpoint(session.credentials)
    return _starting(command, lambda: run_child(command, {**environ, **endpoint.environment()}, meanwhile=endpoint))


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1 :]


def _take_place(command: list[str], environ: dict[str, str]) -> int:
    """On POSIX the command replaces this process, so that signals and the exit code are its own."""
    if sys.platform != "win32":
        os.execvpe(command[0], command, environ)  # noqa: S606 - that is what was asked for
    return subprocess.call(command, env=environ)


def _starting(command: list[str], start: Callable[[], int]) -> int:
    """What `start` returns, or what a shell returns for a command that cannot be run."""
    try:
        return start()
    except OSError as problem:
        error(f"{command[0]} cannot be run: {problem.strerror}")
        hint("what stands after -- is the command and its arguments")
        return 127 if isinstance(problem, FileNotFoundError) else 126
