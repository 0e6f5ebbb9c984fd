"""A rehearsal: the same work with a server that only listens, to find what would be refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.templates.errors import CallRefused
from halfday.server.templates.models import UNKNOWN, made_up, model_of, objections
from halfday.server.templates.stacks import Calls, Memory, Stack


class RehearsedCalls:
    """Checks each input as far as it is known, and answers with what is not known yet."""

    def __init__(self, calls: Calls) -> None:
        self.account, self.region, self._calls = calls.account, calls.region, calls

    async def call(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        found = objections(service, operation, given)
        if found:
            raise CallRefused(operation, "Refused", "; ".join(found))
        shape = model_of(service, operation).output_shape
        answer: Mapping[str, Any] = made_up(shape, f"{UNKNOWN}{operation}›") if shape else {}
        return answer

    async def read(self, service: str, operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the server answers: it is asked. Of what is not made yet there is nothing."""
        if any(UNKNOWN in value for value in given.values() if isinstance(value, str)):
            return {}
        return await self._calls.read(service, operation, given)


class RehearsedMemory:
    """Remembers what would be remembered, for as long as the rehearsal lasts."""

    def __init__(self, memory: Memory, rehearsed: Mapping[str, Stack] | None = None) -> None:
        self._memory, self._kept = memory, dict(rehearsed or {})
        self._forgotten: set[str] = set()

    async def find(self, name: str) -> Stack | None:
        if name in self._forgotten:
            return None
        return self._kept.get(name) or await self._memory.find(name)

    async def all(self) -> list[Stack]:
        known = {stack.name: stack for stack in await self._memory.all()} | self._kept
        return [stack for name, stack in known.items() if name not in self._forgotten]

    async def keep(self, stack: Stack) -> Stack:
        self._kept[stack.name] = stack
        self._forgotten.discard(stack.name)
        return stack

    async def forget(self, name: str) -> None:
        self._forgotten.add(name)
