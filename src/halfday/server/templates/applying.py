"""Applies a template: makes, changes, replaces and deletes, in order, what differs from what was applied last.

The same work is rehearsed first, with a server that only listens (`rehearsal`), so that what would be refused is told
before anything is changed. What is done is remembered at once, resource by resource: applying again goes on from there.
Source: CloudFormation user guide, Update behaviors of stack resources; DeletionPolicy attribute.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from halfday.server.templates import documents
from halfday.server.templates.documents import Template
from halfday.server.templates.errors import CallRefused, Stopped, TemplateRefused
from halfday.server.templates.kinds import KINDS
from halfday.server.templates.kinds.kind import Kind, Site
from halfday.server.templates.kinds.nested import NestedStack
from halfday.server.templates.outputs import exports_of, outputs_of
from halfday.server.templates.preparing import Prepared, prepared
from halfday.server.templates.rehearsal import RehearsedCalls, RehearsedMemory
from halfday.server.templates.stacks import Calls, Made, Memory, Stack

CREATE, UPDATE, REPLACE, DELETE, RETAIN = "create", "update", "replace", "delete", "retain"
_NO_UPDATE = "Updates are not allowed for property - {}."
_RETAINED = ("Retain", "RetainExceptOnCreate")


@dataclass(frozen=True)
class Step:
    """One change of one resource. `why` are the properties that differ."""

    action: str
    stack: str
    logical_id: str
    type: str
    physical_id: str = ""
    why: tuple[str, ...] = ()


@dataclass
class Applied:
    """What was done. `untaken`: what the template has beside, by logical id, with its type. `without`: what was made
    without some of that, which it named.
    """

    stack: Stack
    steps: list[Step] = field(default_factory=list)
    untaken: Mapping[str, str] = field(default_factory=dict)
    outputs_untaken: Mapping[str, str] = field(default_factory=dict)
    without: Mapping[str, set[str]] = field(default_factory=dict)


Tell = Callable[[Step], None]


def _silent(_: Step) -> None:
    return None


async def plan(
    template: Template,
    calls: Calls,
    memory: Memory,
    given: Mapping[str, str],
    *,
    told: Mapping[str, str] | None = None,
) -> Applied:
    """What `apply` would do. Changes nothing. Raises TemplateRefused. `told` are values of what is not taken."""
    listening = RehearsedCalls(calls)
    return await Applying(template, listening, RehearsedMemory(memory), rehearsed=True, told=told).run(given)


async def apply(
    template: Template,
    calls: Calls,
    memory: Memory,
    given: Mapping[str, str],
    *,
    told: Mapping[str, str] | None = None,
    tell: Tell = _silent,
) -> Applied:
    """Raises TemplateRefused before anything is changed; Stopped in the middle."""
    await plan(template, calls, memory, given, told=told)
    return await Applying(template, calls, memory, tell=tell, told=told).run(given)


class Applying:
    def __init__(
        self,
        template: Template,
        calls: Calls,
        memory: Memory,
        *,
        rehearsed: bool = False,
        tell: Tell = _silent,
        parent: str = "",
        told: Mapping[str, str] | None = None,
    ) -> None:
        """`told` are values of what is not taken (`world`)."""
        self._template, self._calls, self._memory = template, calls, memory
        self._rehearsed, self._tell, self._parent, self._told = rehearsed, tell, parent, told or {}
        self._steps: list[Step] = []
        self._stack = Stack(template.stack)
        self._wrong: list[str] = []
        self._codes: dict[str, bytes] = {}

    async def run(self, given: Mapping[str, str]) -> Applied:
        name = self._template.stack
        self._stack = await self._memory.find(name) or Stack(name)
        others = [one for one in await self._memory.all() if one.name != name]
        exported = {key: value for one in others for key, value in one.exports.items()}
        ready = prepared(self._template, self._calls, given, self._stack, exported, self._told)
        self._stack = replace(
            self._stack,
            parameters=ready.texts,
            parent=self._parent,
            metadata={
                key: value for key, value in ready.body.get("Metadata", {}).items() if key.startswith("AWS::Amplify")
            },
        )
        for logical_id in ready.order:
            await self._resource(ready, logical_id)
        self._check_rehearsed()
        outputs, untaken = outputs_of(ready)
        exports = exports_of(ready, outputs)
        self._check_exports(exports, others)
        await self._keep(
            replace(self._stack, outputs=outputs, exports=exports, imports=tuple(sorted(ready.world.used_exports)))
        )
        await self._clean_up(ready)
        self._check_rehearsed()
        return Applied(self._stack, self._steps, ready.untaken, untaken, ready.without)

    def _check_rehearsed(self) -> None:
        """Raises TemplateRefused with all that a rehearsal has found so far."""
        if self._wrong:
            raise TemplateRefused(*self._wrong)

    async def _resource(self, ready: Prepared, logical_id: str) -> None:
        """A rehearsal goes on after a refusal, so that all of them are told at once."""
        try:
            await self._settle(ready, logical_id)
        except TemplateRefused as refused:
            where = f"{logical_id} ({ready.resource(logical_id)['Type']})"
            self._note_refusal(where, refused.sentences)
            ready.world.made.setdefault(logical_id, self._stand_in(ready, logical_id))
        except CallRefused as refused:
            where = f"{logical_id} ({ready.resource(logical_id)['Type']})"
            self._note_refusal(where, (str(refused),))
            ready.world.made.setdefault(logical_id, self._stand_in(ready, logical_id))

    def _note_refusal(self, where: str, sentences: tuple[str, ...]) -> None:
        told = [f"{where}: {sentence}" for sentence in sentences]
        if not self._rehearsed:
            raise Stopped(self._stack.name, told)
        self._wrong += told

    def _stand_in(self, ready: Prepared, logical_id: str) -> Made:
        """In a rehearsal, for what was refused: others that name it are looked at all the same."""
        kind = KINDS[ready.resource(logical_id)["Type"]]
        return Made(kind.type, f"‹{logical_id}›", attributes={one: f"‹{logical_id}.{one}›" for one in kind.attributes})

    async def _settle(self, ready: Prepared, logical_id: str) -> None:
        resource = ready.resource(logical_id)
        kind = KINDS[resource["Type"]]
        site = self._site(logical_id)
        given = kind.normal(site, ready.scope.resolve(resource.get("Properties", {})))
        before = self._stack.resources.get(logical_id)
        made = await self._changed(site, kind, before, given)
        made = replace(
            made,
            logical_id=logical_id,
            properties=given,
            needs=tuple(sorted(ready.needs[logical_id])),
            retained=resource.get("DeletionPolicy") in _RETAINED,
            retained_when_replaced=resource.get("UpdateReplacePolicy") in _RETAINED,
            whole=True,
        )
        ready.world.made[logical_id] = made
        if made != before:
            await self._keep(self._stack.with_made(made))

    async def _changed(self, site: Site, kind: Kind, before: Made | None, given: Mapping[str, Any]) -> Made:
        """The resource as the template has it now. Raises TemplateRefused, CallRefused."""
        if before is None:
            made = await kind.create(site, given)
            self._step(CREATE, site, kind, made)
            return made
        if before.type != kind.type:
            raise TemplateRefused(f"Update of resource type is not permitted: it is {before.type}")
        if isinstance(kind, NestedStack):
            return await kind.update(site, before, given)
        differing = [
            name
            for name in sorted(before.properties.keys() | given.keys())
            if before.properties.get(name) != given.get(name)
        ]
        if before.whole and not differing and await kind.stands(site, before):
            return before
        if before.whole and not differing:
            made = await kind.create(site, kind.named_again(before, given))
            self._step(CREATE, site, kind, made, ["it is gone"])
            return made
        if before.whole and (kept := [name for name in differing if name in kind.never]):
            raise TemplateRefused(_NO_UPDATE.format(", ".join(kept)))
        if before.whole and kind.is_replaced(before.properties, given):
            made = await kind.create(site, given)
            self._stack = replace(self._stack, replaced=(*self._stack.replaced, before))
            self._step(REPLACE, site, kind, made, differing)
            return made
        made = await kind.update(site, before, given)
        self._step(UPDATE, site, kind, made, differing)
        return made

    async def _clean_up(self, ready: Prepared) -> None:
        """Deletes what was replaced and what left the template, those first that need others."""
        gone = [one for name, one in self._stack.resources.items() if name not in ready.order]
        for one in reversed(self._stack.replaced):
            if not any(_is_same(one, now) for now in self._stack.resources.values()):
                await self._delete(one, retained=one.retained_when_replaced)
            await self._keep(replace(self._stack, replaced=tuple(each for each in self._stack.replaced if each != one)))
        for one in _needed_last(gone):
            await self._delete(one, retained=one.retained)
            await self._keep(self._stack.without(one.logical_id))

    async def delete_all(self) -> Applied:
        """Deletes the stack. Raises TemplateRefused, Stopped."""
        name = self._template.stack
        found = await self._memory.find(name)
        if found is None:
            raise TemplateRefused(f"there is no stack {name}")
        self._stack = found
        self._check_exports({}, [one for one in await self._memory.all() if one.name != name])
        for one in reversed(self._stack.replaced):
            await self._delete(one, retained=one.retained_when_replaced)
        for one in _needed_last(list(self._stack.resources.values())):
            await self._delete(one, retained=one.retained)
            await self._keep(self._stack.without(one.logical_id))
        self._check_rehearsed()
        await self._memory.forget(name)
        return Applied(self._stack, self._steps)

    async def _delete(self, one: Made, *, retained: bool) -> None:
        kind, site = KINDS[one.type], self._site(one.logical_id)
        if retained:
            self._step(RETAIN, site, kind, one)
            return
        try:
            await kind.delete(site, one)
        except CallRefused as refused:
            self._note_refusal(f"{one.logical_id} ({one.type})", (str(refused),))
        self._step(DELETE, site, kind, one)

    def _check_exports(self, exports: Mapping[str, str], others: list[Stack]) -> None:
        """Raises TemplateRefused where another stack uses an export that would go, or be another."""
        for other in others:
            for used in other.imports:
                if used in self._stack.exports and exports.get(used) != self._stack.exports[used]:
                    raise TemplateRefused(f"Export {used} cannot be changed or deleted as it is in use by {other.name}")

    def _step(self, action: str, site: Site, kind: Kind, made: Made, why: list[str] | None = None) -> None:
        if isinstance(kind, NestedStack):
            return
        step = Step(action, site.stack, site.logical_id, kind.type, made.physical_id, tuple(why or ()))
        self._steps.append(step)
        self._tell(step)

    async def _keep(self, stack: Stack) -> None:
        found = stack if self._rehearsed else replace(stack, revision=stack.revision + 1)
        self._stack = await self._memory.keep(found)

    def _site(self, logical_id: str) -> Site:
        async def begun(made: Made) -> None:
            await self._keep(self._stack.with_made(replace(made, logical_id=logical_id, whole=False)))

        suffix = "0" * 12 if self._rehearsed else _random_suffix()
        return Site(
            self._calls,
            self._stack.name,
            logical_id,
            suffix,
            begun,
            self._template.folder,
            self._apply_nested,
            self._delete_nested,
            self._codes,
            self._functions,
        )

    def _functions(self, name: str) -> list[Made]:
        made = self._stack.resources.values()
        return [one for one in made if name in (one.physical_id, one.attributes.get("Arn"))]

    async def _apply_nested(self, name: str, path: Path, given: Mapping[str, str]) -> Mapping[str, Any]:
        nested = documents.read(path, name)
        work = Applying(
            nested,
            self._calls,
            self._memory,
            rehearsed=self._rehearsed,
            tell=self._tell,
            parent=self._template.stack,
            told=self._told,
        )
        applied = await work.run(given)
        self._steps += applied.steps
        return applied.stack.outputs

    async def _delete_nested(self, name: str) -> None:
        nested = Template(self._template.path, name, {})
        work = Applying(nested, self._calls, self._memory, rehearsed=self._rehearsed, tell=self._tell)
        self._steps += (await work.delete_all()).steps


async def delete(stack: str, calls: Calls, memory: Memory, *, tell: Tell = _silent, rehearsed: bool = False) -> Applied:
    """Deletes what was applied under the name, but for what DeletionPolicy retains. Raises TemplateRefused, Stopped."""
    nothing = Template(Path(), stack, {})
    planned = await Applying(nothing, RehearsedCalls(calls), RehearsedMemory(memory), rehearsed=True).delete_all()
    if rehearsed:
        return planned
    return await Applying(nothing, calls, memory, tell=tell).delete_all()


def _needed_last(resources: list[Made]) -> list[Made]:
    """Each before those that it needs."""
    left = {one.logical_id: one for one in resources}
    ordered: list[Made] = []
    while left:
        needed = {name for one in left.values() for name in one.needs if name != one.logical_id}
        free = [one for name, one in left.items() if name not in needed] or list(left.values())
        ordered.append(free[-1])
        del left[free[-1].logical_id]
    return ordered


def _is_same(old: Made, new: Made) -> bool:
    """Whether what was replaced has the name of what stands in its place: to delete it would delete that."""
    return old.type == new.type and KINDS[old.type].identity(old) == KINDS[new.type].identity(new)


def _random_suffix() -> str:
    signs = string.ascii_uppercase + string.digits
    return "".join(secrets.choice(signs) for _ in range(12))
