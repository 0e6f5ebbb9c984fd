"""IAM users and their sessions: who they are, what they may call, and when it ends. Source: STS API reference."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from asking import refusal, status
from federated import ACCOUNT, allow
from signers import ANYTHING, Signer, of, role, trusting, user
from world import World

INVALID = ("InvalidClientTokenId", "The security token included in the request is invalid.")


def own_session(signer: Signer, **given: Any) -> Signer:
    return of(signer.world, signer.arn, signer.client().get_session_token(**given)["Credentials"])


def federated(signer: Signer, name: str = "bob", **given: Any) -> Signer:
    answer = signer.client().get_federation_token(Name=name, **given)
    return of(signer.world, answer["FederatedUser"]["Arn"], answer["Credentials"])


def lasts_s(answer: dict[str, Any]) -> float:
    return (answer["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds()


def test_a_user_is_who_the_access_key_says_and_may_what_the_policies_say(world: World) -> None:
    ada = user(world, allow("iam:ListRoles"))
    who = ada.client().get_caller_identity()
    assert (who["Arn"], who["Account"]) == (ada.arn, ACCOUNT)
    assert who["UserId"].startswith("AIDA")
    assert ada.client("iam").list_roles()
    code, sentence = refusal(ada.client("iam").list_users)
    assert code == "AccessDenied"
    assert sentence.startswith(f"User: {ada.arn} is not authorized to perform: iam:ListUsers on resource: ")
    assert sentence.endswith("because no identity-based policy allows the iam:ListUsers action")
    code, _ = refusal(ada.client("cognito-idp").list_user_pools, MaxResults=1)
    assert code == "AccessDeniedException"


def test_attached_policies_and_the_boundary_count_for_a_user(world: World) -> None:
    ada, iam = user(world), world.boto3("iam")
    name = ada.arn.rpartition("/")[2]
    made = iam.create_policy(PolicyName="user-lists", PolicyDocument=json.dumps(allow("iam:List*")))["Policy"]
    iam.attach_user_policy(UserName=name, PolicyArn=made["Arn"])
    assert ada.client("iam").list_users()
    limit = iam.create_policy(PolicyName="user-limit", PolicyDocument=json.dumps(allow("iam:ListRoles")))["Policy"]
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=limit["Arn"])
    assert ada.client("iam").list_roles()
    assert "because no permissions boundary allows" in refusal(ada.client("iam").list_users)[1]
    iam.detach_user_policy(UserName=name, PolicyArn=made["Arn"])
    assert refusal(ada.client("iam").list_roles)[0] == "AccessDenied"


def test_an_access_key_that_is_inactive_or_deleted_is_refused_at_once(world: World) -> None:
    ada, iam = user(world), world.boto3("iam")
    name, key = ada.arn.rpartition("/")[2], ada.keys["aws_access_key_id"]
    call = ada.client().get_caller_identity
    assert call()
    iam.update_access_key(UserName=name, AccessKeyId=key, Status="Inactive")
    assert refusal(call) == INVALID
    iam.update_access_key(UserName=name, AccessKeyId=key, Status="Active")
    assert call()
    iam.delete_access_key(UserName=name, AccessKeyId=key)
    assert refusal(call) == INVALID, "a key that is gone is nobody's, and not the root's"
    assert status(call) == 403


def test_a_wrong_secret_or_a_session_token_beside_an_access_key_is_refused(world: World) -> None:
    ada = user(world)
    wrong = Signer(world, ada.arn, {**ada.keys, "aws_secret_access_key": "wrong"})
    assert refusal(wrong.client().get_caller_identity)[0] == "SignatureDoesNotMatch"
    beside = Signer(world, ada.arn, {**ada.keys, "aws_session_token": "token"})
    assert refusal(beside.client().get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_session_of_a_user_is_the_user(world: World) -> None:
    ada = user(world, allow("iam:*", "cognito-idp:ListUserPools"))
    session = own_session(ada)
    assert session.client().get_caller_identity()["Arn"] == ada.arn
    assert session.client("cognito-idp").list_user_pools(MaxResults=1)
    assert refusal(session.client("cognito-idp").create_user_pool, PoolName="p")[0] == "AccessDeniedException"
    assert refusal(session.client("iam").list_users) == INVALID, "IAM takes no session without a second factor"


def test_sessions_of_users_last_longer_than_the_root_s(world: World) -> None:
    ada = user(world, ANYTHING)
    assert 43_190 < lasts_s(ada.client().get_session_token()) <= 43_200
    assert 129_590 < lasts_s(ada.client().get_session_token(DurationSeconds=129_600)) <= 129_600
    assert 43_190 < lasts_s(ada.client().get_federation_token(Name="bob")) <= 43_200
    root = world.boto3("sts")
    for given in ({}, {"DurationSeconds": 43_200}):
        assert 3590 < lasts_s(root.get_session_token(**given)) <= 3600
        assert 3590 < lasts_s(root.get_federation_token(Name="bob", **given)) <= 3600
    assert 890 < lasts_s(root.get_session_token(DurationSeconds=900)) <= 900


def test_a_session_of_the_root_is_the_root(world: World) -> None:
    session = of(world, "root", world.boto3("sts").get_session_token()["Credentials"])
    assert session.client().get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert session.client("cognito-idp").list_user_pools(MaxResults=1)
    arn = role(world, trusting(ACCOUNT))
    code, sentence = refusal(session.client().assume_role, RoleArn=arn, RoleSessionName="root")
    assert (code, sentence) == ("AccessDenied", "Roles may not be assumed by root accounts.")


@pytest.mark.parametrize("name", ["get_session_token", "get_federation_token"])
def test_temporary_credentials_get_no_such_session(world: World, name: str) -> None:
    ada = user(world, ANYTHING)
    session = ada.assume(role(world, trusting(ada.arn), ANYTHING))
    given = {"Name": "bob"} if name == "get_federation_token" else {}
    operation = {"get_session_token": "GetSessionToken", "get_federation_token": "GetFederationToken"}[name]
    for signer in (session, own_session(ada), federated(ada, Policy=json.dumps(ANYTHING))):
        expected = ("AccessDenied", f"Cannot call {operation} with session credentials")
        assert refusal(getattr(signer.client(), name), **given) == expected


def test_a_user_s_session_assumes_a_role_for_an_hour(world: World) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn), MaxSessionDuration=43200)
    session = own_session(ada)
    assert session.assume(arn).client().get_caller_identity()
    given = {"RoleArn": arn, "RoleSessionName": "long", "DurationSeconds": 7200}
    assert refusal(session.client().assume_role, **given)[0] == "ValidationError"


def test_a_federated_user_may_what_both_the_user_and_the_session_s_policies_allow(world: World) -> None:
    ada = user(
        world, allow("sts:GetFederationToken", "cognito-idp:ListUserPools", "cognito-identity:ListIdentityPools")
    )
    answer = ada.client().get_federation_token(Name="bob", Policy=json.dumps(allow("cognito-idp:*")))
    assert answer["FederatedUser"] == {
        "FederatedUserId": f"{ACCOUNT}:bob",
        "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
    }
    assert answer["PackedPolicySize"] > 0
    bob = of(world, answer["FederatedUser"]["Arn"], answer["Credentials"])
    who = bob.client().get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (bob.arn, f"{ACCOUNT}:bob")
    assert bob.client("cognito-idp").list_user_pools(MaxResults=1)
    assert refusal(bob.client("cognito-idp").create_user_pool, PoolName="p")[0] == "AccessDeniedException"
    assert refusal(bob.client("cognito-identity").list_identity_pools, MaxResults=1)[0] == "AccessDeniedException"
    assert refusal(bob.client("iam").list_users) == INVALID
    arn = role(world, trusting(ACCOUNT))
    assert refusal(bob.client().assume_role, RoleArn=arn, RoleSessionName="bob")[0] == "AccessDenied"


def test_a_federated_user_without_policies_may_nothing(world: World) -> None:
    answer = user(world, ANYTHING).client().get_federation_token(Name="bob")
    assert answer["PackedPolicySize"] == 0
    bob = of(world, "bob", answer["Credentials"])
    code, sentence = refusal(bob.client("cognito-idp").list_user_pools, MaxResults=1)
    assert (code, "because no session policy allows" in sentence) == ("AccessDeniedException", True)


def test_a_federated_user_of_the_root_may_what_the_session_s_policies_allow(world: World) -> None:
    answer = world.boto3("sts").get_federation_token(Name="bob", Policy=json.dumps(allow("cognito-idp:ListUserPools")))
    bob = of(world, "bob", answer["Credentials"])
    assert bob.client("cognito-idp").list_user_pools(MaxResults=1)
    assert refusal(bob.client("cognito-idp").create_user_pool, PoolName="p")[0] == "AccessDeniedException"


def test_vouching_takes_a_permission_and_tagging_another(world: World) -> None:
    nobody, vouches = user(world), user(world, allow("sts:GetFederationToken", "cognito-idp:*"))
    resource = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    code, sentence = refusal(nobody.client().get_federation_token, Name="bob")
    assert code == "AccessDenied"
    assert f"is not authorized to perform: sts:GetFederationToken on resource: {resource}" in sentence
    tagged = {"Name": "bob", "Tags": [{"Key": "team", "Value": "red"}]}
    assert "sts:TagSession" in refusal(vouches.client().get_federation_token, **tagged)[1]
    policy = allow("cognito-idp:ListUserPools")
    policy["Statement"][0]["Condition"] = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    tags = user(world, ANYTHING)
    assert (
        federated(tags, Tags=tagged["Tags"], Policy=json.dumps(policy))
        .client("cognito-idp")
        .list_user_pools(MaxResults=1)
    )


def test_sessions_end_with_their_user(world: World) -> None:
    ada, iam = user(world, ANYTHING), world.boto3("iam")
    sessions = [own_session(ada), federated(ada, Policy=json.dumps(ANYTHING))]
    name = ada.arn.rpartition("/")[2]
    iam.delete_access_key(UserName=name, AccessKeyId=ada.keys["aws_access_key_id"])
    for session in sessions:
        assert session.client().get_caller_identity(), "a key may go; the sessions stay"
    iam.delete_user_policy(UserName=name, PolicyName="p0")
    assert refusal(sessions[0].client("cognito-idp").list_user_pools, MaxResults=1)[0] == "AccessDeniedException"
    iam.delete_user(UserName=name)
    for session in sessions:
        assert refusal(session.client().get_caller_identity) == INVALID
    iam.create_user(UserName=name)
    for session in sessions:
        assert refusal(session.client().get_caller_identity) == INVALID, "another user of the same name"
