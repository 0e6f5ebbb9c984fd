"""What Ref, GetAtt and ImportValue are while a stack is being applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.kinds import KINDS
from halfday.server.templates.stacks import Made


class StackWorld:
    """`made` grows as resources are made. `untaken` are the template's other resources, with their types."""

    def __init__(
        self,
        untaken: Mapping[str, str],
        absent: Mapping[str, str],
        exports: Mapping[str, str],
        told: Mapping[str, str] | None = None,
    ) -> None:
        """`told`: values of what is not taken, by `Name` or `Name.Attribute`."""
        self.made: dict[str, Made] = {}
        self.used_exports: set[str] = set()
        self._untaken, self._absent, self._exports, self._told = untaken, absent, exports, told or {}

    def reference(self, name: str) -> Any:
        if name in self._untaken and name in self._told:
            return self._told[name]
        return self._found(name).reference

    def attribute(self, name: str, attribute: str) -> Any:
        if name in self._untaken and f"{name}.{attribute}" in self._told:
            return self._told[f"{name}.{attribute}"]
        found = self._found(name)
        if attribute in found.attributes:
            return found.attributes[attribute]
        kind = KINDS.get(found.type)
        if kind is not None and attribute in kind.attributes:
            return ""  # it has one, and it is empty: no secret, no distribution
        raise TemplateRefused(f"{name} ({found.type}) has no attribute {attribute}")

    def imported(self, name: str) -> Any:
        if name not in self._exports:
            raise TemplateRefused(f"no stack exports {name}: apply the template that does first")
        self.used_exports.add(name)
        return self._exports[name]

    def _found(self, name: str) -> Made:
        if name in self.made:
            return self.made[name]
        if name in self._untaken:
            raise NotTaken(name, self._untaken[name])
        if name in self._absent:
            raise TemplateRefused(f"{name} is not made: its condition {self._absent[name]} is false")
        raise TemplateRefused(f"there is no resource or parameter {name}")


class NotTaken(TemplateRefused):
    """A value of something that is not made here, and that nobody has told."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(f"it needs {name} ({kind}), which is not taken")
        self.name = name
