"""Risk settings and log delivery: kept and told back, where the pool has them. Source: API reference."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from world import Pool, World

COMPROMISED = {"EventFilter": ["SIGN_IN"], "Actions": {"EventAction": "BLOCK"}}
BLOCKED = {"BlockedIPRangeList": ["198.51.100.0/24"]}
LOGS = {"LogLevel": "ERROR", "EventSource": "userNotification"}
GROUP = {"CloudWatchLogsConfiguration": {"LogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:cognito"}}


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool(UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"})


def test_settings_of_a_pool_hold_for_clients_without_their_own(world: World, pool: Pool) -> None:
    idp, client = world.idp, pool.client()["ClientId"]
    blank = idp.describe_risk_configuration(UserPoolId=pool.pool_id)["RiskConfiguration"]
    assert blank == {"UserPoolId": pool.pool_id}
    made = idp.set_risk_configuration(UserPoolId=pool.pool_id, CompromisedCredentialsRiskConfiguration=COMPROMISED)[
        "RiskConfiguration"
    ]
    assert made["CompromisedCredentialsRiskConfiguration"] == COMPROMISED
    known = {"UserPoolId": pool.pool_id, "ClientId": client}
    inherited = idp.describe_risk_configuration(**known)["RiskConfiguration"]
    assert (inherited["ClientId"], inherited["CompromisedCredentialsRiskConfiguration"]) == (client, COMPROMISED)
    idp.set_risk_configuration(**known, RiskExceptionConfiguration=BLOCKED)
    own = idp.describe_risk_configuration(**known)["RiskConfiguration"]
    assert "CompromisedCredentialsRiskConfiguration" not in own
    assert own["RiskExceptionConfiguration"] == BLOCKED
    idp.set_risk_configuration(**known)
    again = idp.describe_risk_configuration(**known)["RiskConfiguration"]
    assert again["CompromisedCredentialsRiskConfiguration"] == COMPROMISED


def test_a_pool_without_threat_protection_has_none(world: World) -> None:
    plain = world.pool()
    for operation in (world.idp.set_risk_configuration, world.idp.describe_risk_configuration):
        assert refusal(operation, UserPoolId=plain.pool_id)[0] == "UserPoolAddOnNotEnabledException"


@pytest.mark.parametrize("text", ["198.51.100.0/33", "everybody"])
def test_ranges_are_in_cidr_notation(world: World, pool: Pool, text: str) -> None:
    given = {"UserPoolId": pool.pool_id, "RiskExceptionConfiguration": {"SkippedIPRangeList": ["2001:db8::/32", text]}}
    assert refusal(world.idp.set_risk_configuration, **given)[0] == "InvalidParameterException"
    assert world.idp.describe_risk_configuration(UserPoolId=pool.pool_id)["RiskConfiguration"] == {
        "UserPoolId": pool.pool_id
    }


def test_logs_have_one_destination_a_source(world: World, pool: Pool) -> None:
    idp = world.idp
    empty = idp.get_log_delivery_configuration(UserPoolId=pool.pool_id)["LogDeliveryConfiguration"]
    assert empty == {"UserPoolId": pool.pool_id, "LogConfigurations": []}
    events = {"LogLevel": "INFO", "EventSource": "userAuthEvents", **GROUP}
    both = [{**LOGS, **GROUP}, events]
    made = idp.set_log_delivery_configuration(UserPoolId=pool.pool_id, LogConfigurations=both)
    assert made["LogDeliveryConfiguration"]["LogConfigurations"] == both
    told = idp.get_log_delivery_configuration(UserPoolId=pool.pool_id)["LogDeliveryConfiguration"]
    assert told["LogConfigurations"] == both
    idp.set_log_delivery_configuration(UserPoolId=pool.pool_id, LogConfigurations=[])
    told = idp.get_log_delivery_configuration(UserPoolId=pool.pool_id)["LogDeliveryConfiguration"]
    assert told["LogConfigurations"] == []


@pytest.mark.parametrize(
    "configurations",
    [
        [LOGS],
        [{**LOGS, **GROUP, "S3Configuration": {"BucketArn": "arn:aws:s3:::logs"}}],
        [{**LOGS, **GROUP}, {**LOGS, **GROUP}],
        [{**LOGS, **GROUP, "LogLevel": "INFO"}],
        [{**LOGS, "S3Configuration": {"BucketArn": "arn:aws:s3:::logs"}}],
    ],
)
def test_log_configurations_that_cannot_be(world: World, pool: Pool, configurations: list[Any]) -> None:
    given = {"UserPoolId": pool.pool_id, "LogConfigurations": configurations}
    assert refusal(world.idp.set_log_delivery_configuration, **given)[0] == "InvalidParameterException"


def test_events_of_users_need_the_plan(world: World) -> None:
    events = {"LogLevel": "INFO", "EventSource": "userAuthEvents", **GROUP}
    given = {"UserPoolId": world.pool().pool_id, "LogConfigurations": [events]}
    assert refusal(world.idp.set_log_delivery_configuration, **given)[0] == "FeatureUnavailableInTierException"
