"""A developer with a key pair and a policy: verified, and held to the policies, as on AWS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from asking import refusal
from federated import allow, trust
from world import World

ACCOUNT = "123456789012"
TRUST = json.dumps(trust("us-east-1:00000000-0000-0000-0000-000000000001"))


@dataclass
class Developer:
    world: World
    name: str
    key: dict[str, Any]

    def signed(self, service: str) -> Any:
        return self.world.boto3(
            service, aws_access_key_id=self.key["AccessKeyId"], aws_secret_access_key=self.key["SecretAccessKey"]
        )

    def may(self, *statements: dict[str, Any]) -> None:
        document = {"Version": "2012-10-17", "Statement": [*statements]}
        iam = self.world.boto3("iam")
        iam.put_user_policy(UserName=self.name, PolicyName="may", PolicyDocument=json.dumps(document))


@pytest.fixture
def developer(world: World) -> Developer:
    iam, name = world.boto3("iam"), f"dev-{next(world.counter)}"
    iam.create_user(UserName=name, Path="/devs/")
    return Developer(world, name, iam.create_access_key(UserName=name)["AccessKey"])


def arn_of(developer: Developer) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/devs/{developer.name}"


def test_a_user_is_who_they_are(developer: Developer) -> None:
    told = developer.signed("sts").get_caller_identity()
    assert told["Arn"] == arn_of(developer)
    assert told["UserId"].startswith("AIDA")
    assert told["Account"] == ACCOUNT


def test_without_a_policy_nothing_is_allowed_and_the_sentence_is_aws_s(developer: Developer) -> None:
    code, sentence = refusal(developer.signed("iam").get_user)
    assert code == "AccessDenied"
    assert sentence == (
        f"User: {arn_of(developer)} is not authorized to perform: iam:GetUser on resource: {arn_of(developer)} "
        "because no identity-based policy allows the iam:GetUser action"
    )
    assert refusal(developer.signed("cognito-idp").list_user_pools, MaxResults=1)[0] == "AccessDeniedException"


def test_an_inline_policy_allows_what_it_names(developer: Developer) -> None:
    pool = developer.world.pool()
    arn = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{pool.pool_id}"
    developer.may({"Effect": "Allow", "Action": "cognito-idp:Describe*", "Resource": arn})
    idp = developer.signed("cognito-idp")
    assert idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Id"] == pool.pool_id
    assert refusal(idp.delete_user_pool, UserPoolId=pool.pool_id)[0] == "AccessDeniedException"
    other = developer.world.pool()
    assert refusal(idp.describe_user_pool, UserPoolId=other.pool_id)[0] == "AccessDeniedException"


def test_an_attached_policy_counts_from_now_on_and_its_default_version_only(developer: Developer) -> None:
    iam = developer.world.boto3("iam")
    name = f"reads-{developer.name}"
    arn = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(allow("cognito-idp:ListUserPools")))["Policy"][
        "Arn"
    ]
    iam.attach_user_policy(UserName=developer.name, PolicyArn=arn)
    idp = developer.signed("cognito-idp")
    idp.list_user_pools(MaxResults=1)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(allow("s3:*")))
    idp.list_user_pools(MaxResults=1)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert refusal(idp.list_user_pools, MaxResults=1)[0] == "AccessDeniedException"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.detach_user_policy(UserName=developer.name, PolicyArn=arn)
    assert refusal(idp.list_user_pools, MaxResults=1)[0] == "AccessDeniedException"


def test_aws_s_own_policy_allows_what_it_allows_there(developer: Developer) -> None:
    arn = "arn:aws:iam::aws:policy/AmazonCognitoReadOnly"
    developer.world.boto3("iam").attach_user_policy(UserName=developer.name, PolicyArn=arn)
    idp = developer.signed("cognito-idp")
    idp.list_user_pools(MaxResults=1)
    assert refusal(idp.create_user_pool, PoolName="no")[0] == "AccessDeniedException"


def test_a_boundary_takes_away(developer: Developer) -> None:
    iam = developer.world.boto3("iam")
    developer.may({"Effect": "Allow", "Action": "*", "Resource": "*"})
    idp = developer.signed("cognito-idp")
    idp.list_user_pools(MaxResults=1)
    boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    iam.put_user_permissions_boundary(UserName=developer.name, PermissionsBoundary=boundary)
    code, sentence = refusal(idp.list_user_pools, MaxResults=1)
    assert code == "AccessDeniedException"
    assert sentence.endswith("because no permissions boundary allows the cognito-idp:ListUserPools action")
    iam.delete_user_permissions_boundary(UserName=developer.name)
    idp.list_user_pools(MaxResults=1)


def test_a_wrong_secret_and_a_key_that_is_inactive_or_gone_are_nobody_s(developer: Developer) -> None:
    iam, key = developer.world.boto3("iam"), developer.key["AccessKeyId"]
    wrong = developer.world.boto3("sts", aws_access_key_id=key, aws_secret_access_key="wrong")
    assert refusal(wrong.get_caller_identity)[0] == "SignatureDoesNotMatch"
    invalid = ("InvalidClientTokenId", "The security token included in the request is invalid.")
    sts = developer.signed("sts")
    iam.update_access_key(UserName=developer.name, AccessKeyId=key, Status="Inactive")
    assert refusal(sts.get_caller_identity) == invalid
    iam.update_access_key(UserName=developer.name, AccessKeyId=key, Status="Active")
    sts.get_caller_identity()
    iam.delete_access_key(UserName=developer.name, AccessKeyId=key)
    assert refusal(sts.get_caller_identity) == invalid, "a deleted key is no dummy that counts as the root's"
    assert refusal(developer.signed("iam").list_users) == invalid


def test_the_last_use_of_a_key_is_told(developer: Developer) -> None:
    key = developer.key["AccessKeyId"]
    developer.signed("sts").get_caller_identity()
    shown = developer.world.boto3("iam").get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert (shown["Region"], shown["ServiceName"]) == ("us-east-1", "sts")
    assert shown["LastUsedDate"]


def test_a_user_rotates_their_own_keys_without_saying_who_they_are(developer: Developer) -> None:
    mine = f"arn:aws:iam::{ACCOUNT}:user/devs/${{aws:username}}"
    developer.may({"Effect": "Allow", "Action": "iam:*AccessKey*", "Resource": mine})
    iam = developer.signed("iam")
    assert [one["UserName"] for one in iam.list_access_keys()["AccessKeyMetadata"]] == [developer.name]
    made = iam.create_access_key()["AccessKey"]
    assert made["UserName"] == developer.name
    iam.update_access_key(AccessKeyId=developer.key["AccessKeyId"], Status="Inactive")
    other = f"other-{developer.name}"
    developer.world.boto3("iam").create_user(UserName=other)
    fresh = Developer(developer.world, developer.name, made).signed("iam")
    assert refusal(fresh.create_access_key, UserName=other)[0] == "AccessDenied"
    fresh.delete_access_key(AccessKeyId=developer.key["AccessKeyId"])


def test_who_may_call_iam_may_do_so_on_what_the_policy_names(developer: Developer) -> None:
    developer.may({"Effect": "Allow", "Action": "iam:*", "Resource": f"arn:aws:iam::{ACCOUNT}:role/apps/*"})
    iam, name = developer.signed("iam"), f"apps-{developer.name}"
    iam.create_role(RoleName=name, Path="/apps/", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(allow("s3:*")))
    elsewhere = f"elsewhere-{developer.name}"
    refused = refusal(iam.create_role, RoleName=elsewhere, AssumeRolePolicyDocument=TRUST)
    assert refused[0] == "AccessDenied"
    assert f"on resource: arn:aws:iam::{ACCOUNT}:role/{elsewhere} " in refused[1]
    developer.world.boto3("iam").create_role(RoleName=elsewhere, AssumeRolePolicyDocument=TRUST)
    assert refusal(iam.delete_role, RoleName=elsewhere)[0] == "AccessDenied"
    assert refusal(iam.create_policy, PolicyName="p", PolicyDocument=json.dumps(allow("s3:*")))[0] == "AccessDenied"


def test_roles_may_be_made_within_a_boundary_only_where_the_policy_says_so(developer: Developer) -> None:
    """IAM user guide, Delegating responsibility to others using permissions boundaries."""
    boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    developer.may(
        {
            "Effect": "Allow",
            "Action": ["iam:CreateRole", "iam:AttachRolePolicy"],
            "Resource": "*",
            "Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary}},
        }
    )
    iam, name = developer.signed("iam"), f"within-{developer.name}"
    given = {"RoleName": name, "AssumeRolePolicyDocument": TRUST}
    assert refusal(iam.create_role, **given)[0] == "AccessDenied"
    other = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert refusal(iam.create_role, **given, PermissionsBoundary=other)[0] == "AccessDenied"
    iam.create_role(**given, PermissionsBoundary=boundary)
    iam.attach_role_policy(RoleName=name, PolicyArn=other)
    free = f"free-{developer.name}"
    developer.world.boto3("iam").create_role(RoleName=free, AssumeRolePolicyDocument=TRUST)
    assert refusal(iam.attach_role_policy, RoleName=free, PolicyArn=other)[0] == "AccessDenied"


def test_which_policies_may_be_attached_is_a_condition(developer: Developer) -> None:
    reads = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    condition = {"ArnEquals": {"iam:PolicyARN": reads}}
    developer.may({"Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*", "Condition": condition})
    name = f"attached-{developer.name}"
    developer.world.boto3("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    iam = developer.signed("iam")
    iam.attach_role_policy(RoleName=name, PolicyArn=reads)
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert refusal(iam.attach_role_policy, RoleName=name, PolicyArn=administrator)[0] == "AccessDenied"


def test_tags_that_are_given_and_tags_that_are_there_are_conditions(developer: Developer) -> None:
    blue = {"StringEquals": {"aws:RequestTag/team": "blue"}}
    developer.may(
        {"Effect": "Allow", "Action": ["iam:CreateRole", "iam:TagRole"], "Resource": "*", "Condition": blue},
        {
            "Effect": "Allow",
            "Action": "iam:DeleteRole",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "blue", "iam:ResourceTag/team": "blue"}},
        },
    )
    iam, name = developer.signed("iam"), f"blue-{developer.name}"
    given = {"RoleName": name, "AssumeRolePolicyDocument": TRUST}
    assert refusal(iam.create_role, **given)[0] == "AccessDenied"
    assert refusal(iam.create_role, **given, Tags=[{"Key": "team", "Value": "red"}])[0] == "AccessDenied"
    iam.create_role(**given, Tags=[{"Key": "team", "Value": "blue"}])
    red = f"red-{developer.name}"
    developer.world.boto3("iam").create_role(
        RoleName=red, AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "team", "Value": "red"}]
    )
    assert refusal(iam.delete_role, RoleName=red)[0] == "AccessDenied"
    iam.delete_role(RoleName=name)


def test_to_make_something_with_tags_takes_the_permission_to_tag(developer: Developer) -> None:
    developer.may({"Effect": "Allow", "Action": "iam:CreateRole", "Resource": "*"})
    iam, name = developer.signed("iam"), f"tagged-{developer.name}"
    given = {"RoleName": name, "AssumeRolePolicyDocument": TRUST}
    refused = refusal(iam.create_role, **given, Tags=[{"Key": "a", "Value": "b"}])
    assert "is not authorized to perform: iam:TagRole" in refused[1]
    iam.create_role(**given)


def test_from_where_and_where_are_conditions_of_every_call(developer: Developer) -> None:
    here = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}, "StringEquals": {"aws:RequestedRegion": "us-east-1"}}
    developer.may({"Effect": "Allow", "Action": "cognito-idp:ListUserPools", "Resource": "*", "Condition": here})
    developer.signed("cognito-idp").list_user_pools(MaxResults=1)
    there = {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    developer.may({"Effect": "Allow", "Action": "cognito-idp:ListUserPools", "Resource": "*", "Condition": there})
    assert refusal(developer.signed("cognito-idp").list_user_pools, MaxResults=1)[0] == "AccessDeniedException"


def test_to_rename_a_user_takes_permission_on_both_names(developer: Developer) -> None:
    """API reference, UpdateUser."""
    root, name = developer.world.boto3("iam"), f"old-{developer.name}"
    root.create_user(UserName=name, Path="/teams/")
    own = f"arn:aws:iam::{ACCOUNT}:user/teams/*"
    developer.may({"Effect": "Allow", "Action": "iam:UpdateUser", "Resource": own})
    iam = developer.signed("iam")
    refused = refusal(iam.update_user, UserName=name, NewPath="/")
    assert f"on resource: arn:aws:iam::{ACCOUNT}:user/{name} " in refused[1]
    iam.update_user(UserName=name, NewUserName=f"new-{developer.name}")
    shown = root.get_user(UserName=f"new-{developer.name}")["User"]
    assert shown["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/teams/new-{developer.name}"
