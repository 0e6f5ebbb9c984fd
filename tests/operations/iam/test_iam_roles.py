"""Roles: made, shown, listed, changed, tagged, deleted. LocalStack's snapshot tests recorded AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asking import refusal, status
from federated import allow, trust
from world import World

IDENTITY_POOL = "us-east-1:00000000-0000-0000-0000-000000000001"
TRUST = trust(IDENTITY_POOL)


@pytest.fixture
def iam(world: World) -> Any:
    return world.boto3("iam")


def create(iam: Any, name: str, **given: Any) -> dict[str, Any]:
    given = {"AssumeRolePolicyDocument": json.dumps(TRUST), **given}
    role: dict[str, Any] = iam.create_role(RoleName=name, **given)["Role"]
    return role


def test_a_role_is_shown_as_it_was_created(iam: Any) -> None:
    """The answer of CreateRole lacks what that of GetRole has."""
    made = create(iam, "shown", Path="/app/", Description="of an app", MaxSessionDuration=7200)
    assert made["Arn"] == "arn:aws:iam::123456789012:role/app/shown"
    assert made["RoleId"].startswith("AROA")
    assert made["AssumeRolePolicyDocument"] == TRUST
    assert {"Description", "MaxSessionDuration", "Tags", "RoleLastUsed"} & set(made) == set()
    shown = iam.get_role(RoleName="shown")["Role"]
    assert shown == {**made, "Description": "of an app", "MaxSessionDuration": 7200, "RoleLastUsed": {}}


def test_tags_and_boundary_come_back(iam: Any) -> None:
    boundary = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "Env", "Value": ""}]
    made = create(iam, "bounded", Tags=tags, PermissionsBoundary=boundary)
    assert made["Tags"] == tags
    told = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    assert made["PermissionsBoundary"] == told
    shown = iam.get_role(RoleName="bounded")["Role"]
    assert shown["PermissionsBoundary"] == told
    assert shown["Tags"] == [tags[1], tags[0]], "in the order of their keys"
    listed = next(role for role in iam.list_roles()["Roles"] if role["RoleName"] == "bounded")
    assert {"Tags", "PermissionsBoundary", "RoleLastUsed"} & set(listed) == set()
    iam.delete_role_permissions_boundary(RoleName="bounded")
    assert "PermissionsBoundary" not in iam.get_role(RoleName="bounded")["Role"]
    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=boundary)
    assert iam.get_role(RoleName="bounded")["Role"]["PermissionsBoundary"] == told


def test_a_boundary_is_a_policy_that_is_there(iam: Any) -> None:
    nowhere = "arn:aws:iam::123456789012:policy/nowhere"
    told = ("NoSuchEntity", f"Scope ARN: {nowhere} does not exist or is not attachable.")
    assert refusal(create, iam=iam, name="unbounded", PermissionsBoundary=nowhere) == told
    create(iam, "unbounded")
    put = iam.put_role_permissions_boundary
    assert refusal(put, RoleName="unbounded", PermissionsBoundary=nowhere) == told
    other = "arn:aws:iam::123456789012:not_a_policy/invalid"
    assert refusal(put, RoleName="unbounded", PermissionsBoundary=other) == (
        "InvalidInput",
        f"ARN {other} is not valid.",
    )


def test_a_name_is_taken_once(iam: Any) -> None:
    create(iam, "taken")
    assert refusal(create, iam=iam, name="taken") == ("EntityAlreadyExists", "Role with name taken already exists.")
    assert status(create, iam=iam, name="taken") == 409
    told = ("EntityAlreadyExists", "Role with name Taken already exists.")
    assert refusal(create, iam=iam, name="Taken") == told, "API reference, CreateRole: case does not distinguish names"


def test_a_policy_is_put_replaced_and_read_back(iam: Any) -> None:
    create(iam, "policed")
    for document in (allow("s3:GetObject"), allow("s3:PutObject")):
        iam.put_role_policy(RoleName="policed", PolicyName="p", PolicyDocument=json.dumps(document))
        shown = iam.get_role_policy(RoleName="policed", PolicyName="p")
        assert shown["PolicyDocument"] == document


def test_what_is_unknown_cannot_be_found(iam: Any) -> None:
    sentence = "The role with name nobody cannot be found."
    assert refusal(iam.get_role, RoleName="nobody") == ("NoSuchEntity", sentence)
    assert status(iam.get_role, RoleName="nobody") == 404
    given = {"RoleName": "nobody", "PolicyName": "p"}
    assert refusal(iam.put_role_policy, **given, PolicyDocument=json.dumps(allow("s3:*")))[0] == "NoSuchEntity"
    create(iam, "without")
    refused = refusal(iam.get_role_policy, RoleName="without", PolicyName="p")
    assert refused == ("NoSuchEntity", "The role policy with name p cannot be found.")


@pytest.mark.parametrize("document", ["{", "[]", json.dumps({"Version": "2012-10-17"}), json.dumps(allow("s3:*"))])
def test_a_trust_policy_that_is_none_is_malformed(iam: Any, document: str) -> None:
    refused = refusal(create, iam=iam, name="malformed", AssumeRolePolicyDocument=document)
    assert refused[0] == "MalformedPolicyDocument"
    assert refusal(iam.get_role, RoleName="malformed")[0] == "NoSuchEntity"
    if document == "{":
        assert refused[1] == "This policy contains invalid Json"


def test_a_permission_policy_that_is_none_is_malformed(iam: Any) -> None:
    create(iam, "kept")
    given = {"RoleName": "kept", "PolicyName": "p"}
    for document in ("{", json.dumps(TRUST)):
        assert refusal(iam.put_role_policy, **given, PolicyDocument=document)[0] == "MalformedPolicyDocument"


def test_what_iam_would_not_keep_is_malformed_in_its_words(iam: Any) -> None:
    """Source: github.com/badmintoncryer/cdk-preflight, rules/iam, measured on AWS."""
    anybody = {**TRUST["Statement"][0], "Condition": {}}
    document = json.dumps({**TRUST, "Statement": [anybody]})
    told = ("MalformedPolicyDocument", "A condition block must be present for the Cognito provider")
    assert refusal(create, iam=iam, name="anybody", AssumeRolePolicyDocument=document) == told
    create(iam, "ruled")
    given = {"RoleName": "ruled", "PolicyName": "p", "PolicyDocument": json.dumps(allow("*:GetObject"))}
    told = ("MalformedPolicyDocument", "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.")
    assert refusal(iam.put_role_policy, **given) == told


def test_no_role_stands_among_those_of_services(iam: Any) -> None:
    """Source: github.com/badmintoncryer/cdk-preflight, rules/iam, measured on AWS."""
    told = ("InvalidInput", "Paths beginning with '/aws-service-role' are reserved for AWS Service Linked Roles")
    assert refusal(create, iam=iam, name="linked", Path="/aws-service-role/x/") == told


LONG = {
    "actions": {"Effect": "Allow", "Action": ["s3:Get*"] * 10_000, "Resource": "*"},
    "conditions": {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringLike": {f"aws:k{n}": "*a*b*" for n in range(3_000)}},
    },
    "escapes": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::" + "\u00e9" * 2_000},
}


@pytest.mark.parametrize("what", LONG)
def test_nothing_is_read_of_a_policy_that_is_too_long(iam: Any, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Its length is told first: to read 10,000 actions took 300 ms."""
    create(iam, f"long-{what}")
    text = json.dumps({"Version": "2012-10-17", "Statement": LONG[what]})
    read: list[str] = []
    monkeypatch.setattr("halfday.server.operations.aws.iam.documents.check_policy", lambda text, **_: read.append(text))
    put = refusal(iam.put_role_policy, RoleName=f"long-{what}", PolicyName="p", PolicyDocument=text)
    made = refusal(iam.create_role, RoleName=f"new-{what}", AssumeRolePolicyDocument=text)
    assert (put[0], made[0], read) == ("LimitExceeded", "LimitExceeded", [])


