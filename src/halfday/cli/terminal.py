"""Lines for people: on stderr, coloured only on a terminal, and not when NO_COLOR is set (no-color.org).

Lines may hold text from outside. Of the characters that control a terminal, only our own colours pass (`shown`).
"""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

from halfday.protocol.printable import printable, printable_lines

_CODES = {
    "bold": "1",
    "faint": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}


_STYLE = re.compile(rf"(\x1b\[(?:{'|'.join(_CODES.values())}|;)+m|\x1b\[0m)")


def has_colour(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def paint(text: str, *styles: str, stream: TextIO | None = None) -> str:
    """The text in these styles (bold, faint, or a colour) where the stream shows them."""
    if not text or not has_colour(stream or sys.stderr):
        return text
    return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def shown(text: str, stream: TextIO | None = None) -> str:
    """The text as it may be written to the stream: our own styles stay, other control characters are made visible."""
    stream = stream or sys.stderr
    pieces = _STYLE.split(text) if has_colour(stream) else [text]
    safe = "".join(piece if _STYLE.fullmatch(piece) else printable_lines(piece, most=len(piece)) for piece in pieces)
    encoding = stream.encoding or "utf-8"
    return safe.encode(encoding, "backslashreplace").decode(encoding)


def say(text: str = "") -> None:
    """A line for the person."""
    sys.stderr.write(shown(text) + "\n")
    sys.stderr.flush()


def error(sentence: str) -> None:
    say(f"halfday: {paint('error:', 'bold', 'red')} {sentence}")


def hint(text: str) -> None:
    """What to change; one line each."""
    for line in text.splitlines():
        say(f"halfday: {paint('hint:', 'bold', 'cyan')} {line}")


def fail(sentence: str, advice: str, code: int) -> int:
    """Says both and returns the exit code, for `return fail(…)`."""
    error(sentence)
    hint(advice)
    return code


def done(sentence: str) -> None:
    say(f"{paint('✓', 'bold', 'green') if _speaks_unicode() else 'ok:'} {sentence}")


def progress(what: str, number: int, whole: int) -> None:
    """A bar that is written over itself, on a terminal alone."""
    if not whole or not sys.stderr.isatty():
        return
    filled = 30 * min(number, whole) // whole
    bar = shown(f"  {what} [{'#' * filled}{'.' * (30 - filled)}] {number}/{whole}")
    sys.stderr.write(f"\r{bar}")
    if number >= whole:
        say()
    sys.stderr.flush()


def counted(number: int, kind: str) -> str:
    """1 user pool, 2 policies."""
    singular = f"{kind.removesuffix('ies')}y" if kind.endswith("ies") else kind.removesuffix("s")
    return f"{number} {singular if number == 1 else kind}"


def table(rows: list[tuple[str, str]]) -> str:
    """Names and values in two columns, for stdout; rows without a value are left out."""
    width = max((len(name) for name, value in rows if value), default=0)
    lines = (
        f"{paint(name.ljust(width), 'faint', stream=sys.stdout)}  {printable(value)}\n" for name, value in rows if value
    )
    return shown("".join(lines), sys.stdout)


def clock(epoch_s: float, now: float) -> str:
    """A time of day and how far off it is, as people read it."""
    import time

    left_s = epoch_s - now
    at = time.strftime("%H:%M" if abs(left_s) < 43_200 else "%Y-%m-%d %H:%M", time.localtime(epoch_s))
    if left_s <= 0:
        return f"{at} (ended)"
    unit = f"{left_s / 60:.0f} min" if left_s < 7200 else f"{left_s / 3600:.0f} h"
    return f"{at} (in {unit})"


def _speaks_unicode() -> bool:
    return (sys.stderr.encoding or "").lower().startswith("utf")
