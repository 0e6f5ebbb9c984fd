"""What IAM would not keep is not kept. Source: github.com/badmintoncryer/cdk-preflight, rules/iam, measured on AWS."""

from __future__ import annotations

from typing import Any

import pytest

from halfday.server.domain.aws.policies import Kind, check_policy
from halfday.server.domain.refusals import Refused

COGNITO = "cognito-identity.amazonaws.com"
POOL = {"StringEquals": {f"{COGNITO}:aud": "us-east-1:pool"}}
TRUST = {
    "Effect": "Allow",
    "Principal": {"Federated": COGNITO},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": POOL,
}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
NO_POOL = "A condition block must be present for the Cognito provider"
NO_TRUST_ACTION = "AssumeRole policy may only specify STS AssumeRole actions."
WILD_VENDOR = "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards."
WILD_SERVICE = "Resource vendor must be fully qualified and cannot contain regexes."
NOT_OF_IAM = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, '
    "mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
)
LEGACY = "The policy failed legacy parsing"
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
SID = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    given = [{name: value for name, value in each.items() if value is not None} for each in statements]
    return {"Version": "2012-10-17", "Statement": given}


def refused(kind: Kind, *statements: dict[str, Any]) -> str:
    with pytest.raises(Refused) as caught:
        check_policy(policy(*statements), kind=kind)
    return str(caught.value)


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {},
        {"ForAnyValue:StringLike": {f"{COGNITO}:amr": "authenticated"}},
        {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
        {"StringEquals": {"accounts.google.com:aud": "us-east-1:pool"}},
        {"StringNotEquals": {f"{COGNITO}:aud": "us-east-1:pool"}},
        {"StringEqualsIfExists": {f"{COGNITO}:aud": "us-east-1:pool"}},
        {"Null": {f"{COGNITO}:aud": "false"}},
    ],
)
def test_no_role_lets_every_identity_pool_in(condition: dict[str, Any] | None) -> None:
    assert refused(Kind.TRUST, {**TRUST, "Condition": condition}) == NO_POOL
    assert refused(Kind.TRUST, TRUST, {**TRUST, "Condition": condition}) == NO_POOL


@pytest.mark.parametrize(
    "action",
    ["s3:GetObject", "*", "sts:*", "sts:AssumeRoot", "sts:GetCallerIdentity", "sts:GetSessionToken", "sts:assumerole"],
)
def test_a_trust_policy_allows_nothing_but_assuming(action: str) -> None:
    assert refused(Kind.TRUST, {**TRUST, "Action": action}) == NO_TRUST_ACTION
    assert refused(Kind.TRUST, {**TRUST, "Action": ["sts:AssumeRole", action]}) == NO_TRUST_ACTION
    assert refused(Kind.TRUST, {**TRUST, "Action": None, "NotAction": action}) == NO_TRUST_ACTION


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("AWS", "12345"),
        ("AWS", "ada"),
        ("AWS", "arn:aws:iam::123456789012:user/*"),
        ("AWS", "arn:aws:iam::123456789012:*"),
        ("AWS", "arn:aws:sts::123456789012:assumed-role/my-role"),
        ("AWS", "123456789012 "),
        ("Service", "*"),
        ("Service", "lambda"),
        ("Service", "lambda.example.com"),
        ("Federated", "*"),
        ("Federated", "cognito-idp.amazonaws.com"),
        ("Federated", "cognito-identity.example.com"),
        ("Federated", "cognito-identity.amazonaws.com.example.com"),
        ("Federated", "arn:aws:iam::123456789012:role/r"),
    ],
)
def test_a_principal_of_no_form_is_nobody(kind: str, value: str) -> None:
    sentence = f'Invalid principal in policy: "{kind.upper()}":"{value}"'
    assert refused(Kind.TRUST, {**TRUST, "Principal": {kind: value}}) == sentence
    assert refused(Kind.TRUST, {**TRUST, "Principal": {"Federated": COGNITO, kind: [value]}}) == sentence


