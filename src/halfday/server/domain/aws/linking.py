"""How logins join an identity, leave it, and how two identities become one. Pure.

An identity has one login of each public provider, and any number of users of its pool's own developer provider.
Source: facts/identity.md §3; API reference, GetId, MergeDeveloperIdentities, UnlinkIdentity. Sentences are [inferred].
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from halfday.server.domain.aws.identity_pools import Identity
from halfday.server.domain.refusals import Refused, invalid

MOST_LOGINS = 20
"""Linked logins of one identity (API reference, MergeDeveloperIdentities)."""


def conflict() -> Refused:
    return Refused("ResourceConflictException", "A login is linked to another identity already.")


def linked(identity: Identity, logins: Mapping[str, str], *, now: float) -> Identity:
    """The identity with these logins too. Raises Refused where it has another login of one of the providers."""
    if any(identity.logins.get(provider, subject) != subject for provider, subject in logins.items()):
        raise conflict()
    return _checked(replace(identity, logins={**identity.logins, **logins}, modified_at=now))


def with_user(identity: Identity, provider: str, user: str, *, now: float) -> Identity:
    """The identity with one more user of the developer's backend."""
    users = tuple(dict.fromkeys((*identity.developer_logins.get(provider, ()), user)))
    logins = {**identity.developer_logins, provider: users}
    return _checked(replace(identity, developer_logins=logins, modified_at=now))


def merged(source: Identity, destination: Identity, *, now: float) -> tuple[Identity, Identity]:
    """(the source, disabled; the destination with the logins of both). Raises Refused where they are two people of one
    public provider.
    """
    found = linked(destination, source.logins, now=now)
    for provider, users in source.developer_logins.items():
        for user in users:
            found = with_user(found, provider, user, now=now)
    gone = replace(
        source,
        logins={},
        developer_logins={},
        enabled=False,
        merged_into=destination.identity_id,
        modified_at=now,
    )
    return gone, found


def without(identity: Identity, providers: Collection[str], *, now: float) -> Identity:
    """The identity without its logins of these providers. One that loses its last login is disabled."""
    return _left(
        replace(
            identity,
            logins={name: subject for name, subject in identity.logins.items() if name not in providers},
            developer_logins={name: u for name, u in identity.developer_logins.items() if name not in providers},
            modified_at=now,
        )
    )


def without_user(identity: Identity, provider: str, user: str, *, now: float) -> Identity:
    users = tuple(known for known in identity.developer_logins.get(provider, ()) if known != user)
    others = {name: known for name, known in identity.developer_logins.items() if name != provider}
    logins = {**others, **({provider: users} if users else {})}
    return _left(replace(identity, developer_logins=logins, modified_at=now))


def _left(identity: Identity) -> Identity:
    return replace(identity, enabled=not identity.is_guest)


def _checked(identity: Identity) -> Identity:
    if len(identity.pairs) > MOST_LOGINS:
        raise invalid(f"An identity cannot have more than {MOST_LOGINS} linked logins.")
    return identity
