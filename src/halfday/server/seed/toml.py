"""Tables of a seed file as TOML: plain keys first, then tables, in the order in which they are given."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_of(tables: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for name, value in tables.items():
        _write(lines, name, value)
    return "\n".join(lines).strip() + "\n"


def _write(lines: list[str], place: str, value: Any) -> None:
    many = isinstance(value, list)
    for table in value if many else [value]:
        lines += ["", f"[[{place}]]" if many else f"[{place}]"]
        inner = {name: each for name, each in table.items() if _is_table(each)}
        lines += [f"{_key(name)} = {_value(each)}" for name, each in table.items() if name not in inner]
        for name, each in inner.items():
            _write(lines, f"{place}.{_key(name)}", each)


def _is_table(value: Any) -> bool:
    """Whether it is written as tables of its own: a list of tables, or a table with tables in it or many keys."""
    if isinstance(value, Mapping):
        return len(value) > 3 or any(_is_table(one) for one in value.values())
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return (
            "{ " + ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items()) + " }" if value else "{}"
        )
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(value: str) -> str:
    """A basic string: as JSON's, but for DEL, which TOML has escaped too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
