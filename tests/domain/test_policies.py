"""IAM policies: what is refused, and what is decided."""

from __future__ import annotations

import fnmatch
import json
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.server.domain.aws.policies import (
    EVERY_KEY,
    AccessRequest,
    Kind,
    Outcome,
    Policy,
    evaluate,
    parse_policy,
    parse_trust_policy,
    trusts,
)
from halfday.server.domain.aws.policies.patterns import MalformedPattern, parse_pattern

ME = "us-east-1:157d6171-ee37-c0dd-c6c5-ce7afc0154ab"
SUB = "cognito-identity.amazonaws.com:sub"
CONTEXT = {SUB: [ME], "cognito-identity.amazonaws.com:amr": ["authenticated", "provider"], "aws:SourceIp": "192.0.2.7"}


def policy(*statements: dict[str, Any], version: str = "2012-10-17", **options: Any) -> Policy:
    return parse_policy({"Version": version, "Statement": list(statements)}, **options)


def allow(action: Any = "s3:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def decide(*policies: Policy, action: str = "s3:PutObject", resource: str = "arn:aws:s3:::b/k", **context: Any) -> Any:
    return evaluate(
        policies, AccessRequest(action, resource, {**CONTEXT, **context.get("context", {})}, known=EVERY_KEY)
    )


OWN_FOLDER = allow("s3:PutObject", "arn:aws:s3:::b/${cognito-identity.amazonaws.com:sub}/*", Sid="Own")


def test_a_person_may_write_below_their_own_prefix_only() -> None:
    rules = policy(OWN_FOLDER, name="folder")
    mine = decide(rules, resource=f"arn:aws:s3:::b/{ME}/deep/file")
    assert mine.allowed
    assert str(mine) == "s3:PutObject allowed by identity-based policy folder, Own"
    other = decide(rules, resource="arn:aws:s3:::b/us-east-1:someone-else/file")
    assert other.outcome is Outcome.IMPLICIT_DENY
    assert other.because == "because no identity-based policy allows the s3:PutObject action"


def test_without_the_variable_the_statement_is_not_there() -> None:
    nobody = AccessRequest("s3:PutObject", "arn:aws:s3:::b//file", {})
    assert not evaluate([policy(OWN_FOLDER)], nobody).allowed
    outside = {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/${no:such}/*"}
    assert not evaluate([policy(outside)], nobody).allowed


def test_a_value_is_never_a_wildcard() -> None:
    request = AccessRequest("s3:PutObject", "arn:aws:s3:::b/anyone/file", {SUB: "*"})
    assert not evaluate([policy(OWN_FOLDER)], request).allowed


def test_an_explicit_deny_wins_and_says_so() -> None:
    decision = decide(policy(allow()), policy(deny(Sid="No"), name="strict"))
    assert decision.outcome is Outcome.EXPLICIT_DENY
    assert (decision.policy, decision.statement) == ("strict", "No")
    assert decision.because == "with an explicit deny in an identity-based policy"


def test_session_policies_only_take_away() -> None:
    request = AccessRequest("s3:PutObject", "arn:aws:s3:::b/k")
    session = policy(allow("s3:GetObject"), kind=Kind.SESSION)
    decision = evaluate([policy(allow())], request, session_policies=[session])
    assert decision.because == "because no session policy allows the s3:PutObject action"
    both = [session, policy(allow("s3:Put*"), kind=Kind.SESSION)]
    assert evaluate([policy(allow())], request, session_policies=both).allowed
    assert not evaluate([], request, session_policies=both).allowed


@pytest.mark.parametrize(
    ("statement", "action", "resource", "allowed"),
    [
        (allow("S3:putobject"), "s3:PutObject", "arn:aws:s3:::b/k", True),
        (allow("s3:Put*"), "s3:GetObject", "arn:aws:s3:::b/k", False),
        (allow("s3:?utObject"), "s3:PutObject", "arn:aws:s3:::b/k", True),
        (allow(["a:b", "*"]), "s3:PutObject", "arn:aws:s3:::b/k", True),
        (allow(resource="arn:aws:s3:::b"), "s3:ListBucket", "arn:aws:s3:::b/k", False),
        (allow(resource="arn:aws:s3:::b/*"), "s3:PutObject", "arn:aws:s3:::b/x/y:z", True),
        (allow(resource="arn:aws:s3:::*"), "s3:PutObject", "arn:aws:sqs:us-east-1:1:b", False),
        (allow(resource="arn:aws:s3:::B/*"), "s3:PutObject", "arn:aws:s3:::b/k", False),
        ({"Effect": "Allow", "NotAction": "s3:Delete*", "Resource": "*"}, "s3:PutObject", "arn:aws:s3:::b/k", True),
        ({"Effect": "Allow", "NotAction": "s3:Delete*", "Resource": "*"}, "s3:DeleteObject", "arn:aws:s3:::b", False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}, "s3:Get", "arn:aws:s3:::b/k", False),
        ({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b/*"}, "s3:Get", "arn:aws:s3:::c/k", True),
        (allow(resource="arn:aws:s3:::b/${no:such, 'k'}"), "s3:Get", "arn:aws:s3:::b/k", True),
        (allow(resource="arn:aws:s3"), "s3:Get", "arn:aws:s3:::b/k", True),
        (allow(resource="arn:aws:sqs:us-*"), "s3:Get", "arn:aws:sqs:us-east-1:1:q", True),
        (allow(resource="arn:aws:sqs:us-*"), "s3:Get", "arn:aws:sqs:eu-west-1:1:q", False),
        (allow(resource="arn:aws:s3:::b/${*}"), "s3:Get", "arn:aws:s3:::b/*", True),
        (allow(resource="arn:aws:s3:::b/${*}"), "s3:Get", "arn:aws:s3:::b/k", False),
        (allow(resource="arn:aws:s3:::b/${$}${?}"), "s3:Get", "arn:aws:s3:::b/$?", True),
        (allow(resource="arn:aws:s3:::b/${AWS:sourceip}"), "s3:Get", "arn:aws:s3:::b/192.0.2.7", True),
        (allow(resource="arn:aws:s3:::b/${cognito-identity.amazonaws.com:amr}"), "s3:Get", "arn:aws:s3:::b/x", False),
    ],
)
def test_actions_and_resources(statement: dict[str, Any], action: str, resource: str, allowed: bool) -> None:
    assert decide(policy(statement), action=action, resource=resource).allowed is allowed


def test_in_2008_a_variable_was_plain_text() -> None:
    rules = policy(allow(resource="arn:aws:s3:::b/${x}"), version="2008-10-17")
    assert decide(rules, resource="arn:aws:s3:::b/${x}").allowed


AMR = "cognito-identity.amazonaws.com:amr"


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "holds"),
    [
        ("StringEquals", SUB, ME, True),
        ("StringEquals", SUB, ["x", ME], True),
        ("StringEquals", SUB, "us-*", False),
        ("StringEquals", SUB, "${cognito-identity.amazonaws.com:sub}", True),
        ("StringEquals", "no:such", "x", False),
        ("StringEqualsIfExists", "no:such", "x", True),
        ("StringEqualsIfExists", SUB, "x", False),
        ("StringNotEquals", SUB, "x", True),
        ("StringNotEquals", SUB, ["x", ME], False),
        ("StringNotEquals", "no:such", "x", True),
        ("StringNotEquals", SUB, "${no:such}", True),
        ("StringEqualsIgnoreCase", SUB, ME.upper(), True),
        ("StringNotEqualsIgnoreCase", SUB, ME.upper(), False),
        ("StringLike", SUB, "us-east-?:*", True),
        ("StringNotLike", SUB, "us-east-?:*", False),
        ("ForAnyValue:StringLike", AMR, "authenticated", True),
        ("ForAnyValue:StringLike", AMR, "un*", False),
        ("ForAnyValue:StringEquals", "no:such", "x", False),
        ("ForAnyValue:StringNotEquals", AMR, "authenticated", True),
        ("ForAllValues:StringLike", AMR, ["auth*", "prov*"], True),
        ("ForAllValues:StringLike", AMR, "auth*", False),
        ("ForAllValues:StringEquals", "no:such", "x", True),
        ("ForAllValues:StringNotEquals", AMR, "other", True),
        ("ArnLike", "t:arn", "arn:aws:iam::*:role/*", True),
        ("ArnEquals", "t:arn", "arn:aws:iam::1*:role/r", True),
        ("ArnNotLike", "t:arn", "arn:aws:sts::*:*", True),
        ("NumericLessThan", "t:number", 6, True),
        ("NumericLessThanEquals", "t:number", "5", True),
        ("NumericGreaterThan", "t:number", "5", False),
        ("NumericEquals", SUB, "5", False),
        ("NumericNotEquals", "t:number", "4", True),
        ("DateGreaterThan", "t:date", "2026-01-01T00:00:00Z", True),
        ("DateLessThan", "t:date", "2026-01-01", False),
        ("DateEquals", "t:date", 1795341600, True),
        ("Bool", "t:bool", True, True),
        ("Bool", "t:bool", "FALSE", False),
        ("BoolIfExists", "no:such", "false", True),
        ("Null", SUB, "true", False),
        ("Null", "no:such", "true", True),
        ("Null", SUB, False, True),
        ("IpAddress", "aws:SourceIp", "192.0.2.0/24", True),
        ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "2001:db8::/32"], False),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", True),
        ("BinaryEquals", "t:bytes", "aGk=", True),
        ("BinaryEquals", "t:bytes", ["aGkh", "${t:bytes}"], True),
        ("BinaryEquals", SUB, "aGk=", False),
        ("Bool", "t:bool", "${t:bool}", True),
        ("Bool", "t:bool", "${no:such, 'false'}", False),
        ("StringEquals", AMR, "authenticated", False),
        ("StringNotEquals", AMR, "other", False),
        ("StringEqualsIfExists", AMR, "authenticated", False),
        ("StringLike", SUB, "${no:such}", False),
        ("StringNotLike", SUB, "${no:such}", True),
        ("StringEquals", SUB, "${cognito-identity.amazonaws.com:amr}", False),
        ("StringEquals", "t:empty", "", True),
        ("StringLike", "t:empty", "${t:empty, '*'}", False),
        ("Null", "t:empty", "true", True),
        ("ForAllValues:StringEquals", "t:empty", "x", True),
        ("ForAnyValue:StringEqualsIfExists", "no:such", "x", True),
    ],
)
def test_conditions(operator: str, key: str, wanted: Any, holds: bool) -> None:
    context = {"t:arn": "arn:aws:iam::123456789012:role/r", "t:number": "5", "t:bool": "true"}
    context |= {"t:date": "2026-11-22T10:00:00Z", "t:bytes": "aGk=", "t:empty": ""}
    rules = policy(allow(Condition={operator: {key: wanted}}))
    assert decide(rules, context=context).allowed is holds


def test_all_operators_and_all_keys_have_to_hold() -> None:
    both = {"StringLike": {SUB: "us-*", "no:such": "x"}}
    assert not decide(policy(allow(Condition=both))).allowed
    assert not decide(policy(allow(Condition={"StringLike": {SUB: "us-*"}, "Null": {SUB: "true"}}))).allowed


COGNITO = "cognito-identity.amazonaws.com"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Federated": COGNITO},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{COGNITO}:aud": "us-east-1:pool"},
            "ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"},
        },
    },
}


@pytest.mark.parametrize(
    ("principal", "action", "aud", "amr", "trusted"),
    [
        (COGNITO, "sts:AssumeRoleWithWebIdentity", "us-east-1:pool", ["authenticated", "x"], True),
        (COGNITO, "sts:TagSession", "us-east-1:pool", ["authenticated"], False),
        (COGNITO, "sts:AssumeRoleWithWebIdentity", "us-east-1:other", ["authenticated"], False),
        (COGNITO, "sts:AssumeRoleWithWebIdentity", "us-east-1:pool", ["unauthenticated"], False),
        ("accounts.google.com", "sts:AssumeRoleWithWebIdentity", "us-east-1:pool", ["authenticated"], False),
    ],
)
def test_a_role_trusts_whom_it_says(principal: str, action: str, aud: str, amr: list[str], trusted: bool) -> None:
    context = {f"{COGNITO}:aud": aud, f"{COGNITO}:amr": amr}
    assert trusts(parse_trust_policy(TRUST), principal, action, context).allowed is trusted


def test_a_trust_policy_for_others_trusts_nobody_from_outside() -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole*"}
    rules = parse_trust_policy({"Version": "2012-10-17", "Statement": statement})
    assert not trusts(rules, COGNITO, "sts:AssumeRoleWithWebIdentity", {}).allowed
    everyone = parse_trust_policy({"Version": "2012-10-17", "Statement": {**statement, "Principal": "*"}})
    assert trusts(everyone, COGNITO, "sts:AssumeRoleWithWebIdentity", {}).allowed


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ("{", "Syntax errors"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "nested|Syntax"),
        ('{"Version":"2012-10-17","Version":"2008-10-17","Statement":[]}', "Version stands twice"),
        ({"Version": "2020-01-01", "Statement": [allow()]}, "Version"),
        ({"Statement": []}, "Statement"),
        ({"Statement": ["x"]}, "Statement 1"),
        ({"Statement": [allow()], "Extra": 1}, "Extra"),
        ({"Statement": [allow(), allow(Extra=1)]}, "Statement 2: has prohibited field Extra"),
        ({"Statement": [allow(Principal="*")]}, "Principal"),
        ({"Statement": [allow(Effect="Maybe")]}, "Effect"),
        ({"Statement": [allow(Sid=1)]}, "Sid"),
        ({"Statement": [{"Effect": "Allow", "Resource": "*"}]}, "Action"),
        ({"Statement": [allow(NotAction="s3:*")]}, "either Action or NotAction"),
        ({"Statement": [allow("PutObject")]}, "prefaced by a vendor"),
        ({"Statement": [allow([])]}, "Action"),
        ({"Statement": [{"Effect": "Allow", "Action": "*"}]}, "Resource"),
        ({"Statement": [allow(resource="b/*")]}, "ARN format"),
        ({"Version": "2012-10-17", "Statement": [allow(resource="arn:aws:s3:::b/${x")]}, "closed"),
        ({"Version": "2012-10-17", "Statement": [allow(resource="arn:aws:s3:::b/${a b}")]}, "not a variable"),
        ({"Statement": [allow(Condition={"StringMatches": {"a": "b"}})]}, "StringMatches"),
        ({"Statement": [allow(Condition={"BinaryEquals": {"a": "b"}})]}, "BinaryEquals"),
        ({"Statement": [allow(Condition={"ForSome:StringEquals": {"a": "b"}})]}, "ForSome"),
        ({"Statement": [allow(Condition={"NullIfExists": {"a": "true"}})]}, "NullIfExists"),
        ({"Statement": [allow(Condition={"NumericEquals": {"a": "b"}})]}, "NumericEquals"),
        ({"Statement": [allow(Condition={"IpAddress": {"a": "300.0.0.0"}})]}, "IpAddress"),
        ({"Statement": [allow(Condition={"DateLessThan": {"a": "soon"}})]}, "DateLessThan"),
        ({"Statement": [allow(Condition={"Bool": {"a": "perhaps"}})]}, "Bool"),
        ({"Statement": [allow(Condition={"StringEquals": "x"})]}, "Condition"),
        ({"Statement": [allow(Condition={"StringEquals": {"a": {}}})]}, "Condition"),
    ],
)
def test_what_is_not_honoured_is_refused_by_name(document: Any, named: str) -> None:
    with pytest.raises(match=named):
        parse_policy(document)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"Principal": None}, "Principal"),
        ({"Resource": "*"}, "Resource"),
        ({"Principal": {"CanonicalUser": "x"}}, "CanonicalUser"),
        ({"NotPrincipal": {"AWS": "x"}}, "NotPrincipal"),
        ({"Principal": None, "NotPrincipal": {"AWS": "x"}}, "NotPrincipal"),
    ],
)
def test_a_trust_policy_is_held_to_its_own_form(change: dict[str, Any], named: str) -> None:
    with pytest.raises(match=named):
        parse_trust_policy({"Statement": {**TRUST["Statement"], **change}})  # type: ignore[dict-item]


actions = st.sampled_from(["s3:PutObject", "s3:GetObject", "s3:ListBucket"])
resources = st.sampled_from(["arn:aws:s3:::b", "arn:aws:s3:::b/k", f"arn:aws:s3:::b/{ME}/k", "arn:aws:s3:::c/k"])
statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.one_of(actions, st.sampled_from(["*", "s3:*", "s3:Get*"])),
        "Resource": st.one_of(resources, st.sampled_from(["*", OWN_FOLDER["Resource"], "arn:aws:s3:::b*"])),
    }
)
policies = st.lists(st.lists(statements, min_size=1, max_size=3).map(lambda s: policy(*s)), max_size=3)
requests = st.builds(lambda a, r: AccessRequest(a, r, CONTEXT), actions, resources)


@given(policies, requests)
def test_a_deny_of_everything_always_wins(held: list[Policy], request: AccessRequest) -> None:
    assert evaluate([*held, policy(deny("*"))], request).outcome is Outcome.EXPLICIT_DENY


@given(policies, requests, statements)
def test_an_added_allow_never_takes_access_away(
    held: list[Policy], request: AccessRequest, statement: dict[str, Any]
) -> None:
    more = [*held, policy({**statement, "Effect": "Allow"})]
    assert evaluate(more, request).allowed >= evaluate(held, request).allowed


@given(policies, policies, requests)
def test_a_session_policy_never_gives_access(held: list[Policy], session: list[Policy], request: AccessRequest) -> None:
    assert evaluate(held, request, session_policies=session).allowed <= evaluate(held, request).allowed


@given(
    st.permutations([policy(allow("s3:Put*")), policy(deny(resource="arn:aws:s3:::c/*")), policy(OWN_FOLDER)]), requests
)
def test_the_order_of_policies_does_not_matter(held: list[Policy], request: AccessRequest) -> None:
    in_order = evaluate(sorted(held, key=repr), request)
    assert evaluate(held, request).outcome is in_order.outcome


def oracle(pattern: str, text: str) -> bool:
    escaped = re.sub(r"\[", "[[]", pattern)
    return fnmatch.fnmatchcase(text, escaped)


@given(st.text("ab*?[]$.\n", max_size=12), st.text("ab[]$.\n", max_size=12))
def test_wildcards_match_as_a_shell_would(pattern: str, text: str) -> None:
    for variables in (True, False):
        assert parse_pattern(pattern, variables=variables).matches(text, lambda key: None) is oracle(pattern, text)


@given(st.text("a${}*?, 'b", max_size=16))
def test_any_text_is_a_pattern_or_is_refused(text: str) -> None:
    try:
        parse_pattern(text, variables=True).matches("a", lambda key: "a")
    except MalformedPattern:
        assert "${" in text


@given(st.text("aAbB*?", max_size=14), st.text("aAbB", max_size=14))
def test_wildcards_match_whatever_the_case_where_case_does_not_count(pattern: str, text: str) -> None:
    parsed = parse_pattern(pattern, variables=True)
    assert parsed.matches(text, lambda key: None, ignore_case=True) is oracle(pattern.lower(), text.lower())


@pytest.mark.parametrize("chunk", ["a" * 1_000 + "b", "?" * 500 + "b", "a?" * 500 + "b", "?a" * 500 + "?b?"])
@pytest.mark.parametrize("around", ["*{}*", "{}*", "*{}"])
def test_a_long_chunk_is_not_tried_anew_at_every_place(chunk: str, around: str) -> None:
    pattern = parse_pattern(around.format(chunk), variables=True)

    def seconds(length: int) -> float:
        began = time.thread_time()
        assert not pattern.matches("a" * length, lambda key: None)
        return time.thread_time() - began

    assert seconds(64_000) < 40 * max(seconds(8_000), 0.0005)
    with_it = "x" * 5_000 + chunk.replace("?", "x") + "x" * 5_000
    assert pattern.matches(with_it, lambda key: None) is (around == "*{}*")


def test_no_pattern_is_slow() -> None:
    pattern = parse_pattern("*a" * 200 + "b", variables=False)
    assert not pattern.matches("a" * 2000, lambda key: None)


def test_a_policy_is_the_same_as_text_and_as_an_object() -> None:
    document = {"Version": "2012-10-17", "Statement": [allow()]}
    assert decide(parse_policy(json.dumps(document))) == decide(parse_policy(document))
