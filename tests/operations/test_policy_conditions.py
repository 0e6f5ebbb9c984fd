"""What conditions of a role's policies may ask of a call to this server, and what is said of what they may not."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from federated import Identities, identities
from halfday.server.flows.identity import unknown_keys
from world import World


@pytest.fixture
def people(world: World) -> Identities:
    return identities(world)


def api_with(people: Identities, condition: dict[str, Any], effect: str = "Allow") -> Any:
    """cognito-idp, as somebody whose role may list pools under this condition; or unless it holds."""
    statement = {"Effect": effect, "Action": "cognito-idp:ListUserPools", "Resource": "*", "Condition": condition}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    statements = [statement] if effect == "Allow" else [everything, statement]
    name = f"asked-{next(people.world.counter)}"
    people.set_roles(authenticated=people.role(name, {"Version": "2012-10-17", "Statement": statements}))
    return people.signed("cognito-idp", people.credentials(people.logins()))


@pytest.mark.parametrize(
    "condition",
    [
        {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
        {"Bool": {"aws:SecureTransport": "false"}},
        {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
        {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
        {"NumericGreaterThan": {"aws:EpochTime": "1577836800"}},
        {"StringLike": {"aws:UserAgent": "Boto3/*"}},
        {"StringEquals": {"aws:PrincipalType": "AssumedRole", "aws:PrincipalAccount": "123456789012"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/asked-*"}},
        {"DateGreaterThan": {"aws:TokenIssueTime": "2020-01-01T00:00:00Z"}},
        {"Null": {"aws:PrincipalOrgID": "true", "aws:CalledVia": "true"}},
        {"Bool": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}},
        {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}},
    ],
    ids=str,
)
def test_a_call_is_held_to_it(people: Identities, condition: dict[str, Any]) -> None:
    assert api_with(people, condition).list_user_pools(MaxResults=1)["UserPools"]
    code, _ = refusal(api_with(people, condition, "Deny").list_user_pools, MaxResults=1)
    assert code == "AccessDeniedException"


def test_a_key_that_is_not_filled_in_fails_closed_and_the_log_says_so_once(
    people: Identities, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown_keys, "_told", set())
    asks = {"StringNotEquals": {"ec2:Vpc\x1b[2J": "vpc-1"}}
    with caplog.at_level("WARNING", "halfday.policies"):
        assert refusal(api_with(people, asks).list_user_pools, MaxResults=1)[0] == "AccessDeniedException"
        denied = refusal(api_with(people, asks, "Deny").list_user_pools, MaxResults=1)
        assert denied[1].endswith("with an explicit deny in an identity-based policy")
    (line,) = [each.getMessage() for each in caplog.records if each.name == "halfday.policies"]
    assert line.startswith(r"policies ask about 'ec2:Vpc\x1b[2J', which is not filled in here")
