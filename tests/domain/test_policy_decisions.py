"""Who may, by all the policies that have a say: the layers of the decision, and which of them is told.

Source: IAM user guide, How AWS enforcement code logic evaluates requests; Permissions boundaries; KMS developer guide,
Key policies.
"""

from __future__ import annotations

from typing import Any

import pytest

from halfday.server.domain.aws.policies import (
    ANONYMOUS,
    AccessRequest,
    Decision,
    Kind,
    Outcome,
    Policy,
    PolicySet,
    Principal,
    PrincipalKind,
    decide,
    known_keys,
    near_misses,
    parse_policy,
)

OURS, THEIRS = "111111111111", "222222222222"
ROLE, SESSION = f"arn:aws:iam::{OURS}:role/app/web", f"arn:aws:sts::{OURS}:assumed-role/web/s1"
USER = f"arn:aws:iam::{OURS}:user/ada"
ADA = Principal(PrincipalKind.USER, USER, OURS, user_id="AIDA1", user_name="ada", tags={"team": "blue"})
WEB = Principal(PrincipalKind.ROLE_SESSION, SESSION, OURS, ROLE, user_id="AROA1:s1")
LAMBDA = Principal(PrincipalKind.SERVICE, "lambda.amazonaws.com")
COGNITO = Principal(PrincipalKind.PROVIDER, "cognito-identity.amazonaws.com")
OBJECT = "arn:aws:s3:::b/k"


def policy(*statements: dict[str, Any], kind: Kind = Kind.IDENTITY) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)}, kind=kind, name="p")


def allow(**members: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **members}


def deny(**members: Any) -> dict[str, Any]:
    return {**allow(**members), "Effect": "Deny"}


def bucket(*statements: dict[str, Any]) -> Policy:
    return policy(*statements, kind=Kind.RESOURCE)


def trust(**members: Any) -> Policy:
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", **members}, kind=Kind.TRUST)


def asked(policies: PolicySet, principal: Principal = ADA, **more: Any) -> Decision:
    return decide(AccessRequest(more.pop("action", "s3:GetObject"), OBJECT, principal=principal, **more), policies)


EVERYTHING, NOTHING = policy(allow()), policy(allow(Action="sqs:*"))
LIMIT = policy(allow(Action="sqs:*"), kind=Kind.BOUNDARY)
SCOPE = policy(allow(Action="sqs:*"), kind=Kind.SESSION)


@pytest.mark.parametrize(
    ("policies", "because"),
    [
        (PolicySet(), "because no identity-based policy allows the s3:GetObject action"),
        (PolicySet([EVERYTHING], LIMIT), "because no permissions boundary allows the s3:GetObject action"),
        (PolicySet([EVERYTHING], session=[SCOPE]), "because no session policy allows the s3:GetObject action"),
        (PolicySet([EVERYTHING], session=[]), "because no session policy allows the s3:GetObject action"),
        (
            PolicySet([EVERYTHING], resource=bucket(allow(Principal={"AWS": THEIRS})), resource_decides=True),
            "because no resource-based policy allows the s3:GetObject action",
        ),
        (
            PolicySet([EVERYTHING], resource=trust(Principal={"AWS": THEIRS}), resource_decides=True),
            "because no role trust policy allows the s3:GetObject action",
        ),
        (PolicySet([policy(deny())]), "with an explicit deny in an identity-based policy"),
        (PolicySet(boundary=policy(deny(), kind=Kind.BOUNDARY)), "with an explicit deny in a permissions boundary"),
        (PolicySet(session=[policy(deny(), kind=Kind.SESSION)]), "with an explicit deny in a session policy"),
        (PolicySet(resource=bucket(deny(Principal="*"))), "with an explicit deny in a resource-based policy"),
        (
            PolicySet(resource=policy({"Effect": "Deny", "Action": "*", "Principal": "*"}, kind=Kind.TRUST)),
            "with an explicit deny in the role trust policy",
        ),
    ],
)
def test_a_refusal_ends_as_aws_ends_it(policies: PolicySet, because: str) -> None:
    decision = asked(policies)
    assert not decision.allowed
    assert decision.because == because


def test_the_statement_that_decided_is_named() -> None:
    named = policy(allow(Action="sqs:*"), allow(Sid="Read"))
    assert str(asked(PolicySet([named]))) == "s3:GetObject allowed by identity-based policy p, Read"
    second = asked(PolicySet([EVERYTHING], resource=bucket(allow(Principal="*"), deny(Principal={"AWS": USER}))))
    assert str(second) == "s3:GetObject explicit deny by resource-based policy p, statement 2"


