"""Risk configuration and log delivery: kept and shown. Nothing here assesses risks or delivers logs.

Source: API reference, SetRiskConfiguration, SetLogDeliveryConfiguration.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import named_resources
from halfday.server.domain.user_pools.configuration import LogDelivery, RiskConfiguration
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.operations.framework.lookups import invalid, the_client_of, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation

_PARTS = (
    "CompromisedCredentialsRiskConfiguration",
    "AccountTakeoverRiskConfiguration",
    "RiskExceptionConfiguration",
)
_DESTINATIONS = ("CloudWatchLogsConfiguration", "S3Configuration", "FirehoseConfiguration")


@operation("cognito-idp", "SetRiskConfiguration", honours=f"UserPoolId ClientId {' '.join(_PARTS)}")
async def set_risk_configuration(call: Call) -> Output:
    """A call that names only the pool, or the pool and an app client, restores the defaults (API reference)."""
    pool = await _watching_pool(call)
    client_id = await _client_id(call, pool)
    document = {part: call.input[part] for part in _PARTS if part in call.input}
    _check_ranges(document.get("RiskExceptionConfiguration", {}))
    _check_sender(pool, document.get("AccountTakeoverRiskConfiguration", {}))
    risk = RiskConfiguration(pool.pool_id, client_id, document, call.now)
    await call.services.store.risk_configurations.put(risk)
    return {"RiskConfiguration": _shape(risk)}


@operation("cognito-idp", "DescribeRiskConfiguration", honours="UserPoolId ClientId")
async def describe_risk_configuration(call: Call) -> Output:
    """An app client without settings of its own has the pool's."""
    pool = await _watching_pool(call)
    client_id = await _client_id(call, pool)
    store = call.services.store.risk_configurations
    own = await store.find(pool.pool_id, client_id)
    risk = own if own is not None and own.document else await store.find(pool.pool_id, "")
    if risk is None:
        return {"RiskConfiguration": {"UserPoolId": pool.pool_id, "ClientId": client_id or None}}
    return {"RiskConfiguration": {**_shape(risk), "ClientId": client_id or None}}


@operation("cognito-idp", "SetLogDeliveryConfiguration", honours="UserPoolId LogConfigurations")
async def set_log_delivery_configuration(call: Call) -> Output:
    """Each event source has one destination. User authentication events need threat protection, as on AWS.

    Sentences: github.com/badmintoncryer/cdk-preflight, rules/cognito, but for those about destinations and levels.
    """
    pool, configurations = await the_pool(call), call.input["LogConfigurations"]
    sources = [configuration["EventSource"] for configuration in configurations]
    if twice := sorted({source for source in sources if sources.count(source) > 1}):
        told = f"Following event sources appear more then once in a request: [{', '.join(twice)}]."
        raise invalid(f"Request validation Failed. {told}")
    for configuration in configurations:
        _check_delivery(call, pool, configuration)
    await call.services.store.log_deliveries.put(LogDelivery(pool.pool_id, tuple(configurations)))
    return {"LogDeliveryConfiguration": {"UserPoolId": pool.pool_id, "LogConfigurations": configurations}}


@operation("cognito-idp", "GetLogDeliveryConfiguration", honours="UserPoolId")
async def get_log_delivery_configuration(call: Call) -> Output:
    pool = await the_pool(call)
    delivery = await call.services.store.log_deliveries.find(pool.pool_id)
    configurations = list(delivery.configurations) if delivery else []
    return {"LogDeliveryConfiguration": {"UserPoolId": pool.pool_id, "LogConfigurations": configurations}}


async def _watching_pool(call: Call) -> Pool:
    pool = await the_pool(call)
    if pool.threat_protection == "OFF":
        raise Refused("UserPoolAddOnNotEnabledException", "User pool add-ons are not enabled.")
    return pool


async def _client_id(call: Call, pool: Pool) -> str:
    """The ClientId; empty for the pool's own configuration."""
    return (await the_client_of(call, pool)).client_id if "ClientId" in call.input else ""


def _check_ranges(exceptions: Mapping[str, list[str]]) -> None:
    """Raises Refused for a text that is no range in CIDR notation. Sentence: github.com/badmintoncryer/cdk-
    preflight.
    """
    for text in (range_ for ranges in exceptions.values() for range_ in ranges):
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError as problem:
            raise invalid("Incorrect CIDR format") from problem


def _check_sender(pool: Pool, takeover: Mapping[str, Any]) -> None:
    source = takeover.get("NotifyConfiguration", {}).get("SourceArn")
    member = "NotifyConfiguration.SourceArn"
    objection = named_resources.ses_identity(source, pool.region, member=member) if source else None
    if objection is not None:
        raise invalid(objection)


def _check_delivery(call: Call, pool: Pool, configuration: dict[str, Any]) -> None:
    destinations = [name for name in _DESTINATIONS if name in configuration]
    if len(destinations) != 1:
        raise invalid("Each log configuration needs exactly one destination.")
    events = configuration["EventSource"] == "userAuthEvents"
    if not events and destinations != ["CloudWatchLogsConfiguration"]:
        raise invalid("userNotification logs go to CloudWatchLogsConfiguration only.")
    if events and pool.tier != "PLUS":
        message = f"The following feature is not available for the {pool.tier} pricing tier configured: Log Streaming"
        raise Refused("FeatureUnavailableInTierException", message)
    group = configuration.get("CloudWatchLogsConfiguration", {}).get("LogGroupArn")
    objection = named_resources.log_group(group, call.account, pool.region) if group else None
    if objection is not None:
        raise invalid(objection)
    if configuration["LogLevel"] != ("INFO" if events else "ERROR"):
        raise invalid("LogLevel is ERROR for userNotification and INFO for userAuthEvents.")


def _shape(risk: RiskConfiguration) -> dict[str, Any]:
    return {
        "UserPoolId": risk.pool_id,
        "ClientId": risk.client_id or None,
        **risk.document,
        "LastModifiedDate": risk.modified_at,
    }
