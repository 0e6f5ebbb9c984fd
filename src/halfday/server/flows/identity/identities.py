"""Whose identity it is: found by logins, made, linked and merged.

What changes an identity is decided and written in one unit, by what stands there: of two who link or merge at the same
time, the second sees what the first has done. Source: facts/identity.md §3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from halfday.protocol.identifiers import make_identity_id
from halfday.server.domain.aws import linking
from halfday.server.domain.aws.identity_pools import Identity, IdentityPool
from halfday.server.domain.aws.logins import LoginKind, ProvenLogin
from halfday.server.domain.refusals import Refused, not_authorized
from halfday.server.services import Services

_NO_GUESTS = "Unauthenticated access is not supported for this identity pool."
_NO_MATCH = "Logins don't match. Please include at least one valid login for this identity or identity pool."
Check = Callable[[], None]


async def identity_of(services: Services, pool: IdentityPool, shown: Sequence[ProvenLogin]) -> Identity:
    """The identity of these proven logins, created at the first call; without logins a new guest.

    Identities that the logins belong to are merged: whoever shows both is one person. The oldest stays.
    """
    if not shown:
        if not pool.allow_guests:
            raise not_authorized(_NO_GUESTS)
        return await _insert(services, pool, {})
    wanted = subjects(shown)
    owners = await owners_of(services, pool, shown)
    if len(owners) == 1 and wanted.items() <= owners[0].pairs_of_logins:
        return owners[0]
    async with services.store.unit(pool.identity_pool_id):
        owners = await owners_of(services, pool, shown)
        if not owners:
            return await _insert(services, pool, wanted)
        return await join(services, owners[0], owners[1:], wanted)


async def find_identity(services: Services, identity_id: str) -> tuple[IdentityPool, Identity]:
    """Raises Refused."""
    identity = await services.store.identities.find(identity_id)
    pool = await services.store.identity_pools.find(identity.identity_pool_id) if identity else None
    if identity is None or pool is None:
        raise Refused("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
    return pool, identity


async def identity_for_logins(
    services: Services,
    pool: IdentityPool,
    identity: Identity,
    shown: Sequence[ProvenLogin],
    *,
    before_linking: Check = lambda: None,
) -> Identity:
    """The identity whose logins were shown: this one, or the one that it becomes a part of.

    A guest is linked to its first login. A login that has an identity of its own brings the guest into that one, which
    is answered, and the guest is no more. `before_linking` may refuse once it is known whose they are: a refused call
    changes nothing.
    """
    if not shown:
        _check_guest(pool, identity)
        before_linking()
        return identity
    await _matched(services, pool, identity, shown)
    before_linking()
    public = subjects(shown)
    if identity.enabled and public.items() <= identity.pairs_of_logins and has_shown(identity, shown):
        return identity
    async with services.store.unit(pool.identity_pool_id):
        return await _settled(services, pool, identity, shown, public)


async def _settled(
    services: Services, pool: IdentityPool, known: Identity, shown: Sequence[ProvenLogin], public: dict[str, str]
) -> Identity:
    """Within a unit: looks again at what stands, and links or merges."""
    identity = await services.store.identities.find(known.identity_id)
    if identity is None:
        raise Refused("ResourceNotFoundException", f"Identity '{known.identity_id}' not found.")
    owners = await _matched(services, pool, identity, shown)
    if not identity.enabled:
        return await join(services, owners[0], owners[1:], public)
    if has_shown(identity, shown) or not owners:
        others = [owner for owner in owners if owner.identity_id != identity.identity_id]
        return await join(services, identity, others, public)
    return await join(services, owners[0], [*owners[1:], identity], public)


async def join(services: Services, stays: Identity, others: Sequence[Identity], logins: dict[str, str]) -> Identity:
    """The identity that stays, with what the others had, and with the logins that were shown. Within the unit in which
    they were read.
    """
    now = services.clock()
    for other in others:
        stays = await services.store.identities.merge(
            other, stays, lambda source, destination: linking.merged(source, destination, now=now)
        )
    if logins.items() <= stays.pairs_of_logins:
        return stays
    return await services.store.identities.change(stays, lambda found: linking.linked(found, logins, now=now))


async def _matched(
    services: Services, pool: IdentityPool, identity: Identity, shown: Sequence[ProvenLogin]
) -> list[Identity]:
    """The identities that the logins belong to, the oldest first. Raises Refused where this one is nobody's of them."""
    owners = await owners_of(services, pool, shown)
    if not identity.enabled:
        if await _what_became_of(services, identity) not in owners:
            raise _disabled(identity)
        return owners
    if identity.is_guest or has_shown(identity, shown):
        return owners
    if owners:
        raise no_match("the login is another identity's")
    raise forbidden(identity, "the login is not this identity's")


