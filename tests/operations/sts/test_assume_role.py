"""AssumeRole: whom a role lets in, what the session is, and for how long. Source: STS API reference, AssumeRole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from asking import refusal, status, unchecked
from federated import ACCOUNT, allow
from signers import ACCOUNT_ROOT, ANYTHING, Signer, role, trusting, user
from world import World

ASSUME = allow("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")


def refused(signer: Signer, role_arn: str, **given: Any) -> tuple[str, str]:
    given = {"RoleSessionName": "session", **given}
    return refusal(signer.client().assume_role, RoleArn=role_arn, **given)


def denied(signer: Signer, role_arn: str, action: str = "sts:AssumeRole", because: str = "") -> tuple[str, str]:
    why = f" {because}" if because else ""
    return "AccessDenied", f"User: {signer.arn} is not authorized to perform: {action} on resource: {role_arn}{why}"


def test_a_user_whom_the_role_names_needs_no_policy(world: World) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn), allow("iam:GetRole"))
    answer = ada.client().assume_role(RoleArn=arn, RoleSessionName="ada")
    name = arn.rpartition("/")[2]
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/ada"
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(":ada")
    left_s = (answer["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds()
    assert 3590 <= left_s <= 3600
    assert answer["SessionTokenSize"] == len(answer["Credentials"]["SessionToken"])
    assert "PackedPolicySize" not in answer
    session = ada.assume(arn, "ada")
    who = session.client().get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (session.arn, answer["AssumedRoleUser"]["AssumedRoleId"])
    assert session.client("iam").get_role(RoleName=name)


@pytest.mark.parametrize("principal", [ACCOUNT, ACCOUNT_ROOT])
def test_where_the_role_names_the_account_the_user_s_own_policies_decide(world: World, principal: str) -> None:
    arn = role(world, trusting(principal))
    without, may = user(world), user(world, ASSUME)
    because = "because no identity-based policy allows the sts:AssumeRole action"
    assert refused(without, arn) == denied(without, arn, because=because)
    assert may.assume(arn).client().get_caller_identity()["Account"] == ACCOUNT


def test_a_denial_of_one_s_own_policies_counts_even_where_the_role_names_one(world: World) -> None:
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}]}
    ada = user(world, ANYTHING, deny)
    arn = role(world, trusting(ada.arn))
    assert refused(ada, arn) == denied(ada, arn, because="with an explicit deny in an identity-based policy")


def test_whom_the_role_does_not_name_it_does_not_let_in(world: World) -> None:
    somebody, other = user(world, ANYTHING), user(world)
    arn = role(world, trusting(other.arn))
    assert refused(somebody, arn) == denied(somebody, arn)
    assert status(somebody.client().assume_role, RoleArn=arn, RoleSessionName="session") == 403
    missing = f"arn:aws:iam::{ACCOUNT}:role/nobody-made-it"
    assert refused(somebody, missing) == denied(somebody, missing)
    of_a_service = role(world, trusting({"Service": "lambda.amazonaws.com"}))
    assert refused(somebody, of_a_service) == denied(somebody, of_a_service)


def test_the_root_assumes_no_role(world: World) -> None:
    arn = role(world, trusting(ACCOUNT_ROOT))
    call = world.boto3("sts").assume_role
    expected = ("AccessDenied", "Roles may not be assumed by root accounts.")
    assert refusal(call, RoleArn=arn, RoleSessionName="root") == expected


def test_a_role_named_by_its_role_or_by_its_session_lets_that_in(world: World) -> None:
    ada = user(world)
    first = role(world, trusting(ada.arn))
    session = ada.assume(first, "ada")
    by_role, by_session = role(world, trusting(first)), role(world, trusting(session.arn))
    assert session.assume(by_role)
    assert session.assume(by_session)
    other = ada.assume(first, "grace")
    assert other.assume(by_role)
    assert refused(other, by_session) == denied(other, by_session)


def test_a_role_for_everybody_lets_in_everybody_who_signs(world: World) -> None:
    arn = role(world, trusting("*"))
    assert user(world).assume(arn)
    denies = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    trust = trusting("*")
    shut = role(world, {**trust, "Statement": [*trust["Statement"], denies]})
    ada = user(world, ANYTHING)
    assert refused(ada, shut) == denied(ada, shut)


def test_an_external_id_has_to_be_the_one_that_the_role_asks_for(world: World) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn, StringEquals={"sts:ExternalId": "Example987"}))
    for given in ({}, {"ExternalId": "another"}):
        assert refused(ada, arn, **given) == denied(ada, arn)
    assert ada.assume(arn, ExternalId="Example987")


def test_a_role_may_ask_from_where_and_when(world: World) -> None:
    ada = user(world)
    here = {
        "IpAddress": {"aws:SourceIp": "127.0.0.0/8"},
        "DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"},
    }
    assert ada.assume(role(world, trusting(ada.arn, **here)))
    elsewhere = role(world, trusting(ada.arn, IpAddress={"aws:SourceIp": "192.0.2.0/24"}))
    assert refused(ada, elsewhere) == denied(ada, elsewhere)
    not_here = role(world, trusting(ada.arn, NotIpAddress={"aws:SourceIp": "127.0.0.0/8"}))
    assert refused(ada, not_here) == denied(ada, not_here)
    unknown = role(world, trusting(ada.arn, StringNotEquals={"aws:SomethingNobodyFillsIn": "x"}))
    assert refused(ada, unknown) == denied(ada, unknown)


def test_no_role_that_asks_for_a_second_factor_can_be_assumed(world: World) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn, Bool={"aws:MultiFactorAuthPresent": "true"}))
    assert refused(ada, arn) == denied(ada, arn)
    code, sentence = refused(ada, arn, SerialNumber=f"arn:aws:iam::{ACCOUNT}:mfa/ada", TokenCode="123456")
    assert code == "AccessDenied"
    assert sentence == (
        "MultiFactorAuthentication failed, unable to validate MFA code.  "
        "Please verify your MFA serial number is valid and associated with this user."
    )


def test_durations_are_the_role_s_to_limit_and_an_hour_in_a_chain(world: World) -> None:
    ada = user(world)
    arn, longer = role(world, trusting(ada.arn)), role(world, trusting(ada.arn), MaxSessionDuration=43200)
    too_long = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert refused(ada, arn, DurationSeconds=3601) == ("ValidationError", too_long)
    answer = ada.client().assume_role(RoleArn=longer, RoleSessionName="long", DurationSeconds=43200)
    assert (answer["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds() > 43_190
    chained = role(world, trusting(longer), MaxSessionDuration=43200)
    session = ada.assume(longer)
    sentence = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    assert refused(session, chained, DurationSeconds=3601) == ("ValidationError", sentence)
    assert session.assume(chained, DurationSeconds=3600)
    sts = unchecked(world, "sts")
    code, sentence = refusal(sts.assume_role, RoleArn=arn, RoleSessionName="short", DurationSeconds=899)
    assert code == "ValidationError"
    assert "Member must have value greater than or equal to 900" in sentence


@pytest.mark.parametrize(
    "arn",
    ["nothing-valid-in-here", "arn::b:::something/test-role", "arn:a::::something/test-role", "arn:a:a::aaaaaaaaaa:"],
)
def test_what_is_no_arn_is_told_so(world: World, arn: str) -> None:
    assert refused(user(world), arn) == ("ValidationError", f"{arn} is invalid")


def test_session_policies_narrow_and_never_widen(world: World) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn), allow("iam:GetRole", "iam:ListRoles"))
    name = arn.rpartition("/")[2]
    narrow = ada.assume(arn, Policy=json.dumps(allow("iam:GetRole", "iam:ListUsers")))
    assert narrow.client("iam").get_role(RoleName=name)
    code, sentence = refusal(narrow.client("iam").list_roles)
    assert (code, "because no session policy allows" in sentence) == ("AccessDenied", True)
    code, sentence = refusal(narrow.client("iam").list_users)
    assert (code, "because no identity-based policy allows" in sentence) == ("AccessDenied", True)
    assert refused(ada, arn, Policy="{")[0] == "MalformedPolicyDocument"


def test_managed_session_policies_count_as_they_are_now(world: World) -> None:
    ada, iam = user(world), world.boto3("iam")
    arn = role(world, trusting(ada.arn), ANYTHING)
    made = iam.create_policy(PolicyName="only-roles", PolicyDocument=json.dumps(allow("iam:ListRoles")))["Policy"]
    answer = ada.client().assume_role(RoleArn=arn, RoleSessionName="managed", PolicyArns=[{"arn": made["Arn"]}])
    assert 0 <= answer["PackedPolicySize"] <= 100
    session = ada.assume(arn, PolicyArns=[{"arn": made["Arn"]}])
    assert session.client("iam").list_roles()["Roles"]
    assert refusal(session.client("iam").list_users)[0] == "AccessDenied"
    document = json.dumps(allow("iam:ListUsers"))
    iam.create_policy_version(PolicyArn=made["Arn"], PolicyDocument=document, SetAsDefault=True)
    assert session.client("iam").list_users()["Users"]
    missing = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/nobody-made-it"}]
    code, sentence = refused(ada, arn, PolicyArns=missing)
    assert code == "InvalidParameterValue"
    assert sentence == (
        "At least one Policy ARN in the PolicyArns parameter does not match an existing IAM Managed Policy ARN."
    )


def test_too_much_policy_is_refused_with_its_size(world: World) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn))
    small = ada.client().assume_role(RoleArn=arn, RoleSessionName="small", Policy=json.dumps(allow("s3:*")))
    assert 5 <= small["PackedPolicySize"] <= 25
    names = [
        f"{sha256(bytes([number])).hexdigest()[:12]}:{sha256(bytes([number, 1])).hexdigest()[:12]}"
        for number in range(60)
    ]
    policy = json.dumps(allow(*names), separators=(",", ":"))
    assert len(policy) < 2048
    code, sentence = refused(ada, arn, Policy=policy)
    assert code == "PackedPolicyTooLarge"
    assert sentence.startswith("Packed policy consumes 1")
    assert sentence.endswith("% of allotted space")


def test_a_session_token_is_as_long_as_it_is_asked_to_be(world: World) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn))
    answer = ada.client().assume_role(RoleArn=arn, RoleSessionName="long", MinimumSessionTokenSize=2000)
    assert answer["SessionTokenSize"] >= 2000
    assert answer["SessionTokenUtilization"] == answer["SessionTokenSize"] * 100 // 4096


def test_a_boundary_of_the_role_limits_its_sessions(world: World) -> None:
    ada, iam = user(world), world.boto3("iam")
    made = iam.create_policy(PolicyName="boundary-roles", PolicyDocument=json.dumps(allow("iam:ListRoles")))["Policy"]
    arn = role(world, trusting(ada.arn), ANYTHING, PermissionsBoundary=made["Arn"])
    session = ada.assume(arn)
    assert session.client("iam").list_roles()["Roles"]
    code, sentence = refusal(session.client("iam").list_users)
    assert (code, "because no permissions boundary allows" in sentence) == ("AccessDenied", True)


def test_contexts_of_other_services_are_not_honoured_and_not_ignored(world: World) -> None:
    ada = user(world)
    given = [{"ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": "asserted"}]
    code, sentence = refused(ada, role(world, trusting(ada.arn)), ProvidedContexts=given)
    assert (code, "ProvidedContexts" in sentence) == ("NotImplementedException", True)


# Time is turned from here on.


def test_a_session_ends(world: World) -> None:
    ada = user(world)
    session = ada.assume(role(world, trusting(ada.arn)), DurationSeconds=900)
    assert session.client().get_caller_identity()
    world.clock.advance(899)
    # what is signed has to be of the server's time
    world.clock.advance(2)
    code, _ = refusal(session.client().get_caller_identity)
    assert code in ("ExpiredToken", "SignatureDoesNotMatch")
