"""What Terraform's provider asked of a server, call by call: recorded where Terraform is, asked again where it is not.

A recording is written anew by HALFDAY_RECORD_TERRAFORM=1; without it, the test that has Terraform finds out whether the
provider still asks the same.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from halfday.protocol.errors import ServiceError
from halfday.server.http import aws
from halfday.server.operations.framework.dispatch import dispatch
from halfday.server.operations.framework.registry import Operation

RECORD = "HALFDAY_RECORD_TERRAFORM"
RECORDS = bool(os.environ.get(RECORD))
"""Read once: a test sees none of these variables."""
FOLDER = Path(__file__).parent / "recorded"
MADE_UP = ("AccessKeyId",)
"""Members of answers that are another one each time, and that later calls repeat."""


@dataclass
class Calls:
    """In their order: phase, service, operation, members, the code of a refusal or nothing, and what was made up.

    Without a phase it is the test that asks.
    """

    made: list[list[Any]] = field(default_factory=list)
    phase: str = ""

    def add(self, service: str, name: str, given: dict[str, Any], code: str, made_up: dict[str, str]) -> None:
        if self.phase:
            self.made.append([self.phase, service, name, given, code, made_up])

    def asked(self) -> dict[str, set[tuple[str, str]]]:
        """Operations and their codes by phase. How often, and in which order, is the provider's haste."""
        found: dict[str, set[tuple[str, str]]] = {}
        for phase, _, name, _, code, _ in self.made:
            found.setdefault(phase, set()).add((name, code))
        return found


@contextmanager
def recorded(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[Calls]:
    """Notes every call to the servers of this process. At the end they are held against the recording, or written."""
    calls = Calls()

    async def noting(services: Any, service: str, operation: str, *, parse: Callable[..., Any], **given: Any) -> Any:
        seen: dict[str, Any] = {}

        def parsed(known: Operation) -> dict[str, Any]:
            seen.update(parse(known))
            return dict(seen)

        try:
            found, output = await dispatch(services, service, operation, parse=parsed, **given)
        except ServiceError as error:
            calls.add(service, operation, seen, error.code, {})
            raise
        calls.add(service, operation, seen, "", _made_up(output))
        return found, output

    monkeypatch.setattr(aws, "dispatch", noting)
    yield calls
    path = FOLDER / f"{name}.json"
    if RECORDS:
        path.parent.mkdir(exist_ok=True)
        lines = ",\n".join(json.dumps(call) for call in calls.made)
        path.write_text(f"[\n{lines}\n]\n")
    assert calls.asked() == Calls(json.loads(path.read_text())).asked(), f"{RECORD}=1 records anew"


def ask_again(name: str, client: Callable[[str], Any]) -> int:
    """Asks everything of the recording, each refusal the same; the number of calls. `client`: boto3's, of a service."""
    again: dict[str, str] = {}
    calls = json.loads((FOLDER / f"{name}.json").read_text())
    for phase, service, operation, given, code, made_up in calls:
        members = {member: again.get(str(value), value) for member, value in given.items()}
        try:
            answer, told = getattr(client(service), xform_name(operation))(**members), ""
        except ClientError as error:
            answer, told = {}, error.response["Error"]["Code"]
        assert told == code, (phase, operation, members)
        again |= {made_up[member]: value for member, value in _made_up(answer).items() if member in made_up}
    return len(calls)


def _made_up(answer: Any) -> dict[str, str]:
    if not isinstance(answer, dict):
        return {}
    inner = {name: value for part in answer.values() for name, value in _made_up(part).items()}
    return {**inner, **{name: answer[name] for name in MADE_UP if isinstance(answer.get(name), str)}}
