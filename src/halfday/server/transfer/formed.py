"""Whether what a document says has the form that it has to have. Whoever wrote it may have changed it by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from halfday.server.transfer.errors import TransferRefused

T = TypeVar("T")

_LATEST = 2.0**40
_LARGEST = 2**63


@contextmanager
def formed(place: str) -> Iterator[None]:
    """What has another form than an export is refused with its place. Raises TransferRefused."""
    try:
        yield
    except TransferRefused:
        raise
    except (LookupError, TypeError, AttributeError, ValueError) as problem:
        raise TransferRefused(place, "has not the form of an export") from problem


def checked(record: T) -> T:
    """The record, every field of which has its type. It goes into the store as it is. Raises TypeError."""
    for name, hint in get_type_hints(type(record)).items():
        if not _fits(getattr(record, name), hint):
            raise TypeError(f"{name} of {type(record).__name__}")
    return record


def _fits(value: Any, hint: Any) -> bool:
    kinds, origin = get_args(hint), get_origin(hint)
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(one, kinds[0]) for one in value)
    if origin is dict:
        pairs = value.items() if isinstance(value, Mapping) else [(None, None)]
        return all(_fits(name, kinds[0]) and _fits(one, kinds[1]) for name, one in pairs)
    if kinds:  # X | None
        return any(_fits(value, one) for one in kinds)
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, (int, float)) and 0 <= value < _LATEST
    if hint is int:
        return isinstance(value, int) and -_LARGEST <= value < _LARGEST
    return isinstance(value, hint)
