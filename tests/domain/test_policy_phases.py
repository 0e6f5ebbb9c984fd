"""IAM looks at a policy in phases: the first fault of the earliest phase is told, whichever statement has it.

What AWS said of which policy was tried by others: github.com/getmoto/moto, tests/test_iam/test_iam_policies.py.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from halfday.server.domain.aws.policies import Kind, check_policy, parse_policy
from halfday.server.domain.refusals import Refused

SYNTAX = "Syntax errors in policy."
VERSION = "Policy document must be version 2012-10-17 or greater."
LEGACY = "The policy failed legacy parsing"
SIDS = "Statement IDs (SID) in a single policy must be unique."
NO_ACTIONS = "Policy statement must contain actions."
NO_ARN = 'Resource b must be in ARN format or "*".'
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
NO_RESOURCES = "Policy statement must contain resources."

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
GONE = object()


def changed(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in {**READ, **members}.items() if value is not GONE}


def told(document: Any, kind: Kind = Kind.IDENTITY) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(Refused) as caught:
        check_policy(text, kind=kind, managed=kind is Kind.IDENTITY)
    assert caught.value.code == "MalformedPolicyDocument"
    return caught.value.sentence


def policy(*statements: Any, **members: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **members}


BY_PHASE = [
    (SYNTAX, changed(Effect="Perhaps")),
    (LEGACY, changed(Effect="ALLOW")),
    (SIDS, changed(Sid="same")),
    (NO_ACTIONS, changed(Action=[])),
    (NO_ARN, changed(Resource="b")),
    (NO_VENDOR, changed(Action="GetObject")),
    (NO_RESOURCES, changed(Resource=GONE)),
]


@pytest.mark.parametrize(("earlier", "later"), list(itertools.combinations(BY_PHASE, 2)), ids=lambda one: one[0][:20])
def test_the_earlier_phase_is_told_in_whichever_order_the_statements_stand(earlier: Any, later: Any) -> None:
    named = changed(Sid="same")
    for statements in ((earlier[1], later[1], named), (later[1], named, earlier[1])):
        assert told(policy(*statements)) == earlier[0]


def test_the_version_comes_after_syntax_and_before_all_else() -> None:
    for sentence, statement in BY_PHASE:
        document = {"Statement": [statement, changed(Sid="same")]}
        assert told(document) == (SYNTAX if sentence == SYNTAX else VERSION)
    assert told({"Version": "2008-10-17", "Statement": [READ]}) == VERSION
    check_policy({"Version": "2008-10-17", "Statement": [READ]}, kind=Kind.IDENTITY)
    assert told(policy(READ, Version="2013-10-17")) == SYNTAX


@pytest.mark.parametrize(
    "document",
    [
        "not a policy",
        "[]",
        '{"Version": "2012-10-17", "Version": "2012-10-17"}',
        {"Version": "2012-10-17"},
        policy(),
        policy("s3:GetObject"),
        policy(READ, Owner="me"),
        policy(READ, Id=["a"]),
        policy(changed(Owner="me")),
        policy(changed(Sid={})),
        policy(changed(Effect=GONE)),
        policy(changed(Effect=["Allow"])),
        policy(changed(Action={})),
        policy(changed(Action=[[]])),
        policy(changed(NotAction="iam:GetRole")),
        policy(changed(NotResource="*")),
        policy(changed(NotResource=[])),
        policy(changed(Resource={"a": "arn:aws:s3:::b"})),
        policy(changed(Resource=["b", {}])),
        policy(changed(Condition=[])),
        policy(changed(Condition="a")),
        policy(changed(Condition={"StringEquals": "a"})),
        policy(changed(Condition={"StringEquals": ["a"]})),
        policy(changed(Condition={"StringEquals": {"aws:username": {}}})),
        policy(changed(Condition={"StringIs": {"aws:username": "a"}})),
        policy(changed(Condition={"ForAnyValue::StringEquals": {"aws:username": "a"}})),
    ],
    ids=lambda one: str(one)[:60],
)
def test_what_is_not_spelt_as_a_policy_is_a_syntax_error(document: Any) -> None:
    assert told(document) == SYNTAX


@pytest.mark.parametrize("value", ["yesterday", "234-13", "9223372036854775808", ["2026-01-01T00:00:00Z", "x"]])
@pytest.mark.parametrize("operator", ["DateEquals", "ForAnyValue:DateLessThanIfExists"])
def test_a_date_that_is_none_fails_legacy_parsing(operator: str, value: Any) -> None:
    condition = {operator: {"aws:CurrentTime": value}}
    assert told(policy(changed(Condition=condition, Action=GONE))) == LEGACY
    with pytest.raises(Refused):
        parse_policy(policy(changed(Condition=condition)))


def test_principals_and_resources_stand_where_they_belong() -> None:
    principal = {"Principal": {"AWS": "123456789012"}}
    assert told(policy({**READ, **principal})) == "Policy document should not specify a principal."
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", **principal}
    assert told(policy({**trust, "Resource": "*"}), Kind.TRUST) == "Has prohibited field Resource"
    assert told(policy({"Effect": "Allow", "Action": "sts:AssumeRole"}), Kind.TRUST) == (
        "Missing required field Principal"
    )
    check_policy(policy(trust), kind=Kind.TRUST)


def test_the_log_is_told_what_exactly_is_wrong() -> None:
    with pytest.raises(Refused) as caught:
        check_policy(policy(READ, changed(Effect="Perhaps")), kind=Kind.IDENTITY)
    assert caught.value.detail == "Statement 2: Effect must be Allow or Deny"
