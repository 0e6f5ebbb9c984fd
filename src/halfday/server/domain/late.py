"""Records of which some fields are worked out when they are first asked for: what is sealed is opened only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Late:
    """The base of such records. A field that is not there yet is asked of `_later`, once, and is there from then on.

    Whoever compares, copies or changes the record has all of its fields.
    """

    __slots__ = ("_later",)

    def __getattr__(self, name: str) -> Any:
        """Python calls this for a field that has no value."""
        if name == "_later":
            raise AttributeError(name)
        value = self._later(name)
        object.__setattr__(self, name, value)
        return value


def put_off(record: Late, names: tuple[str, ...], later: Callable[[str], Any]) -> None:
    """Takes these fields out of the record. `later` gives their values, and raises AttributeError for other names."""
    for name in names:
        object.__delattr__(record, name)
    object.__setattr__(record, "_later", later)
