"""The OpenID token of an identity: what STS, and the identity pool itself, take for who somebody is.

Source: facts/identity.md §6.
"""

from __future__ import annotations

from collections.abc import Mapping

from halfday.server.domain.aws.identity_pools import OPENID_LIFETIME_S, Identity, openid_claims
from halfday.server.flows.tokens.keys import IDENTITY_OWNER, sign_claims
from halfday.server.services import Services


async def openid_token(
    services: Services,
    identity: Identity,
    *,
    amr: list[str],
    tags: Mapping[str, str],
    lifetime_s: int = OPENID_LIFETIME_S,
) -> str:
    """`amr` says who it is and by which logins, `tags` become tags of the session."""
    claims = openid_claims(identity, amr=amr, now=services.clock(), tags=tags, lifetime_s=lifetime_s)
    return await sign_claims(services, IDENTITY_OWNER, "openid", claims)
