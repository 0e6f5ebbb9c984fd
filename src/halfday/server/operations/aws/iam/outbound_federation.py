"""Whether the account issues web identity tokens (GetWebIdentityToken). Source: IAM API reference."""

from __future__ import annotations

from dataclasses import replace

from halfday.server.domain.aws.outbound import OutboundFederation
from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework.registry import Call, Output, operation


@operation("iam", "EnableOutboundWebIdentityFederation")
async def enable_outbound_web_identity_federation(call: Call) -> Output:
    store = call.services.store.outbound_federations
    known = await store.find(call.account)
    if known is not None and known.enabled:
        raise Refused("FeatureEnabled", "Outbound web identity federation is already enabled for this account.")
    issuer_id = call.services.uuid() if known is None else known.issuer_id
    enabled = OutboundFederation(call.account, issuer_id, enabled=True)
    await store.put(enabled)
    return {"IssuerIdentifier": enabled.issuer(call.services.origin)}


@operation("iam", "DisableOutboundWebIdentityFederation")
async def disable_outbound_web_identity_federation(call: Call) -> Output:
    """Tokens that were issued can be verified until they end."""
    await call.services.store.outbound_federations.put(replace(await _the_enabled(call), enabled=False))
    return {}


@operation("iam", "GetOutboundWebIdentityFederationInfo")
async def get_outbound_web_identity_federation_info(call: Call) -> Output:
    return {"IssuerIdentifier": (await _the_enabled(call)).issuer(call.services.origin), "JwtVendingEnabled": True}


async def _the_enabled(call: Call) -> OutboundFederation:
    known = await call.services.store.outbound_federations.find(call.account)
    if known is None or not known.enabled:
        raise Refused("FeatureDisabled", "Outbound web identity federation is disabled for this account.")
    return known
