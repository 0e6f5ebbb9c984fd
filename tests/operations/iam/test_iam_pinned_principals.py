"""A trust policy means the user or role that was there when it was saved, whoever has their ARN later.

Source: IAM user guide, AWS JSON policy elements: Principal (IAM user principals, IAM role principals).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from asking import refusal
from federated import ACCOUNT
from signers import ANYTHING, Signer, made_again, role, trusting, user
from world import World

NOBODY = (
    f"arn:aws:iam::{ACCOUNT}:user/nobody",
    f"arn:aws:iam::{ACCOUNT}:role/nobody",
    f"arn:aws:sts::{ACCOUNT}:assumed-role/nobody/session",
)
ASSUME = "sts:AssumeRole"


@pytest.fixture
def iam(world: World) -> Any:
    return world.boto3("iam")


def named(iam: Any, role_arn: str) -> Any:
    """The AWS principal of the role's only statement, as GetRole tells it."""
    shown = iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    (statement,) = shown["Statement"]
    return statement.get("Principal", statement.get("NotPrincipal"))["AWS"]


def is_denied(signer: Signer, role_arn: str) -> bool:
    return refusal(signer.client().assume_role, RoleArn=role_arn, RoleSessionName="one")[0] == "AccessDenied"


def test_a_user_who_is_made_again_is_another_one(world: World, iam: Any) -> None:
    ada = user(world)
    arn = role(world, trusting(ada.arn))
    user_id = iam.get_user(UserName=ada.arn.rpartition("/")[2])["User"]["UserId"]
    assert named(iam, arn) == ada.arn
    ada.assume(arn)
    again = made_again(ada)
    assert is_denied(again, arn)
    assert named(iam, arn) == user_id, "whose ARN nobody can tell any more"
    iam.update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=json.dumps(trusting(again.arn)))
    assert named(iam, arn) == ada.arn
    again.assume(arn)


def test_a_role_that_is_made_again_is_another_one(world: World, iam: Any) -> None:
    ada = user(world, ANYTHING)
    first = role(world, trusting(ACCOUNT), ANYTHING)
    name, session = first.rpartition("/")[2], f"arn:aws:sts::{ACCOUNT}:assumed-role/{first.rpartition('/')[2]}/one"
    by_role, by_session = role(world, trusting(first)), role(world, trusting([session, ACCOUNT]))
    role_id = iam.get_role(RoleName=name)["Role"]["RoleId"]
    for arn in (by_role, by_session):
        ada.assume(first, "one").assume(arn)
    assert (named(iam, by_role), named(iam, by_session)) == (first, [session, ACCOUNT])
    iam.delete_role_policy(RoleName=name, PolicyName="p0")
    iam.delete_role(RoleName=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trusting(ACCOUNT)))
    again = ada.assume(first, "one")
    assert is_denied(again, by_role)
    assert is_denied(again, by_session), "its policies allow nothing, and the account's word is not enough"
    assert (named(iam, by_role), named(iam, by_session)) == (role_id, [f"{role_id}:one", ACCOUNT])
    listed = {one["Arn"]: one for one in iam.list_roles()["Roles"]}
    assert listed[by_role]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"] == role_id


def test_who_is_excepted_is_pinned_too(world: World) -> None:
    ada = user(world, ANYTHING)
    excepting = trusting(ACCOUNT)
    but = {"Effect": "Deny", "NotPrincipal": {"AWS": [ada.arn, ACCOUNT]}, "Action": ASSUME}
    arn = role(world, {**excepting, "Statement": [*excepting["Statement"], but]})
    ada.assume(arn)
    assert is_denied(made_again(ada), arn)


def test_a_user_under_a_new_name_is_the_same(world: World, iam: Any) -> None:
    ada = user(world)
    arn, name = role(world, trusting(ada.arn)), ada.arn.rpartition("/")[2]
    iam.update_user(UserName=name, NewUserName=f"{name}-married")
    ada.assume(arn)
    assert named(iam, arn) == f"{ada.arn}-married"


@pytest.mark.parametrize("arn", NOBODY)
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_nobody_is_trusted_who_is_not_there(world: World, iam: Any, arn: str, element: str) -> None:
    effect = "Allow" if element == "Principal" else "Deny"
    statement = {"Effect": effect, element: {"AWS": [ACCOUNT, arn]}, "Action": ASSUME}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    told = ("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}"')
    assert refusal(iam.create_role, RoleName="trusting-nobody", AssumeRolePolicyDocument=document) == told
    assert refusal(iam.get_role, RoleName="trusting-nobody")[0] == "NoSuchEntity"
    there = role(world, trusting(ACCOUNT)).rpartition("/")[2]
    assert refusal(iam.update_assume_role_policy, RoleName=there, PolicyDocument=document) == told


def test_the_path_belongs_to_whom_is_meant(world: World, iam: Any) -> None:
    iam.create_user(UserName="in-a-path", Path="/team/")
    without, within = (f"arn:aws:iam::{ACCOUNT}:user/{rest}" for rest in ("in-a-path", "team/in-a-path"))
    assert named(iam, role(world, trusting(within))) == within
    told = ("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{without}"')
    given = json.dumps(trusting(without))
    assert refusal(iam.create_role, RoleName="without-path", AssumeRolePolicyDocument=given) == told


def test_no_role_trusts_itself_before_it_is_there(world: World, iam: Any) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/of-itself"
    given = {"RoleName": "of-itself", "AssumeRolePolicyDocument": json.dumps(trusting(arn))}
    assert refusal(iam.create_role, **given)[0] == "MalformedPolicyDocument"
    iam.create_role(RoleName="of-itself", AssumeRolePolicyDocument=json.dumps(trusting(ACCOUNT)))
    iam.update_assume_role_policy(RoleName="of-itself", PolicyDocument=json.dumps(trusting(arn)))
    assert named(iam, arn) == arn


def test_nobody_can_tell_who_is_in_another_account(world: World, iam: Any) -> None:
    elsewhere = "arn:aws:iam::999999999999:role/deployer"
    assert named(iam, role(world, trusting(elsewhere))) == elsewhere