@pytest.mark.parametrize("value", ["ada", "arn:aws:iam::123456789012:*"])
def test_whom_a_trust_policy_excepts_has_a_form_too(value: str) -> None:
    but = {"Effect": "Deny", "NotPrincipal": {"AWS": value}, "Action": "sts:AssumeRole"}
    assert refused(Kind.TRUST, but) == f'Invalid principal in policy: "AWS":"{value}"'
    fine = {**but, "NotPrincipal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:user/ada"]}}
    check_policy(policy(fine), kind=Kind.TRUST)


def test_a_trust_policy_needs_a_kind_of_principal() -> None:
    sentence = 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'
    assert refused(Kind.TRUST, {**TRUST, "Principal": "*"}) == sentence


@pytest.mark.parametrize(
    "statement",
    [
        TRUST,
        {**TRUST, "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]},
        {**TRUST, "Condition": {"StringLike": {f"{COGNITO.upper()}:aud": "us-east-1:*"}}},
        {**TRUST, "Sid": ""},
        {**TRUST, "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": None},
        {**TRUST, "Principal": {"AWS": ["123456789012", "1234-5678-9012"]}, "Action": "sts:SetSourceIdentity"},
        {**TRUST, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:SetContext"},
        {**TRUST, "Principal": {"AWS": "arn:aws:iam::123456789012:role/a/b"}, "Action": "sts:AssumeRole"},
        {**TRUST, "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole", "Condition": None},
        {**TRUST, "Principal": {"Federated": "accounts.google.com"}, "Condition": None},
        {**TRUST, "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/a.example"}, "Condition": None},
        {**TRUST, "Principal": {"Federated": "arn:aws:iam::123456789012:saml-provider/x"}},
        {**TRUST, "Principal": {"Federated": [COGNITO, "cognito-identity.us-gov-east-1.amazonaws.com"]}},
        {**TRUST, "Effect": "Deny", "Condition": None},
    ],
)
def test_what_iam_keeps_of_trust_is_kept(statement: dict[str, Any]) -> None:
    check_policy(policy(statement), kind=Kind.TRUST)


@pytest.mark.parametrize("member", ["Action", "NotAction"])
@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("s3:Get:Object", "Actions/Condition can contain only one colon."),
        ("*:GetObject", WILD_VENDOR),
        ("s3*:GetObject", WILD_VENDOR),
        ("s3?:Get", WILD_VENDOR),
        ("s 3:GetObject", "Vendor s 3 is not valid"),
        ("s3", NO_VENDOR),
        ("", NO_VENDOR),
        ("s3:Get Object", LEGACY),
    ],
)
def test_an_action_that_is_none_is_not_kept(member: str, action: str, sentence: str) -> None:
    statement = {**READ, "Action": None, member: ["s3:PutObject", action]}
    assert refused(Kind.IDENTITY, statement) == sentence
    assert refused(Kind.SESSION, statement) == sentence


