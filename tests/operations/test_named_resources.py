"""Settings that name what is elsewhere in AWS: another account's, Region's or service's is refused.

Source: github.com/badmintoncryer/cdk-preflight, rules/cognito, measured on AWS; what is not said there is [inferred].
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asking import invalid, refusal, unchecked
from pool_members import ROLE, SES, SMS
from world import Pool, World

FOREIGN_ROLE = "arn:aws:iam::999999999999:role/texts"
USER = "arn:aws:iam::123456789012:user/texts-no-role"
CROSS_ACCOUNT = invalid("Cross-account pass role is not allowed.")
NO_ROLE = invalid(f"{USER} is not the ARN of a role.")
SES_REGIONS = "Provided SourceArn must be in one of the following SES regions: eu-west-1, us-east-1, us-west-2."
FAR_SES = "arn:aws:ses:ap-south-2:123456789012:identity/ada@example.com"


def by_group(pool: Pool, arn: str) -> Any:
    return pool.world.idp.create_group(UserPoolId=pool.pool_id, GroupName="g", RoleArn=arn)


def by_changed_group(pool: Pool, arn: str) -> Any:
    pool.world.idp.create_group(UserPoolId=pool.pool_id, GroupName="h")
    return pool.world.idp.update_group(UserPoolId=pool.pool_id, GroupName="h", RoleArn=arn)


def by_new_pool(pool: Pool, arn: str) -> Any:
    return pool.world.pool(SmsConfiguration={"SnsCallerArn": arn})


def by_changed_pool(pool: Pool, arn: str) -> Any:
    return pool.world.idp.update_user_pool(UserPoolId=pool.pool_id, SmsConfiguration={"SnsCallerArn": arn})


def by_mfa(pool: Pool, arn: str) -> Any:
    sms = {"SmsConfiguration": {"SnsCallerArn": arn}}
    return pool.world.idp.set_user_pool_mfa_config(
        UserPoolId=pool.pool_id, MfaConfiguration="OPTIONAL", SmsMfaConfiguration=sms
    )


def by_import(pool: Pool, arn: str) -> Any:
    return pool.world.idp.create_user_import_job(JobName="j", UserPoolId=pool.pool_id, CloudWatchLogsRoleArn=arn)


def by_client(pool: Pool, arn: str) -> Any:
    return pool.client(AnalyticsConfiguration={"ApplicationId": "abc", "RoleArn": arn, "ExternalId": "x"})


@pytest.mark.parametrize(
    "way", [by_group, by_changed_group, by_new_pool, by_changed_pool, by_mfa, by_import, by_client]
)
def test_no_role_of_another_account_and_nothing_that_is_none_is_passed(
    pool: Pool, way: Callable[[Pool, str], Any]
) -> None:
    assert refusal(way, pool=pool, arn=FOREIGN_ROLE) == CROSS_ACCOUNT
    if way is not by_changed_group:
        assert refusal(way, pool=pool, arn=USER) == NO_ROLE
        assert way(pool, ROLE)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"EmailConfiguration": {**SES, "SourceArn": FAR_SES}}, f"Invalid EmailConfiguration.SourceArn. {SES_REGIONS}"),
        (
            {"EmailConfiguration": {**SES, "SourceArn": "arn:aws:sns:us-east-1:123456789012:topic"}},
            "Invalid EmailConfiguration.SourceArn. arn:aws:sns:us-east-1:123456789012:topic is not the ARN of an SES "
            "identity.",
        ),
        (
            {"SmsConfiguration": {**SMS, "SnsRegion": "ap-south-1"}},
            "Invalid snsRegion. Allowed SNS region for us-east-1 is us-east-1",
        ),
    ],
)
def test_a_pool_sends_from_where_aws_lets_it(world: World, pool: Pool, settings: dict[str, Any], sentence: str) -> None:
    assert refusal(world.idp.create_user_pool, PoolName="p", **settings) == invalid(sentence)
    assert refusal(world.idp.update_user_pool, UserPoolId=pool.pool_id, **settings) == invalid(sentence)


def test_a_pool_sends_from_its_own_region_too(world: World) -> None:
    far = world.boto3("cognito-idp", region_name="ap-south-2")
    far.create_user_pool(PoolName="p", EmailConfiguration={**SES, "SourceArn": FAR_SES})
    far.create_user_pool(PoolName="p", SmsConfiguration={**SMS, "SnsRegion": "ap-south-1"})


def test_an_analytics_app_is_near(pool: Pool) -> None:
    arn = "arn:aws:mobiletargeting:{}:123456789012:apps/abcdefghijk"
    far = {"ApplicationArn": arn.format("ap-northeast-1")}
    told = invalid("The integration with Pinpoint is not supported for the requested ap-northeast-1 region.")
    assert refusal(pool.client, AnalyticsConfiguration=far) == told
    assert pool.client(AnalyticsConfiguration={"ApplicationArn": arn.format("us-east-1")})


def log_to(arn: str, source: str = "userNotification") -> dict[str, Any]:
    level = "INFO" if source == "userAuthEvents" else "ERROR"
    return {"LogLevel": level, "EventSource": source, "CloudWatchLogsConfiguration": {"LogGroupArn": arn}}


@pytest.mark.parametrize(
    ("account", "region", "errors"),
    [
        ("999999999999", "us-east-1", "ARN does not belong to invoking account. "),
        ("123456789012", "eu-west-1", "ARN does not belong to current region. "),
        (
            "999999999999",
            "eu-west-1",
            "ARN does not belong to invoking account. ARN does not belong to current region. ",
        ),
    ],
)
def test_logs_stay_in_the_account_and_region(world: World, pool: Pool, account: str, region: str, errors: str) -> None:
    arn = f"arn:aws:logs:{region}:{account}:log-group:/pf/probe"
    told = f"CloudWatch log group arn {arn} failed with the following validation errors: {errors}"
    given = {"UserPoolId": pool.pool_id, "LogConfigurations": [log_to(arn)]}
    refused = refusal(world.idp.set_log_delivery_configuration, **given)
    assert refused == invalid(f"Request validation Failed. [{told}]")


def test_a_source_of_events_is_named_once_and_some_cost_more(world: World, pool: Pool) -> None:
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/pf/a"
    set_to = unchecked(world, "cognito-idp").set_log_delivery_configuration
    twice = refusal(set_to, UserPoolId=pool.pool_id, LogConfigurations=[log_to(arn), log_to(arn)])
    assert twice == invalid(
        "Request validation Failed. Following event sources appear more then once in a request: [userNotification]."
    )
    events = refusal(set_to, UserPoolId=pool.pool_id, LogConfigurations=[log_to(arn, "userAuthEvents")])
    assert events == (
        "FeatureUnavailableInTierException",
        "The following feature is not available for the ESSENTIALS pricing tier configured: Log Streaming",
    )


def test_warnings_are_sent_from_where_aws_lets_them(world: World) -> None:
    pool = world.pool(UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": "ENFORCED"})
    action = {"Notify": False, "EventAction": "NO_ACTION"}
    takeover = {"NotifyConfiguration": {"SourceArn": FAR_SES}, "Actions": {"LowAction": action}}
    given = {"UserPoolId": pool.pool_id, "AccountTakeoverRiskConfiguration": takeover}
    told = invalid(f"Invalid NotifyConfiguration.SourceArn. {SES_REGIONS}")
    assert refusal(world.idp.set_risk_configuration, **given) == told
    ranges = {"BlockedIPRangeList": ["10.0.0.0/33"]}
    refused = refusal(world.idp.set_risk_configuration, UserPoolId=pool.pool_id, RiskExceptionConfiguration=ranges)
    assert refused == invalid("Incorrect CIDR format")


@pytest.mark.parametrize("domain", ["https://example.com", "example.com/path", "ex ample.com", "-example.com"])
def test_a_relying_party_is_a_bare_domain(world: World, pool: Pool, domain: str) -> None:
    given = {"UserPoolId": pool.pool_id, "WebAuthnConfiguration": {"RelyingPartyId": domain}}
    refused = refusal(world.idp.set_user_pool_mfa_config, **given)
    assert refused == invalid("RelyingPartyId contains invalid characters")


RESERVED = "Tag keys beginning with aws: are reserved for AWS."
MANY = {f"k{n}": "v" for n in range(51)}


@pytest.mark.parametrize(("tags", "sentence"), [({"aws:x": "y"}, RESERVED), (MANY, "A resource has 50 tags at most.")])
def test_tags_that_aws_would_not_keep(world: World, pool: Pool, tags: dict[str, str], sentence: str) -> None:
    arn = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool.pool_id}"
    assert refusal(world.idp.tag_resource, ResourceArn=arn, Tags=tags) == invalid(sentence)
    tagging = ("UserPoolTaggingException", sentence)
    assert refusal(world.idp.create_user_pool, PoolName="p", UserPoolTags=tags) == tagging
    assert refusal(world.idp.update_user_pool, UserPoolId=pool.pool_id, UserPoolTags=tags) == tagging
    plain = {"IdentityPoolName": "p", "AllowUnauthenticatedIdentities": False, "IdentityPoolTags": tags}
    assert refusal(world.boto3("cognito-identity").create_identity_pool, **plain) == invalid(sentence)


def test_tags_are_counted_together(world: World) -> None:
    pool = world.pool(UserPoolTags={f"old{n}": "v" for n in range(49)})
    arn = f"arn:aws:cognito-idp:us-east-1:123456789012:userpool/{pool.pool_id}"
    world.idp.tag_resource(ResourceArn=arn, Tags={"new": "v", "old1": "w"})
    refused = refusal(world.idp.tag_resource, ResourceArn=arn, Tags={"newer": "v"})
    assert refused == invalid("A resource has 50 tags at most.")
