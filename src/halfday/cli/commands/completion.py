"""halfday completion: a script that completes commands, options and values in bash, zsh, fish or PowerShell.

The script holds all commands and options, which are taken from the commands' own parsers here. So completing starts no
Python; only the names of AWS profiles are looked up at that moment, by sed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

from halfday.cli.arguments import parser
from halfday.cli.commands import COMMANDS
from halfday.cli.completion_scripts import SCRIPTS

_EXAMPLE = (
    'eval "$(halfday completion bash)"                        (a line of ~/.bashrc; for zsh, of ~/.zshrc)\n'
    "  halfday completion fish > ~/.config/fish/completions/halfday.fish\n"
    "  halfday completion powershell | Out-String | Invoke-Expression     (a line of $PROFILE)"
)


@dataclass(frozen=True, slots=True)
class Option:
    """One option. `flags`: as typed. `value` names its argument, or is empty. `values`: its choices, where known."""

    flags: tuple[str, ...]
    help: str
    value: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `values`: the choices of its positional argument."""

    name: str
    summary: str
    options: tuple[Option, ...]
    values: tuple[str, ...] = ()


class _Caught(Exception):
    def __init__(self, found: argparse.ArgumentParser) -> None:
        self.parser = found


def run(argv: list[str]) -> int:
    made = parser("completion", "Prints a script that completes halfday's commands.", _EXAMPLE, connection=False)
    made.add_argument("shell", choices=[*SCRIPTS], help="the shell that is to learn it")
    options = made.parse_args(argv)
    sys.stdout.write(SCRIPTS[options.shell](commands()))
    return 0


def commands() -> list[Command]:
    """Every command with the options of its parser; with none where its part of Halfday is not installed."""
    with _catching():
        return [_command(name, module, summary) for name, (module, summary) in COMMANDS.items()]


def _command(name: str, module: str, summary: str) -> Command:
    found = _parser_of(module)
    actions = found._actions if found is not None else []
    values = next((action.choices for action in actions if not action.option_strings and action.choices), ())
    return Command(name, summary, tuple(_options(actions)), tuple(map(str, values)))


def _parser_of(module: str) -> argparse.ArgumentParser | None:
    """The command's parser, caught while the command runs with --help. None when the command does not get that far."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            import_module(module).run(["--help"])
    except _Caught as caught:
        return caught.parser
    except (ImportError, SystemExit):
        return None
    return None


def _options(actions: list[argparse.Action]) -> Iterator[Option]:
    for action in actions:
        if action.option_strings and action.help != argparse.SUPPRESS:
            told = (action.help or "").split(" (default")[0].replace("%%", "%").split("\n")[0]
            takes = action.nargs != 0
            value = str(action.metavar or action.dest).lower() if takes else ""
            yield Option(tuple(action.option_strings), told, value, tuple(map(str, action.choices or ())))


@contextlib.contextmanager
def _catching() -> Iterator[None]:
    """Within it, parsers do not parse: each one is raised in a `_Caught`."""
    parse = argparse.ArgumentParser.parse_known_args

    def caught(self: argparse.ArgumentParser, *arguments: object, **options: object) -> None:
        raise _Caught(self)

    argparse.ArgumentParser.parse_known_args = caught  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        argparse.ArgumentParser.parse_known_args = parse  # type: ignore[method-assign]
