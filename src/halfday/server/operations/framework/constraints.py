"""The model's constraints, checked before any work, in AWS's words, at a cost that the request's size bounds.

Length comes first: no pattern runs on a value that is too long, and every pattern runs in linear time
(`patterns.matches`). Objections end at MOST_OBJECTIONS, and so does the look at what is left of a list; values are
shown by their beginning. Source: facts/api.md §1, Model validation errors; docs/decisions/0026.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from halfday.server.operations.framework import patterns
from halfday.server.operations.framework.service_models import ListShape, MapShape, Shape, StringShape, StructureShape

MOST_OBJECTIONS = 10
LONGEST_SHOWN = 256
"""So many characters of a value are repeated in a sentence."""
LONGEST_WITHOUT_MAXIMUM = 131_072
"""Characters of a text for which the model has no maximum: the longest that it has anywhere in Cognito's APIs."""

# What the service checks and its public model omits (facts/api.md §1): the password's shortest length and its pattern.
_PASSWORD_SHAPE = "PasswordType"
_PASSWORD_MINIMUM = 6
_PASSWORD_PATTERN = patterns.PASSWORD

# Custom domains have dots, as the documentation of Domain says; the model's pattern is of prefixes only.
_WIDER_PATTERNS = {"DomainType": r"^[a-z0-9](?:[a-z0-9\-.]{0,61}[a-z0-9])?$"}

# A value that the documentation of GetClientToken names and the model's enumeration lacks.
_FURTHER_VALUES = {"ExplicitAuthFlowsType": ("ALLOW_CLIENT_TOKEN_AUTH",)}


def objections(shape: StructureShape | None, given: Mapping[str, Any]) -> list[str]:
    """AWS's clauses, one a broken constraint, in the order in which they are found; MOST_OBJECTIONS and one at most."""
    return [] if shape is None else list(islice(_structure(shape, given, ""), MOST_OBJECTIONS + 1))


def sentence(clauses: list[str]) -> str:
    count, told = len(clauses), clauses[:MOST_OBJECTIONS]
    many = f"More than {MOST_OBJECTIONS}" if count > MOST_OBJECTIONS else str(count)
    return f"{many} validation error{'s' if count > 1 else ''} detected: {'; '.join(told)}"


def _structure(shape: StructureShape, given: Mapping[str, Any], prefix: str, hidden: bool = False) -> Iterator[str]:
    for name in shape.required_members:
        if given.get(name) is None:
            yield f"Value null at '{prefix}{_lower(name)}' failed to satisfy constraint: Member must not be null"
    for name, value in given.items():
        if value is not None:
            yield from _value(shape.members[name], value, prefix + _lower(name), hidden)


def _value(shape: Shape, value: Any, path: str, hidden: bool) -> Iterator[str]:
    """`hidden`: the value is part of a sensitive one, whatever its own shape says."""
    hidden = hidden or bool(shape.metadata.get("sensitive"))
    constraints = _broken(shape, value)
    if constraints:
        shown = "" if hidden or _holds_sensitive(shape) else f" '{_shown(value)}'"
        yield from (f"Value{shown} at '{path}' failed to satisfy constraint: {broken}" for broken in constraints)
    if isinstance(shape, StructureShape) and not shape.is_document_type:
        yield from _structure(shape, value, path + ".", hidden)
    elif isinstance(shape, ListShape):
        for index, item in enumerate(value, 1):
            yield from _value(shape.member, item, f"{path}.{index}.member", hidden)
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _value(shape.value, item, f"{path}.{_cut(key)}.member", hidden)


def _broken(shape: Shape, value: Any) -> list[str]:
    """The constraints of this shape itself that the value breaks."""
    if isinstance(shape, StringShape):
        return list(_string(shape, value))
    if isinstance(shape, MapShape):
        return [*_length(shape, value), *_keys(shape.key, value)]
    if isinstance(shape, ListShape):
        return list(_length(shape, value))
    return list(_range(shape, value)) if shape.type_name in ("integer", "long") else []


def _string(shape: StringShape, value: str) -> Iterator[str]:
    password = shape.name == _PASSWORD_SHAPE
    minimum = _PASSWORD_MINIMUM if password else shape.metadata.get("min")
    pattern = _PASSWORD_PATTERN if password else _WIDER_PATTERNS.get(shape.name) or shape.metadata.get("pattern")
    yield from _length(shape, value, minimum)
    if len(value) > shape.metadata.get("max", LONGEST_WITHOUT_MAXIMUM):
        return
    if pattern and not patterns.matches(pattern, value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
    if shape.enum and value not in (*shape.enum, *_FURTHER_VALUES.get(shape.name, ())):
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def _keys(shape: Shape, value: Mapping[str, Any]) -> Iterator[str]:
    """The constraints that the first invalid key breaks. AWS's wording is [inferred]."""
    for key in value:
        broken = _broken(shape, key)
        if broken:
            yield f"Map keys must satisfy constraint: [{', '.join(broken)}]"
            return


def _length(shape: Shape, value: Any, minimum: int | None = None) -> Iterator[str]:
    """Of a text, list or map. Only texts have a maximum where the model has none."""
    least = shape.metadata.get("min") if minimum is None else minimum
    most = shape.metadata.get("max", LONGEST_WITHOUT_MAXIMUM if isinstance(shape, StringShape) else None)
    if least is not None and len(value) < least:
        yield f"Member must have length greater than or equal to {least}"
    if most is not None and len(value) > most:
        yield f"Member must have length less than or equal to {most}"


def _range(shape: Shape, value: int) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield f"Member must have value greater than or equal to {least}"
    if most is not None and value > most:
        yield f"Member must have value less than or equal to {most}"


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
