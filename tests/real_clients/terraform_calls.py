"""What Terraform's provider asked of a server and was answered, call by call: recorded where Terraform is, asked again
where it is not.

HALFDAY_RECORD_TERRAFORM=1 writes a recording anew; without it, the test that has Terraform finds out whether the
provider still asks the same. A read that is answered as the last time is not written again, so that a plan without
changes adds nothing.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from halfday.protocol.errors import ServiceError
from halfday.server.http import aws, rest
from halfday.server.operations.framework.dispatch import dispatch
from halfday.server.operations.framework.registry import Operation

RECORD = "HALFDAY_RECORD_TERRAFORM"
RECORDING = bool(os.environ.get(RECORD))  # while tests run, no variable of Halfday's is there
FOLDER = Path(__file__).parent / "recorded"
MADE_UP = re.compile(
    r".*\.(?:[A-Za-z]*(?:Id|Arn|Date|Secret|Until|UUID)|id|arn|sub|CSSVersion|Version|LastModified|SecretAccessKey|"
    r"[A-Za-z]*Endpoint|ImageUrl|ActiveEncryptionCertificate)"
)
"""Members of answers that are another one each time: ids, and what names them, times, secrets. Later calls repeat
them."""
BESIDE = {"EstimatedNumberOfUsers", "IssuerConfiguration"}
"""Members that tell what was done between the provider's calls, and not by it: nobody does it again."""
ONE_BY_ONE = {f"TF_CLI_ARGS_{command}": "-parallelism=1" for command in ("apply", "plan", "destroy")}
"""Of what is recorded, so that a call is written after those that were answered before it was asked."""
_SHORTEST = 6
"""Of what is looked for in later calls: a resource's id in an API has six characters, all others have more."""


@dataclass
class Made:
    """A call: its phase (without one it is the test that asks), and the code of a refusal or the answer."""

    phase: str
    service: str
    operation: str
    given: dict[str, Any]
    code: str = ""
    answer: Any = None

    @property
    def asked(self) -> str:
        return json.dumps([self.service, self.operation, self.given], sort_keys=True)


@dataclass
class Calls:
    """In the order in which they were answered."""

    made: list[Made] = field(default_factory=list)
    phase: str = ""
    _last: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def add(self, call: Made) -> None:
        if call.phase and self._last.get(call.asked) != (call.code, call.answer):
            self._last[call.asked] = call.code, call.answer
            self.made.append(call)

    def operations(self) -> set[tuple[str, str, str]]:
        """With their codes. How often, and in which order, is the provider's haste."""
        return {(call.service, call.operation, call.code) for call in self.made}

    def write(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        lines = [[c.phase, c.service, c.operation, c.given, c.code, c.answer] for c in self.made]
        path.write_text("".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines))

    @classmethod
    def read(cls, name: str) -> Calls:
        lines = (FOLDER / f"{name}.jsonl").read_text().splitlines()
        return cls([Made(*json.loads(line)) for line in lines])


@contextmanager
def noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Notes every call to the servers of this process."""
    calls = Calls()

    async def noting(services: Any, service: str, operation: str, *, parse: Callable[..., Any], **given: Any) -> Any:
        call = Made(calls.phase, service, operation, {})

        def parsed(known: Operation) -> dict[str, Any]:
            members: dict[str, Any] = parse(known)
            call.given = plain(members)
            return members

        try:
            found, output = await dispatch(services, service, operation, parse=parsed, **given)
        except ServiceError as error:
            call.code = error.code
            calls.add(call)
            raise
        call.answer = plain(output)
        calls.add(call)
        return found, output

    with monkeypatch.context() as patched:
        for edge in (aws, rest):
            patched.setattr(edge, "dispatch", noting)
        yield calls


@contextmanager
def recorded(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[Calls]:
    """Notes every call. At the end they are held against the recording, or written."""
    with noted(monkeypatch) as calls:
        try:
            yield calls
        finally:
            if RECORDING:
                calls.write(FOLDER / f"{name}.jsonl")
    assert calls.operations() == Calls.read(name).operations(), f"{RECORD}=1 records anew"


def ask_again(monkeypatch: pytest.MonkeyPatch, name: str, client: Callable[[str], Any]) -> int:
    """Asks everything of the recording, each answered and refused as it was; the number of calls.

    `client` gives boto3's, of a service.
    """
    again = Again()
    recording = Calls.read(name).made
    with noted(monkeypatch) as calls:
        for number, call in enumerate(recording):
            calls.phase = str(number)
            ask = getattr(client(call.service), xform_name(call.operation))
            with suppress(ClientError):
                ask(**again.given(call.given))
            told = calls.made.pop()
            calls._last.clear()
            assert told.code == call.code, (call.operation, call.given, told.code)
            again.compare(call.operation, call.answer, told.answer)
    return len(recording)


@dataclass
class Again:
    """What is made up has another value the second time, and is put in the place of the first."""

    known: dict[str, str] = field(default_factory=dict)

    def given(self, members: dict[str, Any]) -> dict[str, Any]:
        return {name: binary(value) for name, value in self.replaced(members).items()}

    def replaced(self, value: Any) -> Any:
        text = json.dumps(value)
        for first, second in self.known.items():
            text = text.replace(first, second).replace(quote(first, safe=""), quote(second, safe=""))
        return json.loads(text)

    def compare(self, place: str, first: Any, second: Any) -> None:
        """Raises AssertionError unless both are the same but for what is made up."""
        if isinstance(first, dict) and isinstance(second, dict):
            named = {name if name in second else self.replaced(name): value for name, value in first.items()}
            assert set(named) - BESIDE == set(second) - BESIDE, place
            for name in sorted(set(named) - BESIDE):
                value = named[name]
                shown = first["Name"] if name == "Value" and "Name" in first else name
                self.compare(f"{place}.{shown}", value, second[name])
        elif isinstance(first, list) and isinstance(second, list):
            assert len(first) == len(second), place
            for one, other in zip(first, second, strict=True):
                self.compare(f"{place}[]", one, other)
        elif first != second and self.replaced(first) != second:
            assert MADE_UP.fullmatch(place), (place, first, second)
            assert type(first) is type(second), place
            if isinstance(first, str) and len(first) >= _SHORTEST:
                self.known[first] = second


def plain(value: Any) -> Any:
    """As JSON has it: octets as base64, nothing of what is not there."""
    if isinstance(value, bytes):
        return {"$octets": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items() if one is not None}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def binary(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$octets"}:
            return base64.b64decode(value["$octets"])
        return {name: binary(one) for name, one in value.items()}
    return [binary(one) for one in value] if isinstance(value, list) else value
