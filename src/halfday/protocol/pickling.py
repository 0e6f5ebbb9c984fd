"""Exceptions that can be copied and pickled with all their members, because worker processes hand them on."""

from __future__ import annotations

from typing import Any


class Picklable:
    """A base class, named before the exception: `class ClaimsError(Picklable, ValueError)`.

    Without it, Python copies an exception by calling the class with `args`, which are not the constructor's arguments.
    """

    args: tuple[object, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, dict(self.__dict__))


def _again(kind: type[Any], arguments: tuple[object, ...], members: dict[str, object]) -> Any:
    error: Any = kind.__new__(kind, *arguments)
    error.__dict__.update(members)
    return error
