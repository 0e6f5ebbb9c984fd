"""IAM, as far as roles need it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asking import not_honoured, refusal, status
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
    made = create(iam, "shown", Path="/app/", Description="of an app", MaxSessionDuration=7200)
    assert made["Arn"] == "arn:aws:iam::123456789012:role/app/shown"
    assert made["RoleId"].startswith("AROA")
    assert made["AssumeRolePolicyDocument"] == TRUST
    shown = iam.get_role(RoleName="shown")["Role"]
    assert shown == made
    assert (shown["Path"], shown["Description"], shown["MaxSessionDuration"]) == ("/app/", "of an app", 7200)


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


def test_a_permission_policy_that_is_none_is_malformed(iam: Any) -> None:
    create(iam, "kept")
    given = {"RoleName": "kept", "PolicyName": "p"}
    for document in ("{", json.dumps(TRUST)):
        assert refusal(iam.put_role_policy, **given, PolicyDocument=document)[0] == "MalformedPolicyDocument"


def test_what_is_not_honoured_is_refused_by_name(iam: Any) -> None:
    given = {"iam": iam, "name": "tagged", "Tags": [{"Key": "a", "Value": "b"}]}
    assert refusal(create, **given) == not_honoured("Tags", "CreateRole")
    assert status(create, **given) == 501


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
