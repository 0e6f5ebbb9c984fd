"""Managed policies, roles and users of the seed file: applied again, followed, and refused where they name nothing."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import boto3
import pytest

from asking import refusal
from federated import allow
from halfday.server.seed_file import SeedRefused, check
from world import World, running

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
OWN = "arn:aws:iam::123456789012:policy/own"
KEY = {"id": "AKIAHALFDAYDEVELOPER", "secret": "not-a-secret-for-a-local-server"}
DOCUMENT: dict[str, Any] = {
    "managed_policy": [{"name": "own", "description": "d", "document": allow("s3:*"), "tags": {"a": "b"}}],
    "role": [
        {
            "name": "worker",
            "trust": TRUST,
            "managed_policies": ["own", BASIC],
            "permissions_boundary": "own",
            "tags": {"team": "blue"},
        }
    ],
    "iam_user": [
        {
            "name": "dev",
            "policies": {"lists": allow("cognito-idp:List*")},
            "managed_policies": [OWN],
            "tags": {"team": "blue"},
            "access_key": [KEY],
        }
    ],
}


def signed(world: World, service: str, key: dict[str, str] = KEY) -> Any:
    keys = {"aws_access_key_id": key["id"], "aws_secret_access_key": key["secret"]}
    return boto3.client(service, endpoint_url=world.origin, region_name="us-east-1", **keys)


def attached(world: World, name: str = "worker") -> list[str]:
    found = world.boto3("iam").list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return sorted(one["PolicyArn"] for one in found)


def test_what_is_declared_is_there_and_the_key_pair_works(tmp_path: Path) -> None:
    for _ in range(2):
        with running(tmp_path, DOCUMENT) as world:
            iam = world.boto3("iam")
            role = iam.get_role(RoleName="worker")["Role"]
            assert role["Tags"] == [{"Key": "team", "Value": "blue"}]
            assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == OWN
            assert attached(world) == sorted([OWN, BASIC])
            assert [one["VersionId"] for one in iam.list_policy_versions(PolicyArn=OWN)["Versions"]] == ["v1"]
            assert signed(world, "sts").get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/dev"
            signed(world, "cognito-idp").list_user_pools(MaxResults=1)
            refused = refusal(signed(world, "cognito-idp").create_user_pool, PoolName="no")
            assert refused[0] == "AccessDeniedException"


def test_what_changes_in_the_file_changes_at_the_next_start(tmp_path: Path) -> None:
    with running(tmp_path, DOCUMENT):
        pass
    changed = copy.deepcopy(DOCUMENT)
    changed["managed_policy"][0] |= {"document": allow("s3:GetObject"), "tags": {"c": "d"}}
    changed["role"][0] |= {"managed_policies": [BASIC], "tags": {"team": "red"}}
    changed["iam_user"][0] |= {"policies": {}, "access_key": [{**KEY, "secret": "another-secret-altogether"}]}
    with running(tmp_path, changed) as world:
        iam = world.boto3("iam")
        policy = iam.get_policy(PolicyArn=OWN)["Policy"]
        assert (policy["DefaultVersionId"], policy["Tags"]) == ("v2", [{"Key": "c", "Value": "d"}])
        assert attached(world) == [BASIC]
        assert iam.list_role_tags(RoleName="worker")["Tags"] == [{"Key": "team", "Value": "red"}]
        assert iam.list_user_policies(UserName="dev")["PolicyNames"] == []
        assert refusal(signed(world, "sts").get_caller_identity)[0] == "SignatureDoesNotMatch"
        signed(world, "sts", {**KEY, "secret": "another-secret-altogether"}).get_caller_identity()


def test_the_oldest_version_makes_room_for_the_file_s(tmp_path: Path) -> None:
    for number in range(7):
        changed = copy.deepcopy(DOCUMENT)
        changed["managed_policy"][0]["document"] = allow(f"s3:Get{number}")
        with running(tmp_path, changed) as world:
            versions = world.boto3("iam").list_policy_versions(PolicyArn=OWN)["Versions"]
    assert [one["VersionId"] for one in versions] == ["v7", "v6", "v5", "v4", "v3"]
    assert versions[0]["IsDefaultVersion"]


def test_what_the_api_made_beside_stays(tmp_path: Path) -> None:
    without = copy.deepcopy(DOCUMENT)
    for table in (without["role"][0], without["iam_user"][0]):
        table.pop("managed_policies")
        table.pop("tags")
    with running(tmp_path, without) as world:
        iam = world.boto3("iam")
        iam.attach_role_policy(RoleName="worker", PolicyArn=BASIC)
        iam.tag_role(RoleName="worker", Tags=[{"Key": "by", "Value": "hand"}])
        made = iam.create_access_key(UserName="dev")["AccessKey"]["AccessKeyId"]
    with running(tmp_path, without) as world:
        assert attached(world) == [BASIC]
        assert world.boto3("iam").list_role_tags(RoleName="worker")["Tags"] == [{"Key": "by", "Value": "hand"}]
        keys = world.boto3("iam").list_access_keys(UserName="dev")["AccessKeyMetadata"]
        assert {one["AccessKeyId"] for one in keys} == {made, KEY["id"]}


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("role", {"managed_policies": ["nowhere"]}, "[[role]] worker: managed_policies: there is no managed policy"),
        ("role", {"permissions_boundary": "nowhere"}, "permissions_boundary: there is no managed policy 'nowhere'"),
        ("iam_user", {"managed_policies": ["arn:aws:iam::aws:policy/No"]}, "[[iam_user]] dev: managed_policies"),
        ("iam_user", {"access_key": [{"id": "short", "secret": KEY["secret"]}]}, "id must be AKIA"),
        ("iam_user", {"access_key": [{"id": KEY["id"], "secret": "short"}]}, "secret must have 16 to 128"),
        ("iam_user", {"access_key": [{"id": KEY["id"]}]}, "secret is missing"),
        ("managed_policy", {"document": {"Statement": []}}, "CreatePolicy own"),
    ],
)
def test_what_names_nothing_stops_the_start(tmp_path: Path, table: str, change: dict[str, Any], told: str) -> None:
    changed = copy.deepcopy(DOCUMENT)
    changed[table][0] |= change
    with pytest.raises(SeedRefused) as refused, running(tmp_path, changed):
        pass
    assert told in str(refused.value)


def test_a_key_of_another_user_is_refused(tmp_path: Path) -> None:
    changed = copy.deepcopy(DOCUMENT)
    changed["iam_user"].append({"name": "other", "access_key": [KEY]})
    with pytest.raises(SeedRefused, match="is of the user dev"), running(tmp_path, changed):
        pass


def test_the_root_s_key_is_nobody_else_s(tmp_path: Path) -> None:
    with pytest.raises(SeedRefused, match="is of the account's root"):
        running(tmp_path, DOCUMENT, root_access_key_id=KEY["id"], root_secret_access_key="r" * 40).__enter__()


def test_a_misspelt_key_is_offered_the_right_one() -> None:
    with pytest.raises(SeedRefused, match="did you mean managed_policies"):
        check({"iam_user": [{"name": "dev", "managed_policy": []}]})


def trusts(*principals: str) -> dict[str, Any]:
    arns = [f"arn:aws:iam::123456789012:{one}" for one in principals]
    return {**TRUST, "Statement": [{"Effect": "Allow", "Principal": {"AWS": arns}, "Action": "sts:AssumeRole"}]}


def test_roles_trust_users_and_one_another_in_any_order(tmp_path: Path) -> None:
    roles = [
        {"name": "first", "trust": trusts("role/second", "user/dev")},
        {"name": "second", "trust": trusts("role/first", "role/second")},
    ]
    for _ in range(2):
        with running(tmp_path, {**DOCUMENT, "role": [*DOCUMENT["role"], *roles]}) as world:
            iam = world.boto3("iam")
            shown = {role["RoleName"]: role["AssumeRolePolicyDocument"] for role in iam.list_roles()["Roles"]}
            assert [shown[role["name"]] for role in roles] == [role["trust"] for role in roles]
            sts = signed(world, "sts")
            sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/first", RoleSessionName="dev")


def test_a_role_that_trusts_nobody_there_is_refused(tmp_path: Path) -> None:
    document = {"role": [{"name": "first", "trust": trusts("user/nobody")}]}
    with pytest.raises(SeedRefused, match="Invalid principal in policy"), running(tmp_path, document):
        pass
    with running(tmp_path, {}) as world:
        left = world.boto3("iam").get_role(RoleName="first")["Role"]["AssumeRolePolicyDocument"]
    assert [statement["Effect"] for statement in left["Statement"]] == ["Deny"]
