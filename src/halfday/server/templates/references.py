"""Which resources a value names: by Ref, GetAtt and Sub, in the branches of conditions that are taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

_VARIABLE = re.compile(r"\$\{(?!!)([^{}]*)\}")


def named_in(value: Any, resources: Set[str], holds: Callable[[str], bool]) -> set[str]:
    """The logical ids among `resources` that the value depends on."""
    return {name for name in _names(value, holds) if name in resources}


def _names(value: Any, holds: Callable[[str], bool]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _names(item, holds)
    if not isinstance(value, Mapping):
        return
    for key, item in value.items():
        if key == "Ref" and isinstance(item, str):
            yield item
        elif key == "Fn::GetAtt":
            yield str(item).split(".")[0] if isinstance(item, str) else str(item[0])
        elif key == "Fn::Sub":
            yield from _of_sub(item, holds)
        elif key == "Fn::If" and isinstance(item, list) and len(item) == 3:
            yield from _names(item[1] if holds(item[0]) else item[2], holds)
        else:
            yield from _names(item, holds)


def _of_sub(item: Any, holds: Callable[[str], bool]) -> Iterator[str]:
    text, own = (item, {}) if isinstance(item, str) else item
    for name in _VARIABLE.findall(text):
        if name not in own:
            yield name.strip().split(".")[0]
    yield from _names(list(own.values()), holds)


def in_order(needs: Mapping[str, Set[str]]) -> list[str]:
    """Every name after those that it needs, else as they stand. Raises CircularNeed."""
    ordered: list[str] = []
    placed: set[str] = set()
    waiting = list(needs)
    while waiting:
        ready = [name for name in waiting if needs[name] <= placed]
        if not ready:
            raise CircularNeed(waiting)
        ordered.append(ready[0])
        placed.add(ready[0])
        waiting.remove(ready[0])
    return ordered


class CircularNeed(ValueError):
    def __init__(self, names: list[str]) -> None:
        super().__init__(f"these resources need each other: {', '.join(names)}")
