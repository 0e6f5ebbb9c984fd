"""Makes text from outside safe to print: the one place that decides what may reach a terminal, a log or a page.

Somebody else writes what a sign-in page, an API, a token or a file says. Escape sequences move the cursor, rename the
window and write to the clipboard; a line end begins another log line; characters that change the direction of writing
hide what is there. Each of them is shown in its escaped form: \\x1b, \\n, \\u202e.
"""

from __future__ import annotations

MOST_CHARACTERS = 2_000
"""Of one text. The rest is cut."""


def printable(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """The text on one line, cut to `most`, with every invisible character escaped."""
    kept = text[:most]
    if not kept.isprintable():
        kept = "".join(letter if letter.isprintable() else _spelt(letter) for letter in kept)
    return kept if len(text) <= most else f"{kept} … ({len(text) - most:,} more characters)"


def printable_lines(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """The same for text that has lines and tabs of its own; each line is cut by itself."""
    return "\n".join("\t".join(printable(part, most=most) for part in line.split("\t")) for line in text.split("\n"))


def _spelt(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
