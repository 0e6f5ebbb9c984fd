"""The model's constraints, checked before any work, in AWS's words.

Source: facts/api.md §1, Model validation errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import regex
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

# What the service checks and its public model omits (facts/api.md §1): the password's shortest length and its pattern.
_PASSWORD_SHAPE = "PasswordType"
_PASSWORD_MINIMUM = 6
_PASSWORD_PATTERN = r"^[\S]+.*[\S]+$"

# Custom domains have dots, as the documentation of Domain says; the model's pattern is of prefixes only.
_WIDER_PATTERNS = {"DomainType": r"^[a-z0-9](?:[a-z0-9\-.]{0,61}[a-z0-9])?$"}

# A value that documentation names (GetClientToken) and the model's enumeration omits.
_FURTHER_VALUES = {"ExplicitAuthFlowsType": ("ALLOW_CLIENT_TOKEN_AUTH",)}


def objections(shape: StructureShape | None, given: Mapping[str, Any]) -> list[str]:
    """AWS's clauses, one a broken constraint, in the order in which they are found."""
    return [] if shape is None else list(_structure(shape, given, ""))


def sentence(clauses: list[str]) -> str:
    count = len(clauses)
    return f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(clauses)}"


def _structure(shape: StructureShape, given: Mapping[str, Any], prefix: str, hidden: bool = False) -> Iterator[str]:
    for name in shape.required_members:
        if given.get(name) is None:
            yield f"Value null at '{prefix}{_lower(name)}' failed to satisfy constraint: Member must not be null"
    for name, value in given.items():
        if value is not None:
            yield from _value(shape.members[name], value, prefix + _lower(name), hidden)


def _value(shape: Shape, value: Any, path: str, hidden: bool) -> Iterator[str]:
    """`hidden`: it stands within something sensitive, whatever its own shape says."""
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
            yield from _value(shape.value, item, f"{path}.{key}.member", hidden)


def _broken(shape: Shape, value: Any) -> list[str]:
    """The constraints of this shape itself that the value breaks."""
    if isinstance(shape, StringShape):
        return list(_string(shape, value))
    if isinstance(shape, (ListShape, MapShape)):
        return list(_length(shape, value))
    return list(_range(shape, value)) if shape.type_name in ("integer", "long") else []


def _string(shape: StringShape, value: str) -> Iterator[str]:
    password = shape.name == _PASSWORD_SHAPE
    minimum = _PASSWORD_MINIMUM if password else shape.metadata.get("min")
    pattern = _PASSWORD_PATTERN if password else _WIDER_PATTERNS.get(shape.name) or shape.metadata.get("pattern")
    yield from _length(shape, value, minimum)
    if pattern and not _compiled(pattern).fullmatch(value):
        yield f"Member must satisfy regular expression pattern: {pattern}"
    if shape.enum and value not in (*shape.enum, *_FURTHER_VALUES.get(shape.name, ())):
        yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"


def _length(shape: Shape, value: Any, minimum: int | None = None) -> Iterator[str]:
    least = shape.metadata.get("min") if minimum is None else minimum
    most = shape.metadata.get("max")
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
    """A value as Java's toString would write it: maps as {a=b}."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}={_shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return str(value)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


@cache
def _compiled(pattern: str) -> Any:
    return regex.compile(pattern, regex.DOTALL if pattern == _PASSWORD_PATTERN else 0)
