"""Policies evaluated beside @cloud-copilot/iam-simulate: the same answers to policies and requests by the thousand.

Where the two differ, one of them differs from AWS's documentation: each such difference is a line of a table, with a
request that shows it, and the page that decides it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import pytest

from halfday.server.domain.aws.policies import Decision, Kind, Outcome, Principal, PrincipalKind
from real_clients.generated_policies import (
    FAMILIES,
    FEDERATED,
    KEY,
    OURS,
    PRINCIPALS,
    ROLE,
    SESSION,
    USER,
    Case,
    drawn_case,
)
from real_clients.javascript import Node

THEIR_WORDS = {
    "Allowed": Outcome.ALLOWED,
    "ExplicitlyDenied": Outcome.EXPLICIT_DENY,
    "ImplicitlyDenied": Outcome.IMPLICIT_DENY,
}
AT_ONCE = 500
PERSON, ROLE_SESSION, _, FEDERATED_USER, *_ = PRINCIPALS


def asked_there(node: Node, cases: list[Case]) -> list[Outcome]:
    """Each answer of iam-simulate."""
    simulator, answers = node.open("iam_simulate"), []
    for begin in range(0, len(cases), AT_ONCE):
        answers += simulator.decisions([case.as_asked_there() for case in cases[begin : begin + AT_ONCE]])
    return [THEIR_WORDS[answer] for answer in answers]


def check_seeds(node: Node, seeds: range) -> Counter[str]:
    cases = [drawn_case(seed) for seed in seeds]
    seen: Counter[str] = Counter()
    for seed, case, theirs in zip(seeds, cases, asked_there(node, cases), strict=True):
        ours = case.decided_here()
        seen[f"{ours.outcome.value}: {ours.kind and ours.kind.value}"] += 1
        if not is_a_grant_past_the_session_policy(case, ours, theirs):
            assert ours.outcome is theirs, f"seed {seed}: {ours}; {case.as_asked_there()}"
    return seen


def is_a_grant_past_the_session_policy(case: Case, ours: Decision, theirs: Outcome) -> bool:
    """The one difference of the table that is drawn as well: whom a resource's policy names is a matter of chance."""
    by_resource = ours.allowed and ours.kind in (Kind.RESOURCE, Kind.TRUST)
    return by_resource and case.session is not None and theirs is Outcome.IMPLICIT_DENY and without_session(case)


def without_session(case: Case) -> bool:
    """Whether the resource's policy allows it whatever identity policies, boundary and session policy are silent on."""
    return replace(case, session=None, boundary=None, identity=()).decided_here().allowed


def test_both_decide_alike(node: Node) -> None:
    check_seeds(node, range(500))


@pytest.mark.long
def test_both_decide_alike_ten_thousand_times(node: Node) -> None:
    seen = check_seeds(node, range(1_000, 11_000))
    expected = {
        f"{outcome.value}: {kind.value}"
        for outcome in Outcome
        for kind in Kind
        if outcome is not Outcome.ALLOWED or kind not in (Kind.BOUNDARY, Kind.SESSION)
    }
    assert set(seen) == expected
    assert min(seen.values()) >= 50, seen


def test_every_operator_is_drawn() -> None:
    drawn = set()
    for case in map(drawn_case, range(2_000)):
        for document in (*case.identity, case.boundary, case.session, case.policy):
            statements = document["Statement"] if document else []
            for statement in statements if isinstance(statements, list) else [statements]:
                drawn |= set(statement.get("Condition", {}))
    bare = {operator.rpartition(":")[2].removesuffix("IfExists") for operator in drawn}
    assert bare == {operator for _, operators, _ in FAMILIES for operator in operators} | {"Null"}
    assert {operator.partition(":")[0] for operator in drawn if ":" in operator} == {"ForAllValues", "ForAnyValue"}


def allow(**members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "*", **members}


def deny(**members: Any) -> dict[str, Any]:
    return {**allow(**members), "Effect": "Deny"}


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    whole = [one if "Resource" in one or "NotResource" in one else {"Resource": "*", **one} for one in statements]
    return {"Version": version, "Statement": whole}


