"""What an S3 call needs is decided without keeping others waiting, however much it asks for."""

from __future__ import annotations

import asyncio
import itertools
import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from front_door import ME, ROLE, Door, issue
from halfday.server.domain.aws.callers import AssumedRole
from halfday.server.domain.aws.policies import kept
from halfday.server.domain.refusals import Refused
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.permissions import LONGEST_CONTEXT_VALUE, TURN_S, authorize_all

MANY = 1_000
CALLER = AssumedRole(issue(901), ROLE)


def needs(keys: int) -> list[Need]:
    return [Need("s3:DeleteObject", f"arn:aws:s3:::app/{ME}/{number}") for number in range(keys)]


def test_policies_are_read_once_and_not_for_each_key_or_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def counted(*given: Any, **named: Any) -> Any:
        nonlocal read
        read += 1
        return parse(*given, **named)

    parse = kept.parse_policy
    monkeypatch.setattr(kept, "parse_policy", counted)
    policies = deepcopy(ROLE.policies)
    policies["own-folder"]["Id"] = "not seen before"
    caller = AssumedRole(CALLER.credentials, replace(ROLE, policies=policies))
    for _ in range(2):
        decided = asyncio.run(authorize_all(caller, needs(MANY), {}))
        assert decided == ["s3:DeleteObject allowed by identity-based policy own-folder, Own"]
    assert read == len(ROLE.policies)


def test_a_role_that_was_changed_is_judged_by_its_new_policies() -> None:
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    asyncio.run(authorize_all(CALLER, needs(1), {}))
    changed = AssumedRole(CALLER.credentials, replace(ROLE, policies=dict.fromkeys(ROLE.policies, nothing)))
    with pytest.raises(Refused):
        asyncio.run(authorize_all(changed, needs(1), {}))
    assert asyncio.run(authorize_all(CALLER, needs(1), {}))


def test_of_the_policies_that_are_kept_the_oldest_go() -> None:
    """And one that has the address of another that has gone is not taken for it."""
    for number in range(3 * kept.MOST_KEPT):
        allowed = {"Effect": "Allow", "Action": f"s3:Get{number}", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [allowed]}
        assert kept.kept_policy(document, name="p") == kept.parse_policy(document, name="p")
    assert max(len(kept._by_document), len(kept._by_text)) <= kept.MOST_KEPT


def test_a_bulk_delete_of_many_keys_lets_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a decision costs half of a turn, whatever it costs here."""
    clock = itertools.count(0, TURN_S / 2)
    monkeypatch.setattr("halfday.server.front_door.permissions.thread_time", lambda: next(clock))

    async def turns_of_another() -> int:
        deciding, turns = asyncio.create_task(authorize_all(CALLER, needs(MANY), {})), 0
        while not deciding.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(turns_of_another()) >= MANY // 4


def test_one_key_that_is_not_allowed_refuses_all(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = Need("s3:DeleteObject", "arn:aws:s3:::app/somebody-else/1")
    with pytest.raises(Refused) as refused:
        asyncio.run(authorize_all(CALLER, [*needs(MANY), foreign], {}))
    assert refused.value.code == "AccessDenied"


@pytest.mark.parametrize("header", ["User-Agent", "Referer"])
def test_a_header_that_policies_may_ask_about_has_an_end(door: Door, header: str) -> None:
    client = door.client(door.admit(issue(902)))

    def put(length: int) -> int:
        def send_along(request: Any, **_: Any) -> None:
            request.headers[header] = "a" * length

        client.meta.events.register("before-send.s3.PutObject", send_along)
        try:
            answer = client.put_object(Bucket="app", Key=f"{ME}/long", Body=json.dumps({}))
        except client.exceptions.ClientError as problem:
            answer = problem.response
        finally:
            client.meta.events.unregister("before-send.s3.PutObject", send_along)
        return int(answer["ResponseMetadata"]["HTTPStatusCode"])

    assert put(LONGEST_CONTEXT_VALUE) == 200
    assert put(LONGEST_CONTEXT_VALUE + 1) == 400
