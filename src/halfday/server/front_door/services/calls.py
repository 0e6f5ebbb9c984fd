"""A call to a service, as it was understood, and what has to be allowed before it goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from halfday.server.domain.aws.policies import KNOWN_ANYWHERE, KnownKeys
from halfday.server.domain.calls.arns import Place
from halfday.server.domain.calls.json_documents import Members
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.catalogue import Service
from halfday.server.outside.upstreams import Answer

NO_KEYS = KnownKeys()


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """`parameters` are the members of the body, or of the form. `body` is one that nobody looks into. `path`, `query`
    and `headers` are those of a REST service, written anew; `labels` are what its path holds.
    """

    service: Service
    operation: str
    protocol: str
    place: Place
    origin: str
    parameters: Mapping[str, Any] = field(repr=False)
    method: str = "POST"
    path: str = "/"
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def action(self) -> str:
        return f"{self.service.prefix}:{self.operation}"

    def arn(self, name: str, service: str | None = None) -> str:
        return self.place.arn(service or self.service.prefix, name)

    def text(self, name: str) -> str:
        """A parameter that has to be a text; empty where it is not given, or is something else."""
        value = self.parameters.get(name)
        return value if isinstance(value, str) else ""

    def members(self, name: str) -> Members:
        value = self.parameters.get(name)
        return value if isinstance(value, dict) else {}

    def changed(self, **changes: Any) -> ServiceCall:
        """The call with other parameters."""
        return replace(self, parameters={**self.parameters, **changes})


AfterAnswer = Callable[[Answer], tuple[Need, ...]]
Rewriting = Callable[[Answer], Answer]


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be allowed, and what goes on then.

    `known` are the condition keys that the needs' contexts have wherever AWS would. `after`: what else the answer
    shows to be needed, for calls that change nothing. `rewritten` makes the answer that is passed back. `unsure` says
    why the resource is not known: then only statements about every resource allow it. `reaches_out`: what it would make
    moto do beyond this process.
    """

    call: ServiceCall
    needs: tuple[Need, ...]
    known: KnownKeys = NO_KEYS
    after: AfterAnswer | None = None
    rewritten: Rewriting | None = None
    unsure: str = ""
    reaches_out: str = ""

    @property
    def whole_answer(self) -> bool:
        return self.after is not None or self.rewritten is not None


Ask = Callable[[ServiceCall], Awaitable[Members | None]]
"""Asks the upstream in the server's own name; None where it refuses. The call's service speaks JSON."""
Rule = Callable[[ServiceCall, Ask], Awaitable[Plan]]

KNOWN_EVERYWHERE = KNOWN_ANYWHERE
