"""Managed policies and their versions. What AWS answers was recorded by LocalStack's snapshot tests (February 2026)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asking import refusal, status
from federated import allow, trust
from world import World

TRUST = json.dumps(trust("us-east-1:00000000-0000-0000-0000-000000000001"))
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
READ = json.dumps(allow("s3:GetObject"))
WRITE = json.dumps(allow("s3:PutObject"))


@pytest.fixture
def iam(world: World) -> Any:
    return world.boto3("iam")


def make(iam: Any, name: str, **given: Any) -> str:
    arn: str = iam.create_policy(PolicyName=name, **{"PolicyDocument": READ, **given})["Policy"]["Arn"]
    return arn


def test_a_policy_is_shown_as_it_was_created(iam: Any) -> None:
    tags = [{"Key": "b", "Value": "1"}, {"Key": "A", "Value": "2"}, {"Key": "a", "Value": "3"}]
    given = {"PolicyName": "shown", "Path": "/app/", "Description": "of an app", "Tags": tags}
    made = iam.create_policy(**given, PolicyDocument=READ)["Policy"]
    assert made["Arn"] == "arn:aws:iam::123456789012:policy/app/shown"
    assert made["PolicyId"].startswith("ANPA")
    assert (made["DefaultVersionId"], made["IsAttachable"], made["AttachmentCount"]) == ("v1", True, 0)
    assert (made["Tags"], "Description" in made) == (tags, False)
    shown = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    assert shown == {**made, "Description": "of an app", "Tags": [tags[1], tags[2], tags[0]]}
    listed = [one for one in iam.list_policies(Scope="Local")["Policies"] if one["PolicyName"] == "shown"]
    assert {"Tags", "Description"} & set(listed[0]) == set()
    iam.get_waiter("policy_exists").wait(PolicyArn=made["Arn"], WaiterConfig={"Delay": 0, "MaxAttempts": 1})


def test_a_name_is_taken_once_in_any_case_and_under_any_path(iam: Any) -> None:
    make(iam, "taken")
    for name, path in (("taken", "/"), ("Taken", "/other/")):
        told = ("EntityAlreadyExists", f"A policy called {name} already exists. Duplicate names are not allowed.")
        assert refusal(make, iam=iam, name=name, Path=path) == told
    assert status(make, iam=iam, name="taken") == 409


def test_what_is_not_there_is_not_found(iam: Any) -> None:
    make(iam, "under-a-path", Path="/there/")
    for arn in ("arn:aws:iam::123456789012:policy/nowhere", "arn:aws:iam::123456789012:policy/under-a-path"):
        told = ("NoSuchEntity", f"Policy {arn} was not found.")
        for ask in (iam.get_policy, iam.delete_policy, iam.list_policy_versions, iam.list_policy_tags):
            assert refusal(ask, PolicyArn=arn) == told
        told = ("NoSuchEntity", f"Policy {arn} version v1 does not exist or is not attachable.")
        for ask in (iam.get_policy_version, iam.delete_policy_version, iam.set_default_policy_version):
            assert refusal(ask, PolicyArn=arn, VersionId="v1") == told


def test_versions_come_and_go_and_one_is_the_default(iam: Any) -> None:
    arn = make(iam, "versioned")
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE)["PolicyVersion"]
    assert (made["VersionId"], made["IsDefaultVersion"], "Document" in made) == ("v2", False, False)
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE, SetAsDefault=True)["PolicyVersion"]
    assert (made["VersionId"], made["IsDefaultVersion"]) == ("v3", True)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v3"
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [(one["VersionId"], one["IsDefaultVersion"]) for one in listed] == [
        ("v3", True),
        ("v2", False),
        ("v1", False),
    ]
    shown = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert (shown["Document"], shown["IsDefaultVersion"]) == (json.loads(READ), False)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    told = ("DeleteConflict", "Cannot delete the default version of a policy.")
    assert refusal(iam.delete_policy_version, PolicyArn=arn, VersionId="v1") == told
    iam.delete_policy_version(PolicyArn=arn, VersionId="v3")
    told = ("NoSuchEntity", f"Policy {arn} version v3 does not exist or is not attachable.")
    assert refusal(iam.delete_policy_version, PolicyArn=arn, VersionId="v3") == told
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE)["PolicyVersion"]
    assert made["VersionId"] == "v4", "a number is not given again"


def test_five_versions_may_be_there(iam: Any) -> None:
    arn = make(iam, "five")
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=WRITE)
    sentence = (
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
        "version."
    )
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=WRITE) == ("LimitExceeded", sentence)
    page = iam.list_policy_versions(PolicyArn=arn, MaxItems=3)
    rest = iam.list_policy_versions(PolicyArn=arn, Marker=page["Marker"])
    assert [one["VersionId"] for one in page["Versions"] + rest["Versions"]] == ["v5", "v4", "v3", "v2", "v1"]
    refused = refusal(iam.delete_policy, PolicyArn=arn)
    assert (refused[0], refused[1][:44]) == ("DeleteConflict", "This policy has more than one version. Befor")
    for number in range(2, 6):
        iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{number}")
    iam.delete_policy(PolicyArn=arn)
    assert make(iam, "five") == arn, "the name is free"
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) == 1


def test_uses_are_counted_and_hold_the_policy(iam: Any) -> None:
    arn = make(iam, "used")
    for name in ("using-a", "using-b"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.create_user(UserName="using-c", PermissionsBoundary=arn)
    shown = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (shown["AttachmentCount"], shown["PermissionsBoundaryUsageCount"]) == (2, 1)
    told = ("DeleteConflict", "Cannot delete a policy attached to entities.")
    assert refusal(iam.delete_policy, PolicyArn=arn) == told
    entities = iam.list_entities_for_policy(PolicyArn=arn)
    assert [one["RoleName"] for one in entities["PolicyRoles"]] == ["using-a", "using-b"]
    assert [one["UserName"] for one in entities["PolicyUsers"]] == ["using-c"]
    assert (entities["PolicyGroups"], entities["IsTruncated"]) == ([], False)
    assert iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="Role")["PolicyUsers"] == []
    bounding = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    assert (bounding["PolicyRoles"], len(bounding["PolicyUsers"])) == ([], 1)
    page = iam.list_entities_for_policy(PolicyArn=arn, MaxItems=2)
    assert page["IsTruncated"]
    rest = iam.list_entities_for_policy(PolicyArn=arn, Marker=page["Marker"])
    assert len(rest["PolicyUsers"]) == 1
    iam.delete_user_permissions_boundary(UserName="using-c")
    for name in ("using-a", "using-b"):
        iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


def test_a_policy_that_is_too_long_or_malformed_is_refused(iam: Any) -> None:
    long = json.dumps(allow(*(f"s3:Get{n}" for n in range(900))))
    told = ("LimitExceeded", "Cannot exceed quota for PolicySize: 6144")
    assert refusal(make, iam=iam, name="long", PolicyDocument=long) == told
    arn = make(iam, "kept")
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=long) == told
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=TRUST)[0] == "MalformedPolicyDocument"


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}])
def test_a_managed_policy_is_of_the_present_version_and_an_inline_one_need_not_be(
    iam: Any, version: dict[str, str]
) -> None:
    old = json.dumps({**version, "Statement": allow("s3:GetObject")["Statement"]})
    told = ("MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.")
    assert refusal(make, iam=iam, name="old", PolicyDocument=old) == told
    assert refusal(iam.create_policy_version, PolicyArn=make(iam, f"of-now-{len(version)}"), PolicyDocument=old) == told
    iam.create_user(UserName=f"inline-{len(version)}")
    iam.put_user_policy(UserName=f"inline-{len(version)}", PolicyName="old", PolicyDocument=old)


def test_tags_of_policies_are_distinguished_by_case(iam: Any) -> None:
    arn = make(iam, "tagged")
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    twice = [{"Key": "b", "Value": ""}, {"Key": "b", "Value": ""}]
    assert refusal(iam.tag_policy, PolicyArn=arn, Tags=twice) == ("InvalidInput", "Duplicate tag keys found.")
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "A", "Value": "2"}]


def test_aws_s_policies_have_their_real_documents(iam: Any) -> None:
    policy = iam.get_policy(PolicyArn=BASIC)["Policy"]
    assert (policy["Path"], policy["PolicyName"]) == ("/service-role/", "AWSLambdaBasicExecutionRole")
    assert policy["DefaultVersionId"] == "v1"
    version = iam.get_policy_version(PolicyArn=BASIC, VersionId="v1")["PolicyVersion"]
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    assert version["Document"]["Statement"] == [{"Action": actions, "Effect": "Allow", "Resource": "*"}]
    assert [one["VersionId"] for one in iam.list_policy_versions(PolicyArn=BASIC)["Versions"]] == ["v1"]
    assert refusal(iam.get_policy_version, PolicyArn=BASIC, VersionId="v9")[0] == "NoSuchEntity"


def test_nobody_changes_aws_s_policies(iam: Any) -> None:
    calls = (
        (iam.delete_policy, {}),
        (iam.create_policy_version, {"PolicyDocument": READ}),
        (iam.tag_policy, {"Tags": [{"Key": "a", "Value": ""}]}),
        (iam.untag_policy, {"TagKeys": ["a"]}),
        (iam.set_default_policy_version, {"VersionId": "v1"}),
        (iam.delete_policy_version, {"VersionId": "v1"}),
    )
    for call, given in calls:
        assert refusal(call, PolicyArn=BASIC, **given)[0] == "AccessDenied"


def test_policies_are_listed_by_whose_they_are_and_whether_they_are_used(iam: Any) -> None:
    arn = make(iam, "listed", Path="/listed/")
    iam.create_role(RoleName="listing", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="listing", PolicyArn=arn)
    local, aws, everything = (set(listed_arns(iam, Scope=scope)) for scope in ("Local", "AWS", "All"))
    assert arn in local
    assert BASIC in aws
    assert everything == local | aws
    assert local & aws == set()
    by_path = iam.list_policies(PathPrefix="/listed/", OnlyAttached=True, PolicyUsageFilter="PermissionsPolicy")
    assert [one["Arn"] for one in by_path["Policies"]] == [arn]
    assert iam.list_policies(PathPrefix="/listed/", PolicyUsageFilter="PermissionsBoundary")["Policies"] == []
    assert listed_arns(iam, page=7, PathPrefix="/service-role/") == listed_arns(iam, PathPrefix="/service-role/")
    assert len(aws) > 1500


def listed_arns(iam: Any, page: int = 1000, **given: Any) -> list[str]:
    pages = iam.get_paginator("list_policies").paginate(**given, PaginationConfig={"PageSize": page})
    return [one["Arn"] for found in pages for one in found["Policies"]]
