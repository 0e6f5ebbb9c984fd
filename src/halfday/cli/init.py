"""halfday init: a commented halfday.toml, ready for halfday serve."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from halfday.cli.terminal import done, error, hint, say


def run(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="halfday init",
        description="Write a commented seed file: a pool, two app clients, a user, a stand-in Google, a role, an API.",
        epilog="example: halfday init && halfday serve",
    )
    parser.add_argument("file", nargs="?", default="halfday.toml", help="where to (default: %(default)s)")
    path = Path(parser.parse_args(argv).file)
    try:
        from halfday.server import demo

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
        file.write(demo.seed_text())
    done(f"wrote {path}")
    say(f"  halfday serve --config {path}" if path.name != "halfday.toml" else "  halfday serve")
    return 0
