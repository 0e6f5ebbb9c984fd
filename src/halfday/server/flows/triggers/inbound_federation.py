"""InboundFederation: the function changes what a provider said of somebody, before it is mapped to attributes.

Source: developer guide, Inbound federation Lambda trigger; facts/triggers.md §4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import ExternalProvider
from halfday.server.domain.user_pools.triggers import Trigger
from halfday.server.flows.triggers.answers import table_of_texts
from halfday.server.flows.triggers.invoke import call, has
from halfday.server.outside.provider_port import ExternalIdentity
from halfday.server.services import Services


async def claims_to_map(
    services: Services,
    pool: Pool,
    provider: ExternalProvider,
    identity: ExternalIdentity,
    context: RequestContext,
    *,
    as_text: Callable[[Any], str],
) -> Mapping[str, Any]:
    """The claims from which attributes are mapped: the function's, or the provider's where it answers none.

    The function's replace the others, by the provider's names. Who the person is they do not change [inferred].
    `as_text`: a claim as events show it. Raises Refused.
    """
    if not has(pool, Trigger.INBOUND_FEDERATION):
        return identity.claims
    response = await call(
        services,
        pool,
        Trigger.INBOUND_FEDERATION,
        "InboundFederation_ExternalProvider",
        username=identity.subject,
        request={
            "providerName": provider.name,
            "providerType": provider.kind,
            "attributes": {
                name: {key: as_text(value) for key, value in part.items() if value is not None}
                for name, part in identity.answers.items()
            },
        },
        response={"userAttributesToMap": {}},
        context=context,
    )
    return table_of_texts(response or {}, "userAttributesToMap") or identity.claims