@pytest.mark.parametrize("member", ["Resource", "NotResource"])
@pytest.mark.parametrize(
    ("arn", "sentence"),
    [
        ("arn:aws-cn:s3:::b", 'Partition "aws-cn" is not valid for resource "arn:aws-cn:s3:::b".'),
        ("arn::s3:::b", 'Partition "" is not valid for resource "arn::s3:::b".'),
        ("arn:AWS:s3:::b", 'Partition "AWS" is not valid for resource "arn:AWS:s3:::b".'),
        ("arn:aws:*:::b", WILD_SERVICE),
        ("arn:aws:s3*:::b", WILD_SERVICE),
        ("arn:aws::::b", LEGACY),
        ("arn:aws::b", LEGACY),
        ("arn:aws", WILD_SERVICE),
        ("b", 'Resource b must be in ARN format or "*".'),
        ("a:b:c", 'Partition "b" is not valid for resource "arn:b:c:*:*:*".'),
        ("aws:s3:::b", 'Partition "s3" is not valid for resource "arn:s3:::b:*".'),
        ("arn:aws:iam:::b", NOT_OF_IAM),
        ("arn:aws:iam::111122223333:roots", NOT_OF_IAM),
        ("arn:aws:iam::111122223333:b*", NOT_OF_IAM),
        ("arn:aws:*", WILD_SERVICE),
        ("arn:aws:s3:us-east-1", "Resource arn:aws:s3:us-east-1 can not contain region information."),
        ("arn:aws:s3::b", LEGACY),
        ("arn:aws:s3:*:111122223333", "Resource arn:aws:s3:*:111122223333 cannot contain an account id."),
        ("arn:aws:s3:us-east-1::b", "Resource arn:aws:s3:us-east-1::b can not contain region information."),
        ("arn:aws:s3::111122223333:b", "Resource arn:aws:s3::111122223333:b cannot contain an account id."),
        (
            "arn:aws:iam:us-east-1:111122223333:role/r",
            "IAM resource arn:aws:iam:us-east-1:111122223333:role/r cannot contain region information.",
        ),
        (
            "arn:aws:route53:us-east-1::hostedzone/z",
            "Resource arn:aws:route53:us-east-1::hostedzone/z can not contain region information.",
        ),
    ],
)
def test_a_resource_that_is_nowhere_is_not_kept(member: str, arn: str, sentence: str) -> None:
    assert refused(Kind.IDENTITY, {**READ, "Resource": None, member: arn}) == sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"Action": "*"},
        {"Action": ["s3:*", "s3:Get*", "S3:getobject"]},
        {"Resource": ["*", "arn:*:s3:::b", "arn:aws:s3:::b*"]},
        {"Resource": ["arn:aws:sqs", "arn:aws:sqs:us-east-1", "arn:aws:sqs:us-east-1:111122223333", "arn:aws:s3:"]},
        {
            "Resource": [
                f"arn:aws:iam::111122223333:{one}" for one in ("*", "role/r", "user*", "*/r", "${aws:username}", "root")
            ]
        },
        {"Resource": "arn:aws:s3:us-east-1:111122223333:accesspoint/ap"},
        {"Resource": "arn:aws:cloudfront:us-east-1:111122223333:distribution/d"},
        {"Resource": "arn:aws:dynamodb:us-east-1:111122223333:table/t"},
        {"Resource": f"arn:aws:s3:::b/${{{COGNITO}:sub}}/*"},
        {"Resource": None, "NotResource": "arn:aws:s3:::b"},
        {"Sid": "Abc123"},
    ],
)
def test_what_iam_keeps_of_permissions_is_kept(changes: dict[str, Any]) -> None:
    check_policy(policy({**READ, **changes}), kind=Kind.IDENTITY)


@pytest.mark.parametrize("kind", [Kind.IDENTITY, Kind.SESSION, Kind.TRUST])
def test_statements_are_named_once_and_by_letters_and_digits(kind: Kind) -> None:
    statement = TRUST if kind is Kind.TRUST else READ
    for sid in ("allow-s3-read", "allow s3 read", "ä"):
        assert refused(kind, {**statement, "Sid": sid}) == SID
    named = {**statement, "Sid": "Dup"}
    assert refused(kind, named, named) == "Statement IDs (SID) in a single policy must be unique."
    check_policy(policy({**statement, "Sid": ""}, {**statement, "Sid": ""}), kind=kind)


@pytest.mark.parametrize("name", [["a"], {}, 1, None])
def test_a_policys_id_is_a_text(name: object) -> None:
    with pytest.raises(Refused, match="Syntax errors in policy") as caught:
        check_policy({**policy(READ), "Id": name}, kind=Kind.IDENTITY)
    assert caught.value.detail == "Id must be a text", "which the log tells"
    check_policy({**policy(READ), "Id": "a"}, kind=Kind.IDENTITY)
