"""Developer-authenticated identities: people whom the developer's own backend vouches for.

A backend's user belongs to one identity, and an identity may have several of them. Source: API reference,
GetOpenIdTokenForDeveloperIdentity, MergeDeveloperIdentities, LookupDeveloperIdentity; facts/identity.md §3.
"""

from __future__ import annotations

from collections.abc import Sequence

from halfday.server.domain.aws import linking
from halfday.server.domain.aws.identity_pools import Identity, IdentityPool
from halfday.server.domain.aws.logins import ProvenLogin
from halfday.server.domain.refusals import Refused, invalid
from halfday.server.flows.identity.identities import (
    check_enabled,
    has_shown,
    join,
    new_identity,
    no_match,
    owners_of,
    subjects,
)
from halfday.server.services import Services

_REGISTERED = "The provided developer user identifier is already registered with Cognito under a different identity ID."


async def developer_identity(
    services: Services, pool: IdentityPool, user: str, shown: Sequence[ProvenLogin], identity_id: str | None
) -> Identity:
    """The identity of the backend's user, made at the first time; `identity_id` names one that the user is to join.

    An identity that has logins already is joined only where one of them is shown too.
    """
    provider, logins = developer_provider(pool), subjects(shown)
    async with services.store.unit(pool.identity_pool_id):
        mine = await services.store.identities.find_by_login(pool.identity_pool_id, provider, user)
        others = await owners_of(services, pool, shown)
        if identity_id is not None:
            mine = await _named(services, pool, identity_id, mine, shown)
        if mine is None and others:
            mine = others[0]
        if mine is None:
            made = linking.with_user(new_identity(services, pool, logins), provider, user, now=services.clock())
            await services.store.identities.insert(made)
            return made
        joined = await join(services, mine, [one for one in others if one.identity_id != mine.identity_id], logins)
        if (provider, user) in joined.pairs:
            return joined
        now = services.clock()
        return await services.store.identities.change(
            joined, lambda found: linking.with_user(found, provider, user, now=now)
        )


async def merge_users(services: Services, pool: IdentityPool, source: str, destination: str) -> Identity:
    """Both users are of the destination's identity, with all that the source's had; that one is disabled."""
    async with services.store.unit(pool.identity_pool_id):
        gone, stays = (
            await identity_of_user(services, pool, source),
            await identity_of_user(services, pool, destination),
        )
        if gone.identity_id == stays.identity_id:
            raise invalid("The source and the destination user have the same identity.")
        return await join(services, stays, [gone], {})


async def identity_of_user(services: Services, pool: IdentityPool, user: str) -> Identity:
    """Raises Refused. The sentence names nobody: users' names are the backend's own."""
    found = await services.store.identities.find_by_login(pool.identity_pool_id, developer_provider(pool), user)
    if found is None:
        raise Refused("ResourceNotFoundException", "DeveloperUserIdentifier not found.")
    return found


def developer_provider(pool: IdentityPool, named: str | None = None) -> str:
    """The pool's developer provider, which is also the one that is named. Raises Refused.

    The sentence was seen at AWS (danilop/LambdAuth#32); its code is [inferred].
    """
    provider = pool.developer_provider
    if provider is None or named not in (None, provider):
        raise invalid("This identity pool does not support the specified developer provider")
    return provider


async def _named(
    services: Services,
    pool: IdentityPool,
    identity_id: str,
    owner: Identity | None,
    shown: Sequence[ProvenLogin],
) -> Identity:
    identity = await services.store.identities.find(identity_id)
    if identity is None or identity.identity_pool_id != pool.identity_pool_id:
        raise Refused("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
    if owner is not None:
        if owner.identity_id != identity_id:
            raise Refused("DeveloperUserAlreadyRegisteredException", _REGISTERED)
        return identity
    check_enabled(identity)
    if not identity.is_guest and not has_shown(identity, shown):
        raise no_match("none of the identity's logins was shown with the user")
    return identity