def test_white_space_of_a_policy_is_not_counted(iam: Any) -> None:
    create(iam, "spaced")
    text = json.dumps(allow("s3:*"), indent=600)
    assert len(text) > 10_240
    iam.put_role_policy(RoleName="spaced", PolicyName="p", PolicyDocument=text)


def test_what_is_updated_changes_and_the_rest_stays(iam: Any) -> None:
    create(iam, "updated", Description="before")
    iam.update_role(RoleName="updated", MaxSessionDuration=7200)
    iam.update_role(RoleName="updated")
    shown = iam.get_role(RoleName="updated")["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("before", 7200)
    answer = iam.update_role_description(RoleName="updated", Description="after")["Role"]
    assert (answer["Description"], "MaxSessionDuration" in answer) == ("after", False)
    other = trust("us-east-1:00000000-0000-0000-0000-000000000002")
    iam.update_assume_role_policy(RoleName="updated", PolicyDocument=json.dumps(other))
    shown = iam.get_role(RoleName="updated")["Role"]
    assert (shown["Description"], shown["AssumeRolePolicyDocument"]) == ("after", other)
    refused = refusal(iam.update_assume_role_policy, RoleName="updated", PolicyDocument=json.dumps(allow("s3:*")))
    assert refused[0] == "MalformedPolicyDocument"


def test_keys_of_a_role_s_tags_are_not_distinguished_by_case(iam: Any) -> None:
    """Seen on AWS: aws/aws-cdk#26253."""
    create(iam, "tagged")
    iam.tag_role(RoleName="tagged", Tags=[{"Key": "Test", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.tag_role(RoleName="tagged", Tags=[{"Key": "test", "Value": "3"}])
    tags = iam.list_role_tags(RoleName="tagged")
    assert tags["Tags"] == [{"Key": "b", "Value": "2"}, {"Key": "test", "Value": "3"}]
    twice = [{"Key": "a", "Value": ""}, {"Key": "A", "Value": ""}]
    told = ("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    assert refusal(iam.tag_role, RoleName="tagged", Tags=twice) == told
    assert refusal(create, iam=iam, name="twice", Tags=twice) == told
    iam.untag_role(RoleName="tagged", TagKeys=["TEST", "never"])
    assert iam.list_role_tags(RoleName="tagged")["Tags"] == [{"Key": "b", "Value": "2"}]


def test_nothing_has_more_than_fifty_tags(iam: Any) -> None:
    create(iam, "full", Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
    iam.tag_role(RoleName="full", Tags=[{"Key": "K1", "Value": "again"}])
    told = ("LimitExceeded", "The number of tags has reached the maximum limit.")
    assert refusal(iam.tag_role, RoleName="full", Tags=[{"Key": "more", "Value": ""}]) == told
    page = iam.list_role_tags(RoleName="full", MaxItems=30)
    assert (len(page["Tags"]), page["IsTruncated"]) == (30, True)
    rest = iam.list_role_tags(RoleName="full", MaxItems=30, Marker=page["Marker"])
    assert (len(rest["Tags"]), rest["IsTruncated"], "Marker" in rest) == (20, False, False)
    assert len({tag["Key"] for tag in page["Tags"] + rest["Tags"]}) == 50


def test_a_role_goes_once_it_has_no_policies(iam: Any) -> None:
    create(iam, "going")
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName="going", PolicyArn=arn)
    iam.put_role_policy(RoleName="going", PolicyName="p", PolicyDocument=json.dumps(allow("s3:*")))
    told = ("DeleteConflict", "Cannot delete entity, must detach all policies first.")
    assert refusal(iam.delete_role, RoleName="going") == told
    assert status(iam.delete_role, RoleName="going") == 409
    iam.detach_role_policy(RoleName="going", PolicyArn=arn)
    told = ("DeleteConflict", "Cannot delete entity, must delete policies first.")
    assert refusal(iam.delete_role, RoleName="going") == told
    iam.delete_role_policy(RoleName="going", PolicyName="p")
    assert iam.list_instance_profiles_for_role(RoleName="going")["InstanceProfiles"] == []
    iam.delete_role(RoleName="going")
    gone = ("NoSuchEntity", "The role with name going cannot be found.")
    asked = (iam.get_role, iam.delete_role, iam.list_role_policies, iam.list_attached_role_policies, iam.list_role_tags)
    assert {refusal(ask, RoleName="going") for ask in asked} == {gone}


def test_a_new_role_of_the_name_is_another(iam: Any) -> None:
    before = create(iam, "again")["RoleId"]
    iam.delete_role(RoleName="again")
    assert create(iam, "again")["RoleId"] != before


def test_roles_are_listed_by_path_and_in_pages(iam: Any) -> None:
    for number in range(5):
        create(iam, f"paged-{number}", Path="/paged/")
    create(iam, "paged-elsewhere")
    pages = [*iam.get_paginator("list_roles").paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 2})]
    assert [len(page["Roles"]) for page in pages] == [2, 2, 1]
    assert [role["RoleName"] for page in pages for role in page["Roles"]] == [f"paged-{n}" for n in range(5)]
    assert iam.list_roles(PathPrefix="/nowhere/")["Roles"] == []
    assert refusal(iam.list_roles, Marker="made up")[0] == "ValidationError"


def test_a_deletion_between_two_pages_moves_nothing(iam: Any) -> None:
    for number in range(4):
        create(iam, f"moving-{number}", Path="/moving/")
    page = iam.list_roles(PathPrefix="/moving/", MaxItems=2)
    iam.delete_role(RoleName="moving-0")
    iam.delete_role(RoleName="moving-1")
    rest = iam.list_roles(PathPrefix="/moving/", Marker=page["Marker"])
    assert [role["RoleName"] for role in rest["Roles"]] == ["moving-2", "moving-3"]


def test_boto3_s_waiter_finds_a_role_at_once(iam: Any) -> None:
    create(iam, "waited")
    iam.get_waiter("role_exists").wait(RoleName="waited", WaiterConfig={"Delay": 0, "MaxAttempts": 1})


def test_roles_of_services_are_not_made_here_and_the_refusal_says_so(iam: Any) -> None:
    refused = refusal(iam.create_service_linked_role, AWSServiceName="email.cognito-idp.amazonaws.com")
    assert refused[0] == "NotImplementedException"
    assert "CreateServiceLinkedRole" in refused[1]
