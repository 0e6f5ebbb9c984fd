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
        hint(f"{self._did_you_mean(message)}{self.prog} --help shows the options and an example")
        sys.exit(USAGE)

    def _did_you_mean(self, message: str) -> str:
        """A question for the first unknown option that resembles one of ours, else nothing."""
        from difflib import get_close_matches

        _, _, unknown = message.partition("unrecognized arguments: ")
        ours = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
        typed = (word.partition("=")[0] for word in unknown.split() if word.startswith("--"))
        near = next((found[0] for word in typed if (found := get_close_matches(word, ours, 1))), None)
        return f"did you mean {near}? " if near else ""


def plain_parser(command: str, summary: str, example: str) -> Parser:
    """A command's parser, ending in an example."""
    return Parser(
        prog=f"halfday {command}",
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