def asked(
    *identity: dict[str, Any], context: dict[str, Any] | None = None, principal: Principal = PERSON, **more: Any
) -> Case:
    more = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", **more}
    return Case(
        principal, account=OURS, context=context or {}, identity=(document(*identity),) if identity else (), **more
    )


@dataclass(frozen=True)
class Difference:
    """`page` is AWS's, of the IAM user guide unless it says otherwise."""

    case: Case
    ours: Outcome
    theirs: Outcome
    page: str


def when(operator: str, key: str, wanted: Any, **more: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: wanted}}, **more}


ALLOWED, DENIED, SILENT = Outcome.ALLOWED, Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY
NOBODY_S = document(allow(Resource="arn:aws:s3:::other/*"))
EVERYTHING = allow()
DIFFERENCES = {
    "a session's own ARN in a bucket policy is not limited by its session policy": Difference(
        asked(principal=ROLE_SESSION, session=NOBODY_S, policy=document(allow(Principal={"AWS": SESSION}))),
        ALLOWED,
        SILENT,
        "Policy evaluation logic: permissions granted directly to a session are not limited by an "
        "implicit deny in a session policy",
    ),
    "what everyone may, a session with a session policy may": Difference(
        asked(principal=FEDERATED_USER, session=NOBODY_S, policy=document(allow(Principal="*"))),
        ALLOWED,
        SILENT,
        "Policy evaluation logic: boundaries and session policies do not limit what is granted by a "
        "wildcard in the Principal element",
    ),
    "NotPrincipal excepts whom it names wholly": Difference(
        asked(EVERYTHING, principal=ROLE_SESSION, policy=document(deny(NotPrincipal={"AWS": [OURS, ROLE]}))),
        DENIED,
        ALLOWED,
        "NotPrincipal: you must also name the account, and of a role the assumed-role session",
    ),
    "an ARN that is not whole is completed in NotResource too": Difference(
        asked({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:sqs"}),
        ALLOWED,
        SILENT,
        "Resource: AWS completes an incomplete ARN with wildcards",
    ),
    "a negated operator holds over a variable without a value": Difference(
        asked(
            EVERYTHING,
            deny(**when("StringNotEquals", "s3:prefix", "${aws:PrincipalTag/none}")),
            context={"s3:prefix": "x"},
        ),
        DENIED,
        ALLOWED,
        "Variables and tags: inverted operators do match against a null value",
    ),
    "NotResource with a variable without a value names nothing": Difference(
        asked(
            EVERYTHING, {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::b/${aws:PrincipalTag/none}/*"}
        ),
        DENIED,
        ALLOWED,
        "Variables and tags: a resource with a variable without a value matches no resource",
    ),
    "epoch seconds and ISO 8601 are the same time": Difference(
        asked(
            allow(**when("DateLessThan", "aws:CurrentTime", "1795345200")),
            context={"aws:CurrentTime": "2026-11-22T10:00:00Z"},
        ),
        ALLOWED,
        SILENT,
        "Condition operators: dates are compared as W3C ISO 8601 or as epoch time",
    ),
    "every IPv4 address is in 0.0.0.0/0": Difference(
        asked(allow(**when("IpAddress", "aws:SourceIp", "0.0.0.0/0")), context={"aws:SourceIp": "10.1.2.3"}),
        ALLOWED,
        SILENT,
        "Condition operators: CIDR notation (RFC 4632)",
    ),
    "an IPv6 address is not a certain IPv4 address": Difference(
        asked(allow(**when("NotIpAddress", "aws:SourceIp", "192.0.2.7")), context={"aws:SourceIp": "2001:db8::7"}),
        ALLOWED,
        SILENT,
        "Condition operators: all addresses but the specified ones",
    ),
    "an IPv6 address is the same however it is spelt": Difference(
        asked(allow(**when("IpAddress", "aws:SourceIp", "2001:db8:0::7")), context={"aws:SourceIp": "2001:db8::7"}),
        ALLOWED,
        SILENT,
        "Condition operators: IPv6 (RFC 4291)",
    ),
    "${*} is a star wherever a variable may stand": Difference(
        asked(allow(**when("StringEquals", "s3:prefix", "a${*}b")), context={"s3:prefix": "a*b"}),
        ALLOWED,
        SILENT,
        "Variables and tags: predefined variables go wherever variables go",
    ),
    "IfExists holds without the key, after ForAnyValue too": Difference(
        asked(allow(**when("ForAnyValue:StringEqualsIfExists", "aws:TagKeys", "team"))),
        ALLOWED,
        SILENT,
        "Condition operators: IfExists may be added to any operator but Null",
    ),
    "an empty text is null": Difference(
        asked(allow(**when("Null", "s3:prefix", "false")), context={"s3:prefix": ""}),
        SILENT,
        ALLOWED,
        "Single-valued vs. multivalued: a null data set, such as an empty string",
    ),
    "ForAllValues holds over an empty text": Difference(
        asked(allow(**when("ForAllValues:StringEquals", "s3:prefix", "x")), context={"s3:prefix": ""}),
        ALLOWED,
        SILENT,
        "Single-valued vs. multivalued: a null data set, such as an empty string",
    ),
    "a Deny over a list without a quantifier is not passed by": Difference(
        asked(
            EVERYTHING, deny(**when("StringEquals", "aws:TagKeys", "team")), context={"aws:TagKeys": ["team", "cost"]}
        ),
        DENIED,
        ALLOWED,
        "Single-valued vs. multivalued: what happens without one is not said; a Deny fails closed here",
    ),
    "${…} was plain text in 2008": Difference(
        asked(
            policy=document(deny(Principal="*", Resource="arn:aws:s3:::b/${aws:username}"), version="2008-10-17"),
            resource="arn:aws:s3:::b/ada",
        ),
        SILENT,
        DENIED,
        "Version: in the older version variables are literal strings",
    ),
    "a star in the type of a resource is a star": Difference(
        asked(
            EVERYTHING,
            deny(Resource=f"arn:aws:kms:*:{OURS}:ke*/k1"),
            principal=PERSON,
            action="kms:Decrypt",
            resource=KEY,
            policy=document(allow(Principal={"AWS": OURS})),
        ),
        DENIED,
        ALLOWED,
        "Reference, IAM ARNs: called incorrect usage, and not said what it does; a Deny fails closed here",
    ),
    "base64 is compared as the bytes that it says": Difference(
        asked(allow(**when("BinaryEquals", "x:b", "${x:other}")), context={"x:b": "aGk=", "x:other": "aGk="}),
        ALLOWED,
        SILENT,
        "Condition operators: variables may be used with the binary operator",
    ),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_where_both_differ_the_documentation_decides(node: Node, name: str) -> None:
    difference = DIFFERENCES[name]
    assert difference.case.decided_here().outcome is difference.ours
    assert asked_there(node, [difference.case]) == [difference.theirs]
    assert difference.page


def test_whom_a_bucket_policy_names_says_whether_a_boundary_limits_it() -> None:
    """User, session, everyone: not limited. Role: limited. Account: nothing is given (Policy evaluation logic)."""
    root = f"arn:aws:iam::{OURS}:root"
    for principal, named, allowed in (
        (PERSON, USER, True),
        (ROLE_SESSION, SESSION, True),
        (ROLE_SESSION, ROLE, False),
        (FEDERATED_USER, FEDERATED, True),
        (FEDERATED_USER, USER, False),
        (ROLE_SESSION, "*", True),
        (PERSON, root, False),
    ):
        case = asked(principal=principal, boundary=NOBODY_S, policy=document(allow(Principal={"AWS": named})))
        assert case.decided_here().allowed is allowed, named


def test_the_root_of_an_account_is_denied_by_a_resource_alone() -> None:
    root = Principal(PrincipalKind.ROOT, f"arn:aws:iam::{OURS}:root", OURS, user_id=OURS)
    assert asked(principal=root).decided_here().allowed
    assert asked(principal=root, policy=document(deny(Principal="*"))).decided_here().outcome is DENIED
    assert not asked(principal=root, action="kms:Decrypt", resource=KEY).decided_here().allowed
