"""Identities of external providers that sign in as a user who is there already. Source: facts/federation.md §4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.users.users import User

COGNITO_SUBJECT = "Cognito_Subject"
LINKS_LIMIT = 5

Identities = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    """Whoever `provider_name` knows by this value of `attribute` signs in as `username`.

    `attribute` is Cognito_Subject, or an attribute of the pool to which a claim is mapped; the latter is bound to the
    subject that first signs in with it.
    """

    pool_id: str
    provider_name: str
    attribute: str
    value: str
    username: str
    created_at: float


def is_profile_of(user: User, provider_name: str, subject: str) -> bool:
    """Whether the user is the profile of this subject. The username alone proves nothing: a native user may choose the
    name `acme_42`.
    """
    pair = (provider_name, subject)
    return any(known["primary"] and (known["providerName"], known["userId"]) == pair for known in user.identities)


def with_link(identities: Identities, link: LinkedIdentity, provider_kind: str) -> Identities:
    """A user's identities with one more, which is not the primary one. Raises Refused."""
    if sum(not identity["primary"] for identity in identities) >= LINKS_LIMIT:
        raise Refused("LimitExceededException", f"A user cannot have more than {LINKS_LIMIT} linked identities.")
    new = {
        "userId": link.value,
        "providerName": link.provider_name,
        "providerType": provider_kind,
        "issuer": None,
        "primary": False,
        "dateCreated": int(link.created_at * 1000),
    }
    return (*identities, new)


def without_link(identities: Identities, link: LinkedIdentity) -> Identities:
    return tuple(identity for identity in identities if not _tells_of(identity, link))


def with_subject(identities: Identities, link: LinkedIdentity, subject: str) -> Identities:
    """The user's identities after a link by an attribute has been bound to its subject."""
    return tuple({**known, "userId": subject} if _tells_of(known, link) else known for known in identities)


def _tells_of(identity: dict[str, Any], link: LinkedIdentity) -> bool:
    named = (identity["providerName"], identity["userId"])
    return not identity["primary"] and named == (link.provider_name, link.value)
