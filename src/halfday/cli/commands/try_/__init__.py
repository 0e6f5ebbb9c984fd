"""halfday try: goes the whole path once on this machine, without an AWS account, and explains each step."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from halfday.cli.parsing import Parser, plain_parser
from halfday.cli.terminal import error, hint

_ENDED_BY_PERSON = 130


def run(argv: list[str]) -> int:
    arguments = _parser().parse_args(argv)
    try:
        from halfday.cli.commands.try_.stage import Stage
        from halfday.cli.commands.try_.story import tell
        from halfday.server.seed_file import SeedRefused
        from halfday.server.settings import SettingRefused
    except ImportError as problem:
        if (problem.name or "").startswith("halfday"):
            raise
        error(f"halfday try needs the server and boto3 ({problem.name} is missing)")
        hint("pip install 'halfday[try]'")
        return 2
    with tempfile.TemporaryDirectory(prefix="halfday-try-") as folder:
        _forget_the_surroundings(Path(folder))
        try:
            with Stage(Path(folder), port=arguments.port) as stage:
                return tell(stage, browser=_has_display() and not arguments.no_browser, keep=arguments.keep)
        except (SettingRefused, SeedRefused) as refused:
            error(str(refused))
            hint("another program may hold the port: halfday try --port 0 takes a free one")
            return 1


def _parser() -> Parser:
    parser = plain_parser(
        "try",
        "Sign in, code, tokens, API call, AWS credentials: all of it against a Cognito on this machine.",
        "halfday try --no-browser",
    )
    parser.add_argument("--no-browser", action="store_true", help="sign in over HTTP instead of in your browser")
    parser.add_argument("--keep", action="store_true", help="stay up afterwards, and print how to point any SDK at it")
    parser.add_argument(
        "--port", type=int, default=4242, help="port of the server (default: %(default)s; 0: a free one)"
    )
    return parser


def _has_display() -> bool:
    if os.environ.get("NOBROWSER") or os.environ.get("CI"):
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("BROWSER"))


def _forget_the_surroundings(folder: Path) -> None:
    """Removes HALFDAY_* and AWS_* variables: the demo uses its own pool, not what this machine is set up for."""
    for name in [name for name in os.environ if name.startswith(("HALFDAY_", "AWS_"))]:
        del os.environ[name]
    os.environ["HALFDAY_CACHE_DIR"] = str(folder / "cache")
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
