"""Examines a connection from its settings to its credentials, step by step, and goes on after a problem.

Each step says ok, problem or not checked. Later steps use what earlier ones found: what the sign-in page said of the
app client decides what the token endpoint's refusal means.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from halfday.client.causes.catalogue import Finding, Symptom
from halfday.client.causes.matching import find
from halfday.client.connection import Connection
from halfday.client.errors import HalfdayError
from halfday.client.session import Session
from halfday.client.settings import DEFAULT_REDIRECT_URIS, Settings
from halfday.client.transport.wire import Flow, Request, Response, run_flow
from halfday.doctor.steps import probes

Outcome = Literal["ok", "problem", "not checked"]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Step:
    """One step's result. `told`: what was found, in a line. `findings`: why, when it is a problem."""

    outcome: Outcome
    told: str
    findings: tuple[Finding, ...] = ()
    name: str = ""


@dataclass
class Examination:
    """The connection that is examined, and what is known of it so far."""

    connection: Connection
    session: Session | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    facts: dict[str, str] = field(default_factory=dict)
    unreachable: set[str] = field(default_factory=set)
    ahead_s: float | None = None
    redirect_uri: str | None = None
    pool_domain: str | None = None
    unusable: HalfdayError | None = None
    """Why a session that is kept cannot be used; None also where none is kept."""

    @property
    def settings(self) -> Settings:
        return self.connection.settings

    @property
    def redirect_uris(self) -> Sequence[str]:
        return self.settings.redirect_uris or DEFAULT_REDIRECT_URIS

    @property
    def pool_id(self) -> str | None:
        return self.settings.user_pool_id or (self.session.pool_id if self.session else None)

    def ask(self, flow: Flow[Result]) -> Result:
        """The result of a probe. The first answer with a date is compared with our clock."""
        return run_flow(flow, self.send)

    def send(self, request: Request) -> Response:
        before = self.connection.clock()
        response = self.connection.transport.send(request)
        there = probes.time_of(response)
        if there is not None and self.ahead_s is None:
            self.ahead_s = (before + self.connection.clock()) / 2 - there
        return response

    def obstacle(self, url: str) -> str:
        """Why no request can be sent there; empty when one can."""
        place = urlsplit(url).netloc
        return f"{place} cannot be reached" if place in self.unreachable else ""


Check = Callable[[Examination], Step]


def examine(examination: Examination, checks: Mapping[str, Check]) -> Iterator[Step]:
    """Yields each step when it is done. An error of the client is that step's problem, and not the end."""
    for name, check in checks.items():
        try:
            step = check(examination)
        except HalfdayError as error:
            step = problem(str(error), error)
        yield replace(step, name=name)


def ok(told: str) -> Step:
    return Step("ok", told)


def not_checked(why: str) -> Step:
    return Step("not checked", why)


def problem(told: str, found: HalfdayError | Symptom, facts: Mapping[str, str] | None = None) -> Step:
    """A problem, with the catalogue's causes for it. `facts`: what is known besides."""
    if isinstance(found, HalfdayError) and not facts:
        return Step("problem", told, found.findings or _of_hint(found))
    symptom = found.symptom if isinstance(found, HalfdayError) else found
    return Step("problem", told, find(replace(symptom, facts={**symptom.facts, **(facts or {})})))


def _of_hint(error: HalfdayError) -> tuple[Finding, ...]:
    """The error's own hint as a finding, where there is one."""
    return (Finding(str(error), error.hint, row=""),) if error.hint else ()
