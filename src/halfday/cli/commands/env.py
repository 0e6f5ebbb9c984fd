"""halfday env: AWS credentials, region and endpoint as variables of the current shell, or for another program.

These are the variables that `halfday exec` gives one command. `halfday credentials --format …` prints the credentials
alone, exactly as the AWS CLI exports them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from halfday.cli.arguments import cognito_of, command_line, parser, refuse_terminal
from halfday.cli.shells import FORMATS, env_file, environment, masks, region_and_endpoint, spell
from halfday.cli.terminal import done, hint
from halfday.client.cognito import Cognito
from halfday.client.errors import SettingsError
from halfday.client.settings import Settings
from halfday.protocol.urls import parse_url

_EXAMPLE = """eval "$(halfday env)"          in fish: halfday env --format fish | source
  halfday env --format docker > aws.env && docker run --env-file aws.env …"""


def run(argv: list[str]) -> int:
    made = parser("env", "Prints AWS credentials as variables of a shell, renewed when they are old.", _EXAMPLE)
    made.add_argument(
        "--format",
        choices=[*FORMATS, "process", "docker", "github", "claude"],
        default="env",
        help="as the AWS CLI names them (env); docker: for --env-file; github: into GITHUB_ENV, masked; claude: Claude "
        "Code's settings, without a secret",
    )
    made.add_argument("--show", action="store_true", help="print them on a terminal too")
    options = made.parse_args(argv)
    if options.format == "claude":
        sys.stdout.write(_claude_settings(cognito_of(options).settings, options))
        return 0
    if sys.stdout.isatty() and not options.show:
        return refuse_terminal("a secret key", "halfday env")
    return _print(cognito_of(options), options.format)


def _print(cognito: Cognito, form: str) -> int:
    credentials = cognito.session.credentials()
    if form == "process":
        from halfday.client.session import process_output

        sys.stdout.write(process_output(credentials))
        return 0
    variables = {**environment(credentials), **region_and_endpoint(cognito.settings)}
    if form == "docker":
        sys.stdout.write(env_file(variables))
        _warn_of_loopback(variables.get("AWS_ENDPOINT_URL"))
    elif form == "github":
        _tell_github(variables)
    else:
        sys.stdout.write(spell(variables, form))
    return 0


def _tell_github(variables: dict[str, str]) -> None:
    """Secrets are hidden in the job's log first. The next steps have the variables."""
    path = os.environ.get("GITHUB_ENV")
    if not path:
        raise SettingsError("GITHUB_ENV is not set", hint="--format github is for a step of GitHub Actions")
    text = env_file(variables)
    secret = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    sys.stdout.write(masks(variables[name] for name in secret))
    sys.stdout.flush()
    try:
        with open(path, "a+b") as file:  # a last line that another command left open would take our first one in
            file.seek(max(file.tell() - 1, 0))
            file.write((b"" if file.read() in (b"", b"\n") else b"\n") + text.encode())
    except OSError as problem:
        hint = "the runner makes this file for each step"
        raise SettingsError(f"GITHUB_ENV cannot be written: {problem}", hint=hint) from problem
    done(f"{', '.join(variables)} are set for the next steps")


def _warn_of_loopback(endpoint: str | None) -> None:
    if endpoint and parse_url(endpoint).is_loopback:
        hint(f"in a container {endpoint} is the container itself: docker run --network host, or another endpoint_url")


def _claude_settings(settings: Settings, options: argparse.Namespace) -> str:
    """Of Claude Code's settings those that have it ask Halfday (its guide, Amazon Bedrock, and Settings)."""
    settings.require("identity_pool_id")
    options.profile = options.profile or os.environ.get("AWS_PROFILE")
    told = {
        "awsAuthRefresh": command_line(options, "login"),
        "awsCredentialExport": command_line(options, "credentials", "--format sts"),
        "env": {"CLAUDE_CODE_USE_BEDROCK": "1", **region_and_endpoint(settings)},
    }
    told["env"].pop("AWS_DEFAULT_REGION", None)  # type: ignore[attr-defined]
    return json.dumps(told, indent=2) + "\n"
