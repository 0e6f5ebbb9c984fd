"""What is remembered of a stack: what was made of each resource, by which values, and what the stack exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol


@dataclass(frozen=True)
class Made:
    """One resource as it stands. `whole` is False while making it is not finished.

    `properties` are the resolved ones that it was made by. `reference` is what Ref is.
    """

    type: str
    physical_id: str
    properties: Mapping[str, Any] = field(default_factory=dict, repr=False)
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    needs: tuple[str, ...] = ()
    retained: bool = False
    retained_when_replaced: bool = False
    whole: bool = True
    logical_id: str = ""

    @property
    def reference(self) -> str:
        return str(self.attributes.get("Ref", self.physical_id))


@dataclass(frozen=True)
class Stack:
    """`replaced`: resources in whose place others stand, still to be deleted. `imports`: names of others' exports."""

    name: str
    revision: int = 0
    parameters: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, Made] = field(default_factory=dict)
    replaced: tuple[Made, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""

    def with_made(self, made: Made) -> Stack:
        return replace(self, resources={**self.resources, made.logical_id: made})

    def without(self, logical_id: str) -> Stack:
        return replace(self, resources={name: one for name, one in self.resources.items() if name != logical_id})

    def content(self) -> dict[str, Any]:
        """As JSON."""
        return {name: value for name, value in asdict(self).items() if name not in ("name", "revision")}


def read(name: str, revision: int, content: Mapping[str, Any]) -> Stack:
    resources = {logical: _made(one) for logical, one in content.get("resources", {}).items()}
    replaced = tuple(map(_made, content.get("replaced", ())))
    rest = {key: value for key, value in content.items() if key not in ("resources", "replaced", "imports")}
    imports = tuple(content.get("imports", ()))
    return Stack(name, revision, resources=resources, replaced=replaced, imports=imports, **rest)


def _made(content: Mapping[str, Any]) -> Made:
    return Made(**{**content, "needs": tuple(content["needs"])})


class Memory(Protocol):
    """Where stacks are remembered."""

    async def find(self, name: str) -> Stack | None: ...

    async def all(self) -> list[Stack]: ...

    async def keep(self, stack: Stack) -> Stack:
        """With its new revision. Raises CallRefused where somebody else has applied it meanwhile."""

    async def forget(self, name: str) -> None: ...


class Calls(Protocol):
    """The server's own API, whoever carries it: over HTTP, or in the server's process."""

    account: str
    region: str

    async def call(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The operation's output. Raises CallRefused."""

    async def read(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same, of an operation that changes nothing."""
