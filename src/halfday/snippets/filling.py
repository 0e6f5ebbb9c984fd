"""Fills the gaps of a text. A line with a gap that there is nothing for is left out.

{{client_id}}      as a literal: a text or a list that JavaScript, Python, TOML, YAML and JSON read alike
{{scopes:words}}   a list as one literal, blanks between
{{origin:plain}}   as it stands, for formats without quotes; a list with blanks between
{{when:public}}    nothing, and keeps the line where that is so
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping

_GAP = re.compile(r"\{\{(\w+)(?::(\w+))?\}\}")
_LINE = re.compile("[\x20-\x7e\x80-\U0010ffff]*")

Value = str | tuple[str, ...] | None


def fill(text: str, values: Mapping[str, Value], facts: Mapping[str, bool]) -> str:
    """The text with its gaps filled. Raises KeyError for a gap or a fact that is not known."""
    lines = (_filled(line, values, facts) for line in text.splitlines())
    return "\n".join(line for line in lines if line is not None) + "\n"


def gaps(text: str) -> set[str]:
    """The names that a text has gaps for."""
    return {name for name, _ in _GAP.findall(text)}


def _filled(line: str, values: Mapping[str, Value], facts: Mapping[str, bool]) -> str | None:
    pieces: list[str] = []
    end = 0
    for gap in _GAP.finditer(line):
        name, way = gap.groups()
        if name == "when":
            if not facts[way]:
                return None
            put = ""
        elif (value := values[name]) in (None, ()):
            return None
        else:
            put = _WAYS[way](value)
        pieces += [line[end : gap.start()], put]
        end = gap.end()
    return "".join([*pieces, line[end:]]).rstrip() if end else line


def _literal(value: Value) -> str:
    """JSON, in the part of it that the other languages share: nothing beyond ASCII is escaped."""
    return json.dumps(value, ensure_ascii=False)


def _words(value: Value) -> str:
    return _literal(_joined(value))


def _plain(value: Value) -> str:
    """Raises ValueError for a text that would be more than one line, or not be read as it stands."""
    text = _joined(value)
    if not _LINE.fullmatch(text) or text != text.strip() or any(mark in text for mark in "\"'`;#\\$"):
        raise ValueError(f"{text!r} cannot be written without quotes")
    return text


def _joined(value: Value) -> str:
    return value if isinstance(value, str) else " ".join(value or ())


_WAYS = {None: _literal, "words": _words, "plain": _plain}


def known_ways() -> Collection[str | None]:
    return _WAYS.keys()
