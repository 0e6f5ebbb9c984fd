"""halfday init: writes a commented halfday.toml for halfday serve."""

from __future__ import annotations

import os
import shlex
import tomllib
from pathlib import Path

from halfday.cli.commands.serve import SEED_FILE
from halfday.cli.parsing import plain_parser
from halfday.cli.terminal import done, error, hint, say


def run(argv: list[str]) -> int:
    parser = plain_parser(
        "init",
        "Writes a commented seed file: a pool, two app clients, a user, a stand-in Google, a role, a bucket, an API.",
        "halfday init && halfday serve",
    )
    parser.add_argument("file", nargs="?", default=SEED_FILE, help="where to (default: %(default)s)")
    path = Path(parser.parse_args(argv).file)
    try:
        from halfday.server import demo

        text = demo.seed_text()
        # It holds a client secret and a password: for the owner's eyes only.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        error(f"{path} is there already, and is left alone")
        hint(f"halfday init OTHER-FILE, or remove {path} first")
        return 1
    except OSError as problem:
        error(f"{path} cannot be written: {problem.strerror}")
        hint("name a file in a folder that exists and is yours")
        return 1
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    done(f"wrote {path}")
    _tell_what_is_next(path, text)
    return 0


def _tell_what_is_next(path: Path, text: str) -> None:
    """Commands ready to be copied: the server's here, and the client's for another terminal."""
    from halfday.server import demo
    from halfday.server.settings import Settings
    from halfday.server.usage import exports

    settings = Settings()
    origin = f"http://{settings.host}:{settings.port}"
    say(f"  halfday serve --config {shlex.quote(str(path))}" if str(path) != SEED_FILE else "  halfday serve")
    say()
    say("and in another terminal:")
    for line in exports(tomllib.loads(text), origin):
        say(f"  {line}")
    say(f"  halfday login                          # {demo.USERNAME}, password {demo.PASSWORD}")
    say(f"  halfday exec -- aws s3 ls              # {demo.BUCKET}")
    say(f"  halfday call GET {origin}{demo.API_PATH}/things")