@pytest.mark.parametrize(
    ("principal", "named", "limited", "allowed"),
    [
        (ADA, {"AWS": USER}, True, True),
        (ADA, {"AWS": OURS}, False, False),
        (ADA, {"AWS": f"arn:aws:iam::{OURS}:root"}, False, False),
        (ADA, {"AWS": "AIDA1"}, True, True),
        (WEB, {"AWS": SESSION}, True, True),
        (WEB, {"AWS": ROLE}, False, True),
        (WEB, {"AWS": ROLE}, True, False),
        (WEB, {"AWS": "AROA1"}, False, True),
        (WEB, {"AWS": "AROA1"}, True, False),
        (WEB, "*", True, True),
        (WEB, {"AWS": f"arn:aws:iam::{OURS}:role/web"}, False, False),
        (LAMBDA, {"Service": "lambda.amazonaws.com"}, False, True),
        (LAMBDA, {"Service": "sns.amazonaws.com"}, False, False),
        (LAMBDA, {"AWS": "lambda.amazonaws.com"}, False, False),
        (ANONYMOUS, "*", False, True),
        (ANONYMOUS, {"AWS": "*"}, False, True),
        (ANONYMOUS, {"AWS": OURS}, False, False),
    ],
)
def test_a_bucket_policy_gives_to_whom_it_names(principal: Principal, named: Any, limited: bool, allowed: bool) -> None:
    """Without a word of identity policies. `limited`: by a boundary and a session policy that are silent."""
    limits = {"boundary": LIMIT, "session": [SCOPE]} if limited else {}
    assert asked(PolicySet(resource=bucket(allow(Principal=named)), **limits), principal).allowed is allowed


def test_between_two_accounts_both_have_to_allow() -> None:
    named = bucket(allow(Principal={"AWS": OURS}))
    assert asked(PolicySet([EVERYTHING], resource=named), resource_account=THEIRS).allowed
    assert asked(PolicySet([EVERYTHING]), resource_account=THEIRS).kind is Kind.RESOURCE
    assert asked(PolicySet([NOTHING], resource=named), resource_account=THEIRS).kind is Kind.IDENTITY
    assert asked(PolicySet([EVERYTHING], LIMIT, resource=named), resource_account=THEIRS).kind is Kind.BOUNDARY


def test_a_key_s_own_policy_has_to_speak() -> None:
    """The statement of every new key names the account: from then on identity policies count."""
    the_account = bucket(allow(Action="*", Principal={"AWS": f"arn:aws:iam::{OURS}:root"}))
    assert asked(PolicySet([EVERYTHING], resource=the_account, resource_decides=True)).allowed
    assert asked(PolicySet([NOTHING], resource=the_account, resource_decides=True)).kind is Kind.IDENTITY
    assert asked(PolicySet([EVERYTHING], resource_decides=True)).kind is Kind.RESOURCE
    ada_alone = bucket(allow(Action="*", Principal={"AWS": USER}))
    assert asked(PolicySet(resource=ada_alone, resource_decides=True)).allowed
    assert not asked(PolicySet([EVERYTHING], resource=ada_alone, resource_decides=True), WEB).allowed


def test_a_role_is_assumed_by_whom_its_trust_policy_names() -> None:
    def assumed(principal: Principal, by: Policy, *identity: Policy) -> bool:
        policies = PolicySet(identity, resource=by, resource_decides=True)
        return asked(policies, principal, action="sts:AssumeRole").allowed

    may_assume = policy(allow(Action="sts:AssumeRole"))
    assert assumed(ADA, trust(Principal={"AWS": USER}))
    assert not assumed(ADA, trust(Principal={"AWS": OURS}))
    assert assumed(ADA, trust(Principal={"AWS": OURS}), may_assume)
    assert not assumed(ADA, trust(Principal={"AWS": THEIRS}), may_assume)
    assert assumed(COGNITO, trust(Principal={"Federated": "cognito-identity.amazonaws.com"}))
    assert not assumed(COGNITO, trust(Principal={"AWS": OURS}), may_assume)


@pytest.mark.parametrize(
    ("principal", "excepted", "denied"),
    [
        (ADA, {"AWS": [OURS, USER]}, False),
        (ADA, {"AWS": USER}, True),
        (ADA, {"AWS": OURS}, True),
        (WEB, {"AWS": [OURS, ROLE, SESSION]}, False),
        (WEB, {"AWS": [OURS, ROLE]}, True),
        (LAMBDA, {"Service": "lambda.amazonaws.com"}, False),
        (LAMBDA, {"AWS": [OURS, USER]}, True),
        (ANONYMOUS, {"AWS": [OURS, USER]}, True),
    ],
)
def test_not_principal_excepts_whom_it_names_wholly(principal: Principal, excepted: Any, denied: bool) -> None:
    but = {key: value for key, value in deny(NotPrincipal=excepted).items() if key != "Principal"}
    decision = asked(PolicySet([EVERYTHING], resource=bucket(allow(Principal="*"), but)), principal)
    assert (decision.outcome is Outcome.EXPLICIT_DENY) is denied


