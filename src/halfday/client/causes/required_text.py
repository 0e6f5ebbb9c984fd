"""The plain text that every match of a pattern holds. It is searched for first, which is a hundred times quicker.

Only the forms that the catalogue's patterns have are understood; for any other the text is empty.
"""

from __future__ import annotations

import re

_PART = re.compile(r"\\(?P<escape>.)|(?P<class>\[(?:\\.|[^\]\\])*\])|(?P<meta>[().|^$])|(?P<plain>[^\\\[])", re.DOTALL)
_QUANTIFIER = re.compile(r"[?*+]\??|\{[^}]*\}")


def needle(pattern: str) -> str:
    """The longest text, in small letters, that every match of the pattern holds; empty where none is sure."""
    runs, run, depth, at = [""], "", 0, 0
    while at < len(pattern):
        part = _PART.match(pattern, at)
        if part is None:
            return ""
        quantifier = _QUANTIFIER.match(pattern, part.end())
        at = quantifier.end() if quantifier and part["meta"] != "(" else part.end()
        letter = _letter(part)
        if part["meta"] in ("(", ")"):
            depth += 1 if part["meta"] == "(" else -1
        elif part["meta"] == "|" and depth == 0:
            return ""
        if letter and depth == 0 and quantifier is None:
            run += letter
        else:
            runs, run = [*runs, run], ""
    return max([*runs, run], key=len).lower()


def _letter(part: re.Match[str]) -> str:
    """What this part of a pattern stands for, where that is one letter."""
    if part["escape"]:
        return part["escape"] if not part["escape"].isalnum() else ""
    return part["plain"] or ""
