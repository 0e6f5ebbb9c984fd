"""Refresh tokens that follow one another in a family (RefreshTokenRotation of an app client).

A token can be used until it is rotated out, and for its client's grace period after that. The hash of every token is
kept until its family would end, so that a later use is recognised.
"""

from __future__ import annotations

from halfday.server.domain.refusals import Refused, not_authorized
from halfday.server.domain.sign_in.codes_and_sessions import RefreshToken, TokenFamily, digest
from halfday.server.services import Services
from halfday.server.storage.errors import Stale


def refresh_token_of(family: TokenFamily, text: str) -> RefreshToken:
    """It expires with its family, whenever it was issued."""
    return RefreshToken(family.pool_id, digest(text), family.origin_jti, family.username, family.expires_at)


async def check_unspent(services: Services, family: TokenFamily, presented: str) -> None:
    """Raises Refused. The family of a spent token goes on: nothing that AWS says tells otherwise."""
    token = await services.store.token_families.find_refresh_token(family.pool_id, digest(presented))
    if token is None:
        raise _ended()
    if token.is_spent(services.clock()):
        raise _spent()


async def rotate(services: Services, family: TokenFamily, presented: str, *, grace_s: int) -> str:
    """The refresh token that follows the presented one, which can still be used for its grace period. Raises Refused.

    Of several uses at once one rotates. The others, and repetitions within the grace period, each get one more token
    beside it: the presented token is still valid then.
    """
    families, text = services.store.token_families, services.token() + services.token()
    successor = refresh_token_of(family, text)
    async with services.store.unit(family.pool_id):
        if await families.find(family.pool_id, family.origin_jti) is None:
            raise _ended()
        try:
            await families.rotate(successor, replaced=digest(presented), serves_until=services.clock() + grace_s)
        except Stale:
            await check_unspent(services, family, presented)
            await families.add_refresh_token(successor)
    return text


def _ended() -> Refused:
    return not_authorized("Refresh Token has been revoked", "its token family has ended meanwhile")


def _spent() -> Refused:
    """Operations that do not declare the code say NotAuthorizedException (facts/tokens.md §5)."""
    sentence = "Refresh token has been invalidated by rotation"
    return Refused("RefreshTokenReuseException", sentence, "it was rotated out, and its time of grace is over")
