"""Exceptions that are copied and pickled with all that they keep: worker processes hand them on."""

from __future__ import annotations

from typing import Any


class Picklable:
    """To be named before the exception: `class ClaimsError(Picklable, ValueError)`.

    By itself Python makes a copy by calling the class with `args`, and these are not what it was called with.
    """

    args: tuple[object, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, dict(self.__dict__))


def _again(kind: type[Any], arguments: tuple[object, ...], members: dict[str, object]) -> Any:
    error: Any = kind.__new__(kind, *arguments)
    error.__dict__.update(members)
    return error
