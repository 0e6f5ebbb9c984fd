"""A provider's details as they are kept: the given ones, what AWS adds, what the provider publishes, and a key pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import KINDS
from halfday.server.flows.signing_keys import pem_of
from halfday.server.flows.tokens.keys import certificate_of
from halfday.server.outside.provider_kinds import ADAPTERS
from halfday.server.outside.provider_port import PublishingProvider
from halfday.server.services import Services


async def completed(
    services: Services, pool: Pool, kind: str, given: Mapping[str, str], known: Mapping[str, str]
) -> dict[str, str]:
    """The details of a provider of this kind, of which `given` are checked. Raises Refused.

    A key pair that the provider has already, in `known`, is kept: the provider encrypts with it.
    """
    rules = KINDS[kind]
    chosen = {name: value for name, value in given.items() if name not in rules.computed}
    details = rules.completed(chosen)
    if rules.computed:
        adapter = cast(type[PublishingProvider], ADAPTERS[kind])
        details |= await adapter.published(details, services.http, services.clock())
    if rules.own_key:
        details |= await _key_pair(services, pool, rules.own_key, known)
    return details


async def _key_pair(services: Services, pool: Pool, names: tuple[str, str], known: Mapping[str, str]) -> dict[str, str]:
    if all(name in known for name in names):
        return {name: known[name] for name in names}
    private = await services.key_pairs.take()
    certificate = certificate_of(private, pool.pool_id, begins_at=services.clock())
    return dict(zip(names, (pem_of(private), certificate), strict=True))