def test_a_canonical_user_is_let_in_nowhere_and_kept_out_everywhere() -> None:
    """Which account has that id is not known here."""
    named = {"CanonicalUser": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"}
    assert not asked(PolicySet(resource=bucket(allow(Principal=named)))).allowed
    kept_out = asked(PolicySet([EVERYTHING], resource=bucket(deny(Principal=named))))
    assert kept_out.outcome is Outcome.EXPLICIT_DENY


def test_not_principal_always_denies_whom_a_boundary_limits() -> None:
    but = deny(NotPrincipal={"AWS": [OURS, USER]})
    boundary = policy(allow(), kind=Kind.BOUNDARY)
    assert asked(PolicySet([EVERYTHING], resource=bucket(but))).allowed
    assert asked(PolicySet([EVERYTHING], boundary, resource=bucket(but))).outcome is Outcome.EXPLICIT_DENY


def test_no_request_says_who_asks() -> None:
    mine = policy(allow(Condition={"StringEquals": {"aws:PrincipalTag/team": "blue", "aws:username": "ada"}}))
    assert asked(PolicySet([mine])).allowed
    claimed = {"aws:principaltag/TEAM": "blue", "AWS:username": "ada"}
    assert not asked(PolicySet([mine]), WEB, context=claimed | {"aws:PrincipalArn": USER}).allowed
    other = Principal(PrincipalKind.USER, USER, OURS, user_name="eve", tags={"team": "red"})
    assert not asked(PolicySet([mine]), other, context=claimed).allowed


@pytest.mark.parametrize(
    "block",
    [
        {"StringEquals": {"made:Up": "x"}},
        {"StringNotEquals": {"made:Up": "x"}},
        {"StringEqualsIfExists": {"made:Up": "x"}},
        {"ForAllValues:StringEquals": {"made:Up": "x"}},
        {"Null": {"made:Up": "true"}},
        {"StringNotEquals": {"aws:userid": "${made:Up, 'nobody'}"}},
    ],
)
def test_a_key_that_nobody_fills_in_fails_closed(block: dict[str, Any]) -> None:
    given = asked(PolicySet([policy(allow(Condition=block))]))
    assert given.outcome is Outcome.IMPLICIT_DENY
    assert given.unknown_keys == ("made:Up",)
    assert "not filled in here: made:Up" in str(given)
    taken = asked(PolicySet([EVERYTHING, policy(deny(Condition=block))]))
    assert taken.outcome is Outcome.EXPLICIT_DENY
    known = {"known": known_keys(["made:Up"])}
    assert asked(PolicySet([policy(allow(Condition={"StringNotEquals": {"MADE:up": "x"}}))]), **known).allowed


def test_a_variable_that_nobody_fills_in_fails_closed() -> None:
    folder = "arn:aws:s3:::b/${made:Up, 'k'}"
    assert not asked(PolicySet([policy(allow(Resource=folder))])).allowed
    but = {"Effect": "Allow", "Action": "*", "NotResource": folder}
    assert not asked(PolicySet([policy(but)])).allowed
    assert asked(PolicySet([EVERYTHING, policy(deny(Resource=folder))])).outcome is Outcome.EXPLICIT_DENY
    assert asked(PolicySet([policy(allow(Resource=[folder, "arn:aws:s3:::b/*"]))])).allowed


def test_no_organization_stands_here_and_that_is_known() -> None:
    """AWS has no such key either where there is no organization: negated, it holds."""
    guard = deny(Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1", "aws:SourceVpce": "vpce-1"}})
    decision = asked(PolicySet([policy(allow(), {**guard, "Sid": "Perimeter"})]))
    assert (decision.outcome, decision.statement, decision.unknown_keys) == (Outcome.EXPLICIT_DENY, "Perimeter", ())


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"Principal": None}, "Missing required field Principal"),
        ({"NotPrincipal": {"AWS": USER}}, "either Principal or NotPrincipal"),
        ({"Principal": None, "NotPrincipal": {"AWS": USER}}, "the Effect Deny alone"),
        ({"Principal": {"Group": "x"}}, "Group"),
        ({"Resource": "b/*"}, "ARN format"),
        ({"Resource": "arn:aws:s3"}, "ARN format"),
    ],
)
def test_a_resource_s_policy_is_held_to_its_form(members: dict[str, Any], named: str) -> None:
    whole = {"Principal": "*", **allow(), **members}
    with pytest.raises(match=named):
        bucket({name: value for name, value in whole.items() if value is not None})


def test_whoever_was_denied_is_told_what_the_nearest_statements_lack() -> None:
    elsewhere = allow(Resource="arn:aws:s3:::c/*", Sid="Elsewhere")
    both = allow(Resource="arn:aws:s3:::c/*", Condition={"StringEquals": {"aws:username": "eve"}}, Sid="Both")
    other = allow(Action="sqs:*", Sid="Other")
    request = AccessRequest("s3:GetObject", OBJECT, principal=ADA)
    policies = PolicySet([policy(both, elsewhere, other, deny(Action="sns:*"))])
    first, second = near_misses(request, policies, Kind.IDENTITY)
    assert (first.statement, first.lacks) == ("Elsewhere", ("its Resource does not name it",))
    assert second.lacks[1] == "StringEquals aws:username does not hold: it is ada"
    (alone,) = near_misses(request, PolicySet([policy(other)]), Kind.IDENTITY)
    assert alone.lacks == ("it is about other actions",)
    limited = PolicySet([EVERYTHING], LIMIT)
    (miss,) = near_misses(request, limited, decide(request, limited).kind)
    assert miss.kind == "permissions boundary"
