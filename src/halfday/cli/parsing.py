"""The parser of every command: errors look like those of the rest of Halfday, and help ends in an example."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from halfday.cli.exit_codes import USAGE
from halfday.cli.spelling import question
from halfday.cli.terminal import error, hint, say


class Parser(argparse.ArgumentParser):
    """Reports a usage error as `halfday: error: …`, one line of usage, and a hint."""

    _meant = ""

    def error(self, message: str) -> NoReturn:
        error(message)
        say(self._short_usage())
        asked = self._meant or self._flag_meant(message)
        hint(f"{asked}{self.prog} --help shows the options and an example")
        sys.exit(USAGE)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """As argparse's. What the person meant by a word that is no choice is kept for the hint."""
        if action.choices is not None and value not in action.choices:
            self._meant = question(str(value), map(str, action.choices))
        super()._check_value(action, value)

    def _short_usage(self) -> str:
        """The command with its arguments; of its options, those without which it does nothing."""
        formatter = self._get_formatter()
        formatter.add_usage(None, [one for one in self._actions if one.required or not one.option_strings], [])
        return f"{formatter.format_help().strip()} [options]"

    def _flag_meant(self, message: str) -> str:
        """A question for the first unknown option that resembles one of ours, else nothing."""
        _, _, unknown = message.partition("unrecognized arguments: ")
        ours = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
        typed = (word.partition("=")[0] for word in unknown.split() if word.startswith("--"))
        return next((asked for word in typed if (asked := question(word, ours))), "")


class _Verbose(argparse.Action):
    """`--verbose`: the client's log begins when it is read."""

    def __call__(self, *_: object) -> None:
        from halfday.client import log

        log.begin(say)


def plain_parser(command: str, summary: str, example: str) -> Parser:
    """A command's parser, with --verbose, ending in an example."""
    made = Parser(
        prog=f"halfday {command}",
        description=summary,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "--verbose",
        action=_Verbose,
        nargs=0,
        dest=argparse.SUPPRESS,
        default=argparse.SUPPRESS,
        help="say on stderr what is asked of whom, and where settings come from (or HALFDAY_LOG=debug, or =FILE)",
    )
    return made
