"""How the demo looks on a terminal: numbered steps, what was sent, what came back. It is printed on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from halfday.cli.terminal import paint, shown

_INDENT = "     "


def show(text: str = "", *styles: str) -> None:
    line = paint(text, *styles, stream=sys.stdout) if styles else text
    sys.stdout.write(shown(line, sys.stdout) + "\n")
    sys.stdout.flush()


def show_title(text: str, below: str) -> None:
    show()
    show(f"  {text}", "bold")
    show(f"  {below}", "faint")


def show_step(number: int, heading: str, *sentences: str) -> None:
    show()
    show(f"  {paint(f' {number} ', 'bold', 'cyan', stream=sys.stdout)} {paint(heading, 'bold', stream=sys.stdout)}")
    for sentence in sentences:
        show(_INDENT + sentence, "faint")


def show_request(*lines: str) -> None:
    """Prints what was sent, ready to be copied."""
    show()
    for line in lines:
        show(_INDENT + line, "cyan")


def show_response(*lines: str) -> None:
    show()
    for line in lines:
        show(_INDENT + line)


def show_fact(sentence: str) -> None:
    """Prints a sentence that has just been checked."""
    show(f"{_INDENT}{paint('✓', 'bold', 'green', stream=sys.stdout)} {sentence}")


def show_members(values: Mapping[str, Any], *, notes: Mapping[str, str] | None = None) -> None:
    """Prints JSON, one member a line, with a note behind a member that has one."""
    notes = notes or {}
    show()
    for name, value in values.items():
        text = f"{paint(json.dumps(name), 'blue', stream=sys.stdout)}: {json.dumps(value, ensure_ascii=False)}"
        remark = paint(f"  ← {notes[name]}", "faint", stream=sys.stdout) if name in notes else ""
        show(f"{_INDENT}  {text}{remark}")


def shortened(secret: str, keep: int = 12) -> str:
    """The beginning of a token, enough to recognise it."""
    return secret[:keep] + "…"
