"""The parser of every command: errors look like those of the rest of Halfday, and help ends in an example."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from halfday.cli.exit_codes import USAGE
from halfday.cli.terminal import error, hint


class Parser(argparse.ArgumentParser):
    """Reports a usage error as `halfday: error: …` and a hint."""

    def error(self, message: str) -> NoReturn:
        error(message)
        hint(f"{self.prog} --help shows the options and an example")
        sys.exit(USAGE)


def plain_parser(command: str, summary: str, example: str) -> Parser:
    """A command's parser, ending in an example."""
    return Parser(
        prog=f"halfday {command}",
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
