"""What a resource type is to Halfday: which operations make, change and delete it, and what Ref and GetAtt are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from halfday.server.templates.errors import CallRefused
from halfday.server.templates.models import fitted, is_unknown, members_of, model_of
from halfday.server.templates.stacks import Calls, Made

Properties = Mapping[str, Any]
Named = Callable[[str, Any], set[str]]
"""Of a type, the logical ids of resources that are not taken and that a value names, by reference or by their Name."""

_GONE = frozenset(
    "ResourceNotFoundException UserNotFoundException NoSuchEntity NoSuchEntityException NotFoundException "
    "NoSuchBucket GroupNotFoundException 404".split()
)


@dataclass(frozen=True)
class Site:
    """Where one resource is made: the server, the stack, and what of the template lies on this machine.

    `begun` remembers a resource that is there and not finished. `codes` are functions' code, by digest. `functions`
    finds the stack's own functions by name or ARN.
    """

    calls: Calls
    stack: str
    logical_id: str
    suffix: str
    begun: Callable[[Made], Awaitable[None]]
    folder: Path
    nested: Callable[[str, Path, Mapping[str, str]], Awaitable[Mapping[str, Any]]]
    forget_nested: Callable[[str], Awaitable[None]]
    codes: dict[str, bytes] = field(repr=False)
    functions: Callable[[str], list[Made]] = field(repr=False)

    async def call(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """With values that fit the model; members that are None are left out. Raises CallRefused."""
        shape = model_of(service, operation).input_shape
        present = {name: value for name, value in given.items() if value is not None}
        return await self.calls.call(service, operation, fitted(shape, present))

    async def find(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What an operation that changes nothing answers, in a rehearsal too; None for what is not there."""
        try:
            return await self.calls.read(service, operation, given)
        except CallRefused as refused:
            if refused.code not in _GONE:
                raise
            return None

    async def delete(self, service: str, operation: str, given: Mapping[str, Any]) -> None:
        """What is gone already is deleted. Raises CallRefused."""
        try:
            await self.call(service, operation, given)
        except CallRefused as refused:
            if refused.code not in _GONE:
                raise

    def name(self, longest: int, *, lower: bool = False) -> str:
        """A name as CloudFormation makes them up: stack, resource, and a random end."""
        end = f"-{self.suffix}"
        made = f"{self.stack}-{self.logical_id}"[: longest - len(end)] + end
        return made.lower() if lower else made


class Kind:
    """A resource type. `properties` are those acted upon; others are refused before anything is changed.

    A change of `fixed` ones makes another resource in its place; one of `never` ones is refused, as AWS refuses it.
    """

    type: ClassVar[str]
    properties: ClassVar[frozenset[str]]
    fixed: ClassVar[frozenset[str]] = frozenset()
    never: ClassVar[frozenset[str]] = frozenset()
    required: ClassVar[frozenset[str]] = frozenset()
    attributes: ClassVar[frozenset[str]] = frozenset()
    follows: ClassVar[frozenset[str]] = frozenset()
    """Properties by which it belongs to another resource: where that is not taken, it is not either."""

    def does_without(self, given: Properties, named: Named) -> tuple[Properties, set[str]]:
        """The template's properties without what names something that is not taken and that it can do without.

        `named`: the logical ids of such that a value names. And those that were dropped.
        """
        return given, set()

    def normal(self, site: Site, given: Properties) -> Properties:
        """The properties as they are compared and remembered."""
        return given

    def is_replaced(self, old: Properties, new: Properties) -> list[str]:
        """The changed properties for whose sake another resource is made."""
        return [name for name in sorted(self.fixed) if old.get(name) != new.get(name)]

    async def stands(self, site: Site, made: Made) -> bool:
        """Whether it is still there. What the server keeps itself is; what stands behind it may be gone."""
        return True

    def named_again(self, made: Made, given: Properties) -> Properties:
        """The properties by which it is made again under the name that it had."""
        return given

    def identity(self, made: Made) -> tuple[Any, ...]:
        """What tells it from others of its type."""
        return (made.physical_id,)

    async def create(self, site: Site, given: Properties) -> Made:
        raise NotImplementedError

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        raise NotImplementedError

    async def delete(self, site: Site, made: Made) -> None:
        raise NotImplementedError


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class Plain(Kind):
    """A type whose properties are an operation's members, by the same names or `renamed` ones.

    `key`: the members that say which one it is, by the property or, with a dot in front, by what was made:
    `.id` is the physical id. `found` is the path to the physical id in the output of `create_with`, or the one property
    that is it, unless it is `answered`; `named` is a property whose value is made up where it is left out.
    """

    type: str  # type: ignore[misc]
    service: str
    create_with: str
    update_with: str
    delete_with: str
    properties: frozenset[str]  # type: ignore[misc]
    key: Mapping[str, str]
    found: tuple[str, ...]
    fixed: frozenset[str] = frozenset()  # type: ignore[misc]
    required: frozenset[str] = frozenset()  # type: ignore[misc]
    attributes: frozenset[str] = field(default=frozenset(), repr=False)  # type: ignore[misc]
    renamed: Mapping[str, str] = field(default_factory=dict)
    named: str = ""
    longest_name: int = 128
    from_output: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    emptied: Mapping[str, Any] = field(default_factory=dict)
    deleted_by: Mapping[str, Any] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    converted: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    answered: bool = False

    async def create(self, site: Site, given: Properties) -> Made:
        whole = dict(given)
        if self.named and self.named not in whole:
            whole[self.named] = site.name(self.longest_name)
        output = await site.call(self.service, self.create_with, self._input(self.create_with, whole))
        given_name = len(self.found) == 1 and not self.answered
        physical = str(whole[self.found[0]] if given_name else _at(output, self.found))
        return Made(self.type, physical, attributes=self._attributes(output))

    async def update(self, site: Site, made: Made, given: Properties) -> Made:
        left_out = {name: value for name, value in self.emptied.items() if name in made.properties}
        given = {**left_out, **given}
        keyed = {**self._input(self.update_with, given), **self._key(self.update_with, made, given)}
        output = await site.call(self.service, self.update_with, keyed)
        known = {name: value for name, value in self._attributes(output).items() if not is_unknown(value)}
        return replace(made, attributes={**made.attributes, **known})

    async def delete(self, site: Site, made: Made) -> None:
        keyed = self._key(self.delete_with, made, made.properties)
        await site.delete(self.service, self.delete_with, {**keyed, **self.deleted_by})

    def identity(self, made: Made) -> tuple[Any, ...]:
        return tuple(made.physical_id if name == ".id" else made.properties.get(name) for name in self.key.values())

    def _input(self, operation: str, given: Properties) -> dict[str, Any]:
        members = members_of(self.service, operation)
        converted = {
            name: self.converted[name](value) if name in self.converted else value
            for name, value in given.items()
            if name not in self.dropped
        }
        called = {self.renamed.get(name, name): value for name, value in converted.items()}
        if operation == self.create_with:
            return called
        return {name: value for name, value in called.items() if name in members}

    def _key(self, operation: str, made: Made, given: Properties) -> dict[str, Any]:
        members = members_of(self.service, operation)
        values = {
            name: made.physical_id if source == ".id" else self._converted(source, given.get(source))
            for name, source in self.key.items()
            if name in members
        }
        return {name: value for name, value in values.items() if value is not None}

    def _converted(self, name: str, value: Any) -> Any:
        return self.converted[name](value) if name in self.converted and value is not None else value

    def _attributes(self, output: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _at(output, path) for name, path in self.from_output.items() if _at(output, path) is not None}


def _at(output: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = output
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