def forbidden(identity: Identity, detail: str) -> Refused:
    return not_authorized(f"Access to Identity '{identity.identity_id}' is forbidden.", detail)


def no_match(detail: str | None = None) -> Refused:
    return not_authorized(_NO_MATCH, detail)


def check_enabled(identity: Identity) -> None:
    if not identity.enabled:
        raise _disabled(identity)


def _disabled(identity: Identity) -> Refused:
    return forbidden(identity, "the identity is disabled: it was merged, or has no login left")


def _check_guest(pool: IdentityPool, identity: Identity) -> None:
    check_enabled(identity)
    if not identity.is_guest:
        raise no_match()
    if not pool.allow_guests:
        raise not_authorized(_NO_GUESTS)


def has_shown(identity: Identity, shown: Sequence[ProvenLogin]) -> bool:
    """Whether one of the logins is this identity's, or an OpenID token is for it."""
    return any(
        login.subject == identity.identity_id
        if login.kind is LoginKind.OPENID_TOKEN
        else identity.logins.get(login.provider) == login.subject
        for login in shown
    )


async def owners_of(services: Services, pool: IdentityPool, shown: Sequence[ProvenLogin]) -> list[Identity]:
    """The identities that have these logins, the oldest first."""
    found: dict[str, Identity] = {}
    for login in shown:
        owner = await _owner(services, pool, login)
        if owner is not None and owner.enabled:
            found[owner.identity_id] = owner
    return sorted(found.values(), key=lambda owner: (owner.created_at, owner.identity_id))


async def _owner(services: Services, pool: IdentityPool, login: ProvenLogin) -> Identity | None:
    identities = services.store.identities
    if login.kind is not LoginKind.OPENID_TOKEN:
        return await identities.find_by_login(pool.identity_pool_id, login.provider, login.subject)
    owner = await identities.find(login.subject)
    return await _what_became_of(services, owner) if owner is not None else None


async def _what_became_of(services: Services, identity: Identity) -> Identity | None:
    """The identity that it is a part of by now; itself if it was never merged, None if that one was deleted."""
    found: Identity | None = identity
    while found is not None and found.merged_into is not None:  # what was merged is never merged into
        found = await services.store.identities.find(found.merged_into)
    return found


def subjects(shown: Sequence[ProvenLogin]) -> dict[str, str]:
    """Provider → subject of the logins that an identity is linked to: of an OpenID token it is already."""
    return {login.provider: login.subject for login in shown if login.kind is not LoginKind.OPENID_TOKEN}


async def _insert(services: Services, pool: IdentityPool, logins: dict[str, str]) -> Identity:
    identity = new_identity(services, pool, logins)
    await services.store.identities.insert(identity)
    return identity


def new_identity(services: Services, pool: IdentityPool, logins: dict[str, str]) -> Identity:
    now = services.clock()
    return Identity(
        identity_pool_id=pool.identity_pool_id,
        identity_id=make_identity_id(pool.region, services.random(16)),
        created_at=now,
        modified_at=now,
        logins=dict(logins),
    )
