"""Signing in through an external provider: away with a state, back with an answer, and into the pool as a user.

Three steps, each with its own refusals. `begin` sends the browser away. `come_back` finds what it left, for that
browser only. `finish` has the provider's adapter prove who it is. Source: facts/federation.md §2; docs/decisions/0045.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.authentication_levels import Authentication, by_provider
from halfday.server.domain.sign_in.codes_and_sessions import FEDERATION_LIFETIME_S, PendingFederation, digest
from halfday.server.domain.user_pools.acr_names import level_told
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import KINDS, ExternalProvider
from halfday.server.domain.users.users import User
from halfday.server.flows.federation.profiles import profile_of
from halfday.server.flows.tokens.keys import sign_with_certificate
from halfday.server.outside.provider_kinds import ADAPTERS
from halfday.server.outside.provider_port import (
    AuthenticationRequest,
    Callback,
    ExternalIdentity,
    IdentityProvider,
    SigningProvider,
    federation_refused,
)
from halfday.server.services import Services
from halfday.server.storage.errors import Missing


@dataclass(frozen=True, slots=True)
class FederatedUser:
    """Somebody who came by a provider: as which user, with which session there, and how strongly signed in by it."""

    user: User
    provider_name: str
    subject: str = field(repr=False)
    session: str = field(repr=False)
    authentication: Authentication


async def begin(
    services: Services,
    provider: ExternalProvider,
    *,
    origin: str,
    query: str,
    state: str,
    browser: str,
    hints: Mapping[str, str],
) -> str:
    """Where the browser goes to, with this new `state`. `query` is the app's request, to be finished later.

    `browser` is the secret that this browser is given to keep: it alone may bring the answer. Raises Refused.
    """
    nonce = services.token()
    pending = PendingFederation(
        state_hash=digest(state),
        pool_id=provider.pool_id,
        provider_name=provider.name,
        query=query,
        nonce=nonce,
        browser_hash=digest(browser),
        expires_at=services.clock() + FEDERATION_LIFETIME_S,
    )
    location = await adapter_of(services, provider).begin(AuthenticationRequest(origin, state, nonce, **hints))
    await services.store.federations.insert(pending)
    return location


async def come_back(services: Services, *, state: str, browser: str) -> PendingFederation:
    """What this browser left when it went away with this state, which is good once. Raises Refused."""
    pending = await services.store.federations.take(digest(state))
    if pending is None or not browser or pending.browser_hash != digest(browser):
        raise federation_refused("Invalid State", "the state is unknown, used up, or another browser's")
    return pending


async def finish(
    services: Services,
    pending: PendingFederation,
    client: AppClient,
    *,
    context: RequestContext,
    origin: str,
    callback: Callback,
    answer: Mapping[str, str],
) -> FederatedUser:
    """Who came back, by the answer that came on this callback. Raises Refused."""
    if services.clock() >= pending.expires_at:
        raise federation_refused("Something went wrong", "the person was away for more than 5 minutes")
    provider, pool = await _still_there(services, pending)
    adapter = adapter_of(services, provider)
    if callback != adapter.callback:
        detail = f"{provider.name} answered by {callback.method} {callback.path}, which is not its way to answer"
        raise federation_refused("Invalid State", detail)
    asked = AuthenticationRequest(origin, answer.get(callback.state_parameter, ""), pending.nonce)
    identity = await adapter.finish(asked, answer)
    return await signed_in(services, pool, client, provider, identity, context=context)


async def signed_in(
    services: Services,
    pool: Pool,
    client: AppClient,
    provider: ExternalProvider,
    identity: ExternalIdentity,
    *,
    context: RequestContext,
) -> FederatedUser:
    """The user of this identity, and the session that they have there. Raises Refused, in its kind's words."""
    try:
        user = await profile_of(services, pool, client, provider, identity, context=context)
    except Refused as refused:
        code, first_words = KINDS[provider.kind].refusal
        raise Refused(code, first_words + refused.sentence, refused.detail) from refused
    level = level_told(provider.acr_mapping, identity.claims.get("acr"))
    authentication = by_provider(level, identity.claims.get("amr") if KINDS[provider.kind].tells_levels else None)
    return FederatedUser(user, provider.name, identity.subject, identity.session, authentication)


async def _still_there(services: Services, pending: PendingFederation) -> tuple[ExternalProvider, Pool]:
    """The provider and the pool, if nobody has deleted them while the person was away."""
    try:
        provider = await services.store.providers.get(pending.pool_id, pending.provider_name)
        return provider, await services.store.pools.get(pending.pool_id)
    except Missing as problem:
        raise federation_refused("Something went wrong", "the provider or its pool was deleted meanwhile") from problem


def adapter_of(services: Services, provider: ExternalProvider) -> IdentityProvider:
    adapter = ADAPTERS[provider.kind](provider, services.http, services.provider_documents, services.clock)
    if isinstance(adapter, SigningProvider):
        adapter.sign = partial(sign_with_certificate, services, provider.pool_id)
    return adapter
