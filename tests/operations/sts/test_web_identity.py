"""STS: who one is, and the classic flow's second step. Source: facts/identity.md §9."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from asking import refusal, status, unchecked
from federated import ACCOUNT, Identities, allow, identities
from world import World

DENIED = ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")


@pytest.fixture
def people(world: World) -> Identities:
    return identities(world, AllowClassicFlow=True)


def openid_token(people: Identities) -> str:
    logins = people.logins()
    identity_id = people.get_id(logins)
    token: str = people.api.get_open_id_token(IdentityId=identity_id, Logins=logins)["Token"]
    return token


def assume(people: Identities, role_arn: str, token: str | None = None, **given: Any) -> dict[str, Any]:
    token = openid_token(people) if token is None else token
    sts = people.world.boto3("sts")
    return sts.assume_role_with_web_identity(
        **{"RoleArn": role_arn, "RoleSessionName": "classic", "WebIdentityToken": token, **given}
    )


def test_dummy_keys_are_the_root_on_loopback(world: World) -> None:
    who = world.boto3("sts").get_caller_identity()
    assert (who["Arn"], who["Account"], who["UserId"]) == (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, ACCOUNT)


def test_the_classic_flow_ends_in_credentials_of_one_s_own_session_name(people: Identities) -> None:
    answer = assume(people, people.role("classic-role"), DurationSeconds=900)
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/classic-role/classic"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    assert answer["Provider"] == "cognito-identity.amazonaws.com"
    assert answer["Audience"] == people.identity_pool_id
    assert answer["SubjectFromWebIdentityToken"] == people.get_id(people.logins())
    left = answer["Credentials"]["Expiration"] - datetime.now(UTC)
    assert 890 <= left.total_seconds() <= 900
    who = people.signed("sts", answer["Credentials"]).get_caller_identity()
    assert who["Arn"] == arn
    assert who["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]


def test_what_does_not_trust_or_is_no_role_denies_with_one_sentence(people: Identities) -> None:
    token = openid_token(people)
    for arn in (
        f"arn:aws:iam::{ACCOUNT}:role/nobody-made-it",
        people.role("only-guests", kind="unauthenticated"),
        identities(people.world).role("another-pool-s"),
    ):
        assert refusal(assume, people=people, role_arn=arn, token=token) == DENIED
        assert status(assume, people=people, role_arn=arn, token=token) == 403


def test_an_arn_that_only_ends_like_a_role_s_is_not_that_role(people: Identities) -> None:
    people.role("ends-so")
    token = openid_token(people)
    for arn in (f"arn:aws:iam::{ACCOUNT}:user/ends-so", f"arn:aws:iam::{ACCOUNT}:role/some/path/ends-so"):
        assert refusal(assume, people=people, role_arn=arn, token=token) == DENIED
    assert refusal(assume, people=people, role_arn="no-arn-at-all-but-long", token=token)[0] == "ValidationError"


def test_tokens_that_are_not_an_identity_pool_s_are_refused(people: Identities) -> None:
    arn = people.role("tokens")
    given = {"people": people, "role_arn": arn}
    sentence = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    assert refusal(assume, **given, token="garbage") == ("InvalidIdentityToken", sentence)
    code, sentence = refusal(assume, **given, token=people.logins()[people.provider])
    assert (code, sentence) == (
        "InvalidIdentityToken",
        f"No OpenIDConnect provider found in your account for {people.world.origin}/{people.pool.pool_id}",
    )
    header, payload, signature = openid_token(people).split(".")
    flipped = signature[:50] + ("A" if signature[50] != "A" else "B") + signature[51:]
    code, sentence = refusal(assume, **given, token=f"{header}.{payload}.{flipped}")
    assert code == "InvalidIdentityToken"
    assert sentence.startswith("Couldn't retrieve verification key from your identity provider")


def test_a_duration_is_the_role_s_to_limit(people: Identities) -> None:
    arn = people.role("hour-at-most")
    code, sentence = refusal(assume, people=people, role_arn=arn, DurationSeconds=3601)
    assert code == "ValidationError"
    assert sentence == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    longer = people.role("half-a-day", MaxSessionDuration=43200)
    assert assume(people, longer, DurationSeconds=43200)["Credentials"]


def test_a_session_policy_narrows_and_never_widens(people: Identities) -> None:
    arn = people.role("reader", allow("cognito-idp:ListUserPools", "iam:GetRole"))
    narrow = assume(people, arn, Policy=json.dumps(allow("cognito-idp:*")))["Credentials"]
    assert people.signed("cognito-idp", narrow).list_user_pools(MaxResults=1)
    assert refusal(people.signed("iam", narrow).get_role, RoleName="reader")[0] == "AccessDenied"
    create = people.signed("cognito-idp", narrow).create_user_pool
    assert refusal(create, PoolName="p")[0] == "AccessDeniedException", "the role does not allow it"
    assert refusal(assume, people=people, role_arn=arn, Policy="{")[0] == "MalformedPolicyDocument"


def test_a_broken_constraint_is_a_validation_error(people: Identities) -> None:
    sts = unchecked(people.world, "sts")
    given = {"RoleArn": people.role("constrained"), "WebIdentityToken": "xxxx", "RoleSessionName": "x"}
    code, sentence = refusal(sts.assume_role_with_web_identity, **given)
    assert code == "ValidationError"
    assert sentence == (
        "1 validation error detected: Value 'x' at 'roleSessionName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 2"
    )


def test_an_operation_that_is_not_built_names_itself(world: World) -> None:
    sts = unchecked(world, "sts")
    given = {
        "TargetPrincipal": ACCOUNT,
        "TaskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/IAMDeleteRootUser"},
    }
    for operation, members in ((sts.assume_root, given), (sts.get_delegated_access_token, {"TradeInToken": "traded"})):
        code, sentence = refusal(operation, **members)
        assert code == "NotImplementedException"
        assert "Halfday does not answer sts " in sentence
        assert status(operation, **members) == 501


def test_answers_are_xml_in_sts_s_namespace(people: Identities) -> None:
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": people.role("xml"),
        "RoleSessionName": "xml-session",
        "WebIdentityToken": openid_token(people),
    }
    answer = requests.post(people.world.origin, data=form, timeout=10)
    assert answer.headers["Content-Type"].startswith("text/xml")
    begins = '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    assert answer.text.startswith(begins + "<AssumeRoleWithWebIdentityResult>")
    assert "<ResponseMetadata><RequestId>" in answer.text
    refused = requests.post(people.world.origin, data={**form, "WebIdentityToken": "garbage"}, timeout=10)
    assert refused.status_code == 400
    assert "<Type>Sender</Type><Code>InvalidIdentityToken</Code>" in refused.text


def test_every_operation_is_answered_by_get_as_by_post(people: Identities) -> None:
    """STS takes its parameters in a query too, signed or not (facts/news.md)."""
    fields = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": people.role("by-get"),
        "RoleSessionName": "by-get",
        "WebIdentityToken": openid_token(people),
    }
    answer = requests.get(f"{people.world.origin}/", params=fields, timeout=10)
    assert answer.status_code == 200
    assert "<AssumeRoleWithWebIdentityResult>" in answer.text
    refused = requests.get(f"{people.world.origin}/", params={**fields, "WebIdentityToken": "garbage"}, timeout=10)
    assert (refused.status_code, "<Code>InvalidIdentityToken</Code>" in refused.text) == (400, True)
    for action, code in (
        ("GetCallerIdentity", "MissingAuthenticationToken"),
        ("AssumeRole", "MissingAuthenticationToken"),
        ("AssumeRoot", "NotImplementedException"),
        ("GetScopedCredentials", "NotImplementedException"),
        ("AssumeRoll", "InvalidAction"),
    ):
        asked = {"Action": action, "Version": "2011-06-15"}
        by_get = requests.get(f"{people.world.origin}/", params=asked, timeout=10)
        by_post = requests.post(f"{people.world.origin}/", data=asked, timeout=10)
        assert f"<Code>{code}</Code>" in by_get.text
        assert f"<Code>{code}</Code>" in by_post.text
        assert by_get.status_code == by_post.status_code


# Time is turned from here on.


def test_an_expired_token_is_told_with_both_times(people: Identities) -> None:
    token = openid_token(people)
    arn = people.role("late")
    people.world.clock.advance(601)
    code, sentence = refusal(assume, people=people, role_arn=arn, token=token)
    assert code == "ExpiredTokenException"
    assert sentence.startswith("Token expired: current date/time ")
    assert " must be before the expiration date/time " in sentence
