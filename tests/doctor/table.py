"""The doctor's table: for each cause of the catalogue, how a test makes that failure happen."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from federated import Identities, identities
from halfday import Cognito
from halfday.client.causes.catalogue import Finding
from halfday.client.errors import HalfdayError
from halfday.doctor.diagnosis import Evidence, diagnose
from halfday.doctor.steps.examination import Examination, Step, examine
from halfday.doctor.steps.order import CHECKS
from world import CALLBACK, Browser, Pool, World

Findings = Sequence[Finding]


@dataclass
class Stage:
    """What a failure is made with: a server, a pool with one user as soon as it is asked for, and the short ways."""

    world: World
    monkeypatch: pytest.MonkeyPatch
    folder: Any

    @cached_property
    def pool(self) -> Pool:
        pool = self.world.pool()
        pool.user()
        return pool

    @property
    def origin(self) -> str:
        return self.world.origin

    def client(self, **given: Any) -> dict[str, Any]:
        return self.pool.client(**given)

    def confidential(self) -> dict[str, Any]:
        return self.pool.client(GenerateSecret=True)

    def code(self, client: dict[str, Any], **parameters: str | None) -> str:
        return Browser(self.origin).code(client, **parameters)

    def cognito(self, client: dict[str, Any], **settings: Any) -> Cognito:
        known = {"domain": self.origin, "client_id": client["ClientId"], "redirect_uri": CALLBACK}
        return Cognito(**{**known, "clock": self.world.clock, **settings})

    def identities(self, **given: Any) -> Identities:
        return identities(self.world, **given)

    def person(self, people: Identities, **settings: Any) -> Any:
        """A session of the identity pool's user, by the client itself."""
        known = {"identity_pool_id": people.identity_pool_id, "user_pool_id": people.pool.pool_id}
        cognito = self.cognito(people.client, **{**known, **settings})
        return cognito.sign_in("ada", "Lovelace-1815", srp=False)


MADE, ANSWER, LINE = "made to happen", "a recorded answer over a socket", "a line that another program leaves"
Failure = Callable[[Stage], Findings]


@dataclass(frozen=True)
class Entry:
    make: Failure
    how: str


TABLE: dict[str, Entry] = {}


def fails(cause: str, *, how: str = MADE) -> Callable[[Failure], Failure]:
    """Puts a function into the table that makes the failure happen and returns what the doctor finds; `how` it does."""

    def put(make: Failure) -> Failure:
        assert cause not in TABLE, cause
        TABLE[cause] = Entry(make, how)
        return make

    return put


def raised(call: Callable[[], object]) -> Findings:
    """What the client's own error says."""
    with pytest.raises(HalfdayError) as caught:
        call()
    return caught.value.findings


def told(text: str, **more: Any) -> Findings:
    """What halfday explain says to it."""
    connection, now = more.pop("connection", None), more.pop("now", time.time())
    evidence = Evidence(text, **more)
    return diagnose(evidence, now=now, connection=connection).findings


def refused(operation: Callable[..., Any], **given: Any) -> Findings:
    """What halfday explain says to the last line that boto3 leaves."""
    with pytest.raises(ClientError) as caught:
        operation(**given)
    return told(f"botocore.exceptions.ClientError: {caught.value}")


def answer_of(response: requests.Response) -> str:
    """As curl -i shows it."""
    headers = "".join(f"{name}: {value}\n" for name, value in response.headers.items())
    return f"HTTP/1.1 {response.status_code} {response.reason}\n{headers}\n{response.text}"


def curl_of(request: requests.PreparedRequest) -> str:
    """The request as somebody would have typed it."""
    import shlex

    words = ["curl", "-X", str(request.method), str(request.url)]
    for name in ("Content-Type", "Authorization", "Authentication"):
        if name in request.headers:
            words += ["-H", f"{name}: {request.headers[name]}"]
    body = request.body.decode() if isinstance(request.body, bytes) else request.body
    return shlex.join([*words, *(["-d", body] if body else [])])


def exchanged(response: requests.Response, **more: Any) -> Findings:
    """What halfday explain says to an answer and the request that it was to."""
    assert response.status_code >= 400, response.text
    return told(response.text or answer_of(response), sent=curl_of(response.request), **more)


def step(name: str, cognito: Cognito, *, session: Any = None, environ: dict[str, str] | None = None) -> Step:
    """One step of the examination, those before it done too."""
    examination = Examination(cognito.connection, session, environ or {})
    return next(found for found in examine(examination, CHECKS) if found.name == name)


def aws_json(document: dict[str, Any]) -> str:
    return json.dumps(document)
