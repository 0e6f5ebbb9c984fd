"""What a role may do: inline policies, attached managed policies."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from asking import refusal
from federated import allow, trust
from world import World

TRUST = json.dumps(trust("us-east-1:00000000-0000-0000-0000-000000000001"))
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def iam(world: World) -> Any:
    return world.boto3("iam")


def test_inline_policies_are_listed_and_deleted(iam: Any) -> None:
    iam.create_role(RoleName="inline", AssumeRolePolicyDocument=TRUST)
    for name in ("b", "a", "c"):
        iam.put_role_policy(RoleName="inline", PolicyName=name, PolicyDocument=json.dumps(allow("s3:Get*")))
    page = iam.list_role_policies(RoleName="inline", MaxItems=2)
    assert (page["PolicyNames"], page["IsTruncated"]) == (["a", "b"], True)
    assert iam.list_role_policies(RoleName="inline", Marker=page["Marker"])["PolicyNames"] == ["c"]
    iam.delete_role_policy(RoleName="inline", PolicyName="a")
    told = ("NoSuchEntity", "The role policy with name a cannot be found.")
    assert refusal(iam.delete_role_policy, RoleName="inline", PolicyName="a") == told


def test_a_policy_is_answered_percent_encoded(iam: Any) -> None:
    """RFC 3986: boto3 decodes it, others do it themselves."""
    seen: list[str] = []
    iam.create_role(RoleName="encoded", AssumeRolePolicyDocument=TRUST)
    document = allow("s3:GetObject", resource="arn:aws:s3:::b/a b/*")
    iam.put_role_policy(RoleName="encoded", PolicyName="p", PolicyDocument=json.dumps(document))
    iam.meta.events.register("after-call.iam.GetRolePolicy", lambda http_response, **_: seen.append(http_response.text))
    try:
        shown = iam.get_role_policy(RoleName="encoded", PolicyName="p")
    finally:
        iam.meta.events.unregister("after-call.iam.GetRolePolicy")
    assert shown["PolicyDocument"] == document
    written = seen[0].partition("<PolicyDocument>")[2].partition("<")[0]
    assert written.startswith("%7B%22Version%22%3A")
    assert not {"/", "+", " ", "*", '"'} & set(written)


def test_managed_policies_are_attached_and_detached(iam: Any) -> None:
    iam.create_role(RoleName="attached", AssumeRolePolicyDocument=TRUST)
    own = iam.create_policy(PolicyName="attached-own", Path="/own/", PolicyDocument=json.dumps(allow("s3:*")))["Policy"]
    for arn in (BASIC, own["Arn"], BASIC):
        iam.attach_role_policy(RoleName="attached", PolicyArn=arn)
    listed = iam.list_attached_role_policies(RoleName="attached")
    assert listed["AttachedPolicies"] == [
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC},
        {"PolicyName": "attached-own", "PolicyArn": own["Arn"]},
    ], "once each"
    by_path = iam.list_attached_role_policies(RoleName="attached", PathPrefix="/own/")["AttachedPolicies"]
    assert [one["PolicyArn"] for one in by_path] == [own["Arn"]]
    iam.detach_role_policy(RoleName="attached", PolicyArn=own["Arn"])
    told = ("NoSuchEntity", f"Policy {own['Arn']} was not found.")
    assert refusal(iam.detach_role_policy, RoleName="attached", PolicyArn=own["Arn"]) == told


def test_what_is_attached_is_a_policy_that_is_there(iam: Any) -> None:
    iam.create_role(RoleName="unattached", AssumeRolePolicyDocument=TRUST)
    for arn in ("arn:aws:iam::123456789012:policy/nowhere", "arn:aws:iam::aws:policy/AmazonNowhereFullAccess"):
        told = ("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
        assert refusal(iam.attach_role_policy, RoleName="unattached", PolicyArn=arn) == told
    told = ("ValidationError", "ARN arn:aws:iam::123456789012:role/r is not valid.")
    assert refusal(iam.attach_role_policy, RoleName="unattached", PolicyArn="arn:aws:iam::123456789012:role/r") == told
    told = ("ValidationError", "Invalid ARN:  Could not be parsed!")
    assert refusal(iam.attach_role_policy, RoleName="unattached", PolicyArn="longpolicynamebutnoarn") == told
    linked = "arn:aws:iam::aws:policy/aws-service-role/AmazonCognitoIdpEmailServiceRolePolicy"
    refused = refusal(iam.attach_role_policy, RoleName="unattached", PolicyArn=linked)
    assert refused == ("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.")


def test_that_one_of_aws_s_policies_is_not_known_here_stands_in_the_log(
    iam: Any, caplog: pytest.LogCaptureFixture
) -> None:
    iam.create_role(RoleName="logged", AssumeRolePolicyDocument=TRUST)
    caplog.set_level(logging.DEBUG, "halfday")
    refusal(iam.attach_role_policy, RoleName="logged", PolicyArn="arn:aws:iam::aws:policy/AmazonNowhereFullAccess")
    assert "managed policies are known here as of August 2026" in caplog.text


def test_ten_policies_may_be_attached(iam: Any) -> None:
    iam.create_role(RoleName="ten", AssumeRolePolicyDocument=TRUST)
    arns = [one["Arn"] for one in iam.list_policies(Scope="AWS", MaxItems=50)["Policies"] if one["IsAttachable"]]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName="ten", PolicyArn=arn)
    told = ("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10")
    assert refusal(iam.attach_role_policy, RoleName="ten", PolicyArn=arns[10]) == told
    iam.attach_role_policy(RoleName="ten", PolicyArn=arns[0])
