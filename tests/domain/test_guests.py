"""What guests may ever do in the enhanced flow. Source: AWS managed policy reference; facts/identity.md §8."""

from __future__ import annotations

import pytest

from halfday.server.domain.aws.guests import GUEST_SESSION_POLICIES
from halfday.server.domain.aws.policies import AccessRequest, Kind, evaluate, parse_policy

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.mark.parametrize(
    ("action", "may"),
    [
        ("s3:GetObject", True),
        ("dynamodb:Query", True),
        ("lambda:InvokeFunction", True),
        ("sagemaker:InvokeEndpoint", True),
        ("sagemaker:CreateModel", False),
        ("rum:PutRumEvents", True),
        ("geo:GetMapTile", True),
        ("geo:SearchPlaceIndexForText", True),
        ("geo:CreateMap", False),
        ("kms:Decrypt", True),
        ("kms:CreateKey", False),
        ("textract:AnalyzeDocument", True),
        ("iam:GetRole", False),
        ("sts:AssumeRole", False),
        ("secretsmanager:GetSecretValue", False),
        ("evidently:EvaluateFeature", False),
    ],
)
def test_a_role_that_allows_everything_is_cut_down(action: str, may: bool) -> None:
    role = parse_policy(EVERYTHING, name="everything")
    limits = [parse_policy(one, name="session", kind=Kind.SESSION) for one in GUEST_SESSION_POLICIES]
    decision = evaluate([role], AccessRequest(action, "*"), session_policies=limits)
    assert decision.allowed == may
    if not may:
        assert decision.because == f"because no session policy allows the {action} action"
