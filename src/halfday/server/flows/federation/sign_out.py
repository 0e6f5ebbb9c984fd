"""Signing out at the external provider too, where its kind has a way: out by its page, and back to where /logout leads.

The browser's session says by which provider its user came: a linked user may have come by one of several, or by none.
Source: facts/federation.md §5 (SLO).
"""

from __future__ import annotations

from halfday.server.domain.sign_in.codes_and_sessions import (
    FEDERATION_LIFETIME_S,
    BrowserSession,
    PendingFederation,
    digest,
)
from halfday.server.domain.users.users import User
from halfday.server.flows.federation.federation import adapter_of
from halfday.server.outside.provider_port import federation_refused
from halfday.server.services import Services

_NO_BROWSER = ""
"""In place of a browser's digest: no sign-in can come back with a state of a sign-out, and no sign-out with one of a
sign-in. A sign-out needs no binding to a browser: it leads to a registered address and changes nothing."""


async def begin(services: Services, user: User, session: BrowserSession, *, origin: str, query: str) -> str | None:
    """Where the browser ends the session at the provider by which its user came; None where there is no such way.

    `query` is the request to /logout, to be finished on return. Raises Refused.
    """
    identity = next((known for known in user.identities if known["providerName"] == session.provider_name), None)
    provider = await services.store.providers.find(user.pool_id, session.provider_name)
    if identity is None or provider is None:
        return None
    state = services.token()
    location = await adapter_of(services, provider).sign_out(
        identity["userId"], session=session.provider_session, origin=origin, state=state
    )
    if location is not None:
        pending = PendingFederation(
            state_hash=digest(state),
            pool_id=user.pool_id,
            provider_name=provider.name,
            query=query,
            nonce="",
            browser_hash=_NO_BROWSER,
            expires_at=services.clock() + FEDERATION_LIFETIME_S,
        )
        await services.store.federations.insert(pending)
    return location


async def finish(services: Services, *, state: str) -> str:
    """The query of the request to /logout that the browser left with this state. Raises Refused."""
    pending = await services.store.federations.take(digest(state))
    if pending is None or pending.browser_hash != _NO_BROWSER or services.clock() >= pending.expires_at:
        raise federation_refused("Invalid State", "the state is unknown, used up, expired, or no sign-out's")
    return pending.query
