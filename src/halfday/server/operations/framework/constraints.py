"""The model's constraints, checked before any work, in AWS's words, at a cost that the request's size bounds.

Length comes first: no pattern runs on a value that is too long, and every pattern runs in linear time
(`patterns.matches`). Objections end at MOST_OBJECTIONS, and so does the look at what is left of a list; values are
shown by their beginning. What is demanded of each shape is compiled once (`shape_rules`). Source: facts/api.md §1,
Model validation errors; docs/decisions/0026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from halfday.server.operations.framework.service_models import ListShape, MapShape, Shape, StringShape, StructureShape
from halfday.server.operations.framework.shape_rules import LONGEST_WITHOUT_MAXIMUM as LONGEST_WITHOUT_MAXIMUM
from halfday.server.operations.framework.shape_rules import Rules, broken, broken_by_keys, broken_by_values, rules_of

MOST_OBJECTIONS = 10
LONGEST_SHOWN = 256
"""So many characters of a value are repeated in a sentence."""


def objections(shape: StructureShape | None, given: Mapping[str, Any]) -> list[str]:
    """AWS's clauses, one a broken constraint, in the order in which they are found; MOST_OBJECTIONS and one at most."""
    found = _Objections()
    if shape is not None:
        try:
            _checked(shape).look_within(given, "", False, found)
        except _Enough:
            return found.clauses
    return found.clauses


def sentence(clauses: list[str]) -> str:
    count, told = len(clauses), clauses[:MOST_OBJECTIONS]
    many = f"More than {MOST_OBJECTIONS}" if count > MOST_OBJECTIONS else str(count)
    return f"{many} validation error{'s' if count > 1 else ''} detected: {'; '.join(told)}"


class _Enough(Exception):
    """So much is wrong that nothing more is looked at."""


class _Objections:
    def __init__(self) -> None:
        self.clauses: list[str] = []

    def add(self, shown: str, path: str, demand: str) -> None:
        self.clauses.append(f"Value{shown} at '{path}' failed to satisfy constraint: {demand}")
        if len(self.clauses) > MOST_OBJECTIONS:
            raise _Enough


class _Checked:
    """A shape whose values can be checked. `hidden`: the value is part of a sensitive one, whatever its own shape."""

    def __init__(self, shape: Shape) -> None:
        self._rules: Rules = rules_of(shape)
        self._sensitive = bool(shape.metadata.get("sensitive"))
        self._holds_sensitive = _holds_sensitive(shape)

    def check(self, value: Any, path: str, hidden: bool, found: _Objections) -> None:
        hidden = hidden or self._sensitive
        for rule in self._rules:
            if not rule.keeps(value):
                self._object(broken(self._rules, value), value, path, hidden, found)
                break
        self.look_within(value, path, hidden, found)

    def look_within(self, value: Any, path: str, hidden: bool, found: _Objections) -> None:
        """Checks the parts of the value. Simple values and documents have none."""

    def _object(self, demands: Iterator[str], value: Any, path: str, hidden: bool, found: _Objections) -> None:
        shown = "" if hidden or self._holds_sensitive else f" '{_shown(value)}'"
        for demand in demands:
            found.add(shown, path, demand)


class _CheckedStructure(_Checked):
    def __init__(self, shape: StructureShape) -> None:
        super().__init__(shape)
        self._required = tuple((name, _lower(name)) for name in shape.required_members)
        self._members = {name: (_lower(name), _checked(member)) for name, member in shape.members.items()}

    def look_within(self, value: Mapping[str, Any], path: str, hidden: bool, found: _Objections) -> None:
        prefix = f"{path}." if path else ""
        for name, lower in self._required:
            if value.get(name) is None:
                found.add(" null", prefix + lower, "Member must not be null")
        for name, item in value.items():
            if item is not None:
                lower, member = self._members[name]
                member.check(item, prefix + lower, hidden, found)


class _CheckedList(_Checked):
    def __init__(self, shape: ListShape) -> None:
        super().__init__(shape)
        self._member = _checked(shape.member)

    def look_within(self, value: list[Any], path: str, hidden: bool, found: _Objections) -> None:
        for index, item in enumerate(value, 1):
            self._member.check(item, f"{path}.{index}.member", hidden, found)


class _CheckedMap(_Checked):
    def __init__(self, shape: MapShape) -> None:
        super().__init__(shape)
        self._value, self._key_rules = _checked(shape.value), rules_of(shape.key)
        self._value_rules = rules_of(shape.value) if isinstance(shape.value, StringShape) else ()

    def look_within(self, value: Mapping[str, Any], path: str, hidden: bool, found: _Objections) -> None:
        self._object(broken_by_keys(self._key_rules, value), value, path, hidden, found)
        if self._value_rules:
            self._object(broken_by_values(self._value_rules, value), value, path, hidden, found)
            return
        for key, item in value.items():
            self._value.check(item, f"{path}.{_cut(key)}.member", hidden, found)


@cache
def _checked(shape: Shape) -> _Checked:
    """Kept by the shape itself, of which each operation has its own."""
    if isinstance(shape, StructureShape) and not shape.is_document_type:
        return _CheckedStructure(shape)
    if isinstance(shape, ListShape):
        return _CheckedList(shape)
    return _CheckedMap(shape) if isinstance(shape, MapShape) else _Checked(shape)


def _holds_sensitive(shape: Shape) -> bool:
    """Whether a value of this shape has something sensitive inside, as Logins have their tokens."""
    inner = shape.member if isinstance(shape, ListShape) else shape.value if isinstance(shape, MapShape) else None
    return inner is not None and (bool(inner.metadata.get("sensitive")) or _holds_sensitive(inner))


def _shown(value: Any) -> str:
    """A value as Java's toString would write it, maps as {a=b}; of a long one the beginning."""
    text = ""
    for piece in _pieces(value):
        text += _cut(piece)
        if len(text) > LONGEST_SHOWN:
            break
    return _cut(text)


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield "{"
        for number, (key, item) in enumerate(value.items()):
            yield f"{', ' if number else ''}{_cut(key)}="
            yield from _pieces(item)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for number, item in enumerate(value):
            yield ", " if number else ""
            yield from _pieces(item)
        yield "]"
    else:
        yield str(value)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
