"""IAM users and their access keys. What AWS answers was recorded by LocalStack's snapshot tests (February 2026)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asking import refusal, status
from federated import allow
from halfday.protocol.identifiers import account_of_key
from world import World

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def iam(world: World) -> Any:
    return world.boto3("iam")


def test_a_user_is_shown_as_created(iam: Any) -> None:
    tags = [{"Key": "team", "Value": "blue"}]
    made = iam.create_user(UserName="shown", Path="/devs/", Tags=tags, PermissionsBoundary=BASIC)["User"]
    assert made["Arn"] == "arn:aws:iam::123456789012:user/devs/shown"
    assert made["UserId"].startswith("AIDA")
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == BASIC
    assert iam.get_user(UserName="shown")["User"] == made
    listed = iam.list_users(PathPrefix="/devs/")["Users"]
    assert [one["UserName"] for one in listed] == ["shown"]
    assert {"Tags", "PermissionsBoundary"} & set(listed[0]) == set()
    iam.get_waiter("user_exists").wait(UserName="shown", WaiterConfig={"Delay": 0, "MaxAttempts": 1})


def test_a_name_is_taken_once_in_any_case(iam: Any) -> None:
    iam.create_user(UserName="taken")
    told = ("EntityAlreadyExists", "User with name Taken already exists.")
    assert refusal(iam.create_user, UserName="Taken") == told
    iam.create_user(UserName="renamed-onto")
    assert refusal(iam.update_user, UserName="renamed-onto", NewUserName="Taken") == told
    assert status(iam.create_user, UserName="taken") == 409


def test_without_a_name_it_is_the_root_who_asks(iam: Any) -> None:
    shown = iam.get_user()["User"]
    assert (shown["UserId"], shown["Arn"]) == ("123456789012", "arn:aws:iam::123456789012:root")
    assert refusal(iam.create_access_key)[0] == "NotImplementedException", "the root's keys are settings"


def test_a_renamed_user_keeps_id_keys_and_policies(iam: Any) -> None:
    before = iam.create_user(UserName="before")["User"]
    key = iam.create_access_key(UserName="before")["AccessKey"]
    iam.put_user_policy(UserName="before", PolicyName="p", PolicyDocument=json.dumps(allow("s3:*")))
    iam.update_user(UserName="before", NewUserName="after", NewPath="/new/")
    after = iam.get_user(UserName="after")["User"]
    assert (after["UserId"], after["Arn"]) == (before["UserId"], "arn:aws:iam::123456789012:user/new/after")
    keys = iam.list_access_keys(UserName="after")["AccessKeyMetadata"]
    assert [(one["AccessKeyId"], one["UserName"]) for one in keys] == [(key["AccessKeyId"], "after")]
    assert iam.list_user_policies(UserName="after")["PolicyNames"] == ["p"]
    assert refusal(iam.get_user, UserName="before") == ("NoSuchEntity", "The user with name before cannot be found.")
    iam.update_user(UserName="after", NewUserName="After")
    assert iam.get_user(UserName="After")["User"]["UserId"] == before["UserId"]


def test_a_user_goes_once_nothing_is_left(iam: Any) -> None:
    iam.create_user(UserName="going")
    iam.attach_user_policy(UserName="going", PolicyArn=BASIC)
    iam.put_user_policy(UserName="going", PolicyName="p", PolicyDocument=json.dumps(allow("s3:*")))
    key = iam.create_access_key(UserName="going")["AccessKey"]["AccessKeyId"]
    told = ("DeleteConflict", "Cannot delete entity, must detach all policies first.")
    assert refusal(iam.delete_user, UserName="going") == told
    iam.detach_user_policy(UserName="going", PolicyArn=BASIC)
    told = ("DeleteConflict", "Cannot delete entity, must delete policies first.")
    assert refusal(iam.delete_user, UserName="going") == told
    iam.delete_user_policy(UserName="going", PolicyName="p")
    told = ("DeleteConflict", "Cannot delete entity, must delete access keys first.")
    assert refusal(iam.delete_user, UserName="going") == told
    iam.delete_access_key(UserName="going", AccessKeyId=key)
    assert iam.list_groups_for_user(UserName="going")["Groups"] == []
    iam.delete_user(UserName="going")
    gone = ("NoSuchEntity", "The user with name going cannot be found.")
    asked = (iam.get_user, iam.delete_user, iam.list_user_tags, iam.list_access_keys, iam.create_access_key)
    assert {refusal(ask, UserName="going") for ask in asked} == {gone}


def test_policies_of_a_user(iam: Any) -> None:
    iam.create_user(UserName="policed")
    iam.put_user_policy(UserName="policed", PolicyName="p", PolicyDocument=json.dumps(allow("s3:*")))
    assert iam.get_user_policy(UserName="policed", PolicyName="p")["PolicyDocument"] == allow("s3:*")
    told = ("NoSuchEntity", "The user policy with name q cannot be found.")
    assert refusal(iam.get_user_policy, UserName="policed", PolicyName="q") == told
    long = json.dumps(allow(*(f"s3:Get{n}" for n in range(300))))
    told = ("LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user policed")
    assert refusal(iam.put_user_policy, UserName="policed", PolicyName="long", PolicyDocument=long) == told
    iam.attach_user_policy(UserName="policed", PolicyArn=BASIC)
    listed = iam.list_attached_user_policies(UserName="policed")["AttachedPolicies"]
    assert listed == [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC}]
    iam.put_user_permissions_boundary(UserName="policed", PermissionsBoundary=BASIC)
    assert iam.get_policy(PolicyArn=BASIC)["Policy"]["PermissionsBoundaryUsageCount"] >= 1


def test_keys_of_a_user_s_tags_are_not_distinguished_by_case(iam: Any) -> None:
    iam.create_user(UserName="tagged", Tags=[{"Key": "Team", "Value": "blue"}])
    iam.tag_user(UserName="tagged", Tags=[{"Key": "team", "Value": "red"}])
    assert iam.list_user_tags(UserName="tagged")["Tags"] == [{"Key": "team", "Value": "red"}]
    iam.untag_user(UserName="tagged", TagKeys=["TEAM"])
    assert "Tags" not in iam.get_user(UserName="tagged")["User"]


def test_a_key_pair_is_rotated(iam: Any) -> None:
    iam.create_user(UserName="rotated")
    first = iam.create_access_key(UserName="rotated")["AccessKey"]
    assert first["AccessKeyId"].startswith("AKIA")
    assert len(first["AccessKeyId"]) == 20
    assert account_of_key(first["AccessKeyId"]) == "123456789012"
    assert len(first["SecretAccessKey"]) == 40
    second = iam.create_access_key(UserName="rotated")["AccessKey"]
    told = ("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    assert refusal(iam.create_access_key, UserName="rotated") == told
    iam.update_access_key(UserName="rotated", AccessKeyId=first["AccessKeyId"], Status="Inactive")
    listed = iam.list_access_keys(UserName="rotated")["AccessKeyMetadata"]
    by_id = {one["AccessKeyId"]: one["Status"] for one in listed}
    assert by_id == {first["AccessKeyId"]: "Inactive", second["AccessKeyId"]: "Active"}
    assert all("SecretAccessKey" not in one for one in listed)
    iam.delete_access_key(UserName="rotated", AccessKeyId=first["AccessKeyId"])
    iam.create_access_key(UserName="rotated")


def test_a_key_belongs_to_its_user(iam: Any) -> None:
    for name in ("owner", "other"):
        iam.create_user(UserName=name)
    key = iam.create_access_key(UserName="owner")["AccessKey"]["AccessKeyId"]
    told = ("NoSuchEntity", f"The Access Key with id {key} cannot be found.")
    assert refusal(iam.delete_access_key, UserName="other", AccessKeyId=key) == told
    assert refusal(iam.update_access_key, UserName="other", AccessKeyId=key, Status="Inactive") == told


def test_a_key_that_was_never_used_says_so(iam: Any) -> None:
    iam.create_user(UserName="unused")
    key = iam.create_access_key(UserName="unused")["AccessKey"]["AccessKeyId"]
    shown = iam.get_access_key_last_used(AccessKeyId=key)
    assert (shown["UserName"], shown["AccessKeyLastUsed"]) == ("unused", {"Region": "N/A", "ServiceName": "N/A"})
    assert refusal(iam.get_access_key_last_used, AccessKeyId="AKIAIOSFODNN7EXAMPLE")[0] == "AccessDenied"


def test_an_account_has_no_alias(iam: Any) -> None:
    assert iam.list_account_aliases()["AccountAliases"] == []
