"""Reads stored JSON back into dataclasses: every member has to be there, and of its type.

So a file that was damaged or changed by hand is refused when it is read, and not later when it is used.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from halfday.client.token_store.kept_tokens import LATEST_S

Record = TypeVar("Record")


def read_dataclass(kind: type[Record], members: Mapping[str, Any]) -> Record:
    """A record of this kind. Raises TypeError for members of other types, KeyError for one that is missing."""
    if not isinstance(members, Mapping):
        raise TypeError(f"a {kind.__name__} is a mapping")
    wanted = _types_of(kind)  # type: ignore[arg-type]  # mypy doubts that a class is hashable
    unknown = members.keys() - wanted.keys()
    if unknown:
        raise TypeError(f"a {kind.__name__} has no {min(map(str, unknown))}")
    return kind(**{name: _read(of_type, members[name]) for name, of_type in wanted.items()})


@functools.cache
def _types_of(kind: Any) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _read(wanted: Any, value: Any) -> Any:
    if isinstance(wanted, types.UnionType):
        if value is None and types.NoneType in typing.get_args(wanted):
            return None
        [wanted] = [one for one in typing.get_args(wanted) if one is not types.NoneType]
    if dataclasses.is_dataclass(wanted) and isinstance(wanted, type):
        return value if isinstance(value, wanted) else read_dataclass(wanted, value)
    if not _is_of(wanted, value):
        raise TypeError(f"{type(value).__name__} instead of {wanted.__name__}")
    return value


def _is_of(wanted: type, value: Any) -> bool:
    if isinstance(value, bool):
        return wanted is bool
    if wanted in (int, float):
        return isinstance(value, (int, wanted)) and -LATEST_S < value < LATEST_S
    return isinstance(value, wanted)
