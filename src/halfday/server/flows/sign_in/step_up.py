"""Somebody who is signed in steps up: they show what is missing for a level, and nothing that they have shown already.

For the JSON API, by an access token, and for the pages, by the browser's session. Source: Developer guide, Step-up
authentication with the USER_AUTH flow; its sentences are [inferred]. All of it raises Refused.
"""

from __future__ import annotations

from dataclasses import replace

from halfday.server.domain.refusals import invalid, not_authorized
from halfday.server.domain.sign_in.authentication_levels import Authentication
from halfday.server.domain.sign_in.codes_and_sessions import BrowserSession, TokenFamily
from halfday.server.domain.sign_in.next_step import Challenge, Proof, Refusal, needs_second_factor
from halfday.server.domain.sign_in.tokens import API_SCOPE
from halfday.server.domain.user_pools.acr_names import effective_names
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User
from halfday.server.flows.sign_in.challenges import SignIn
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, advance, put_challenge, standing_of
from halfday.server.flows.tokens.tokens import check_access_token, family_of_access_token
from halfday.server.flows.users import find_user
from halfday.server.services import Services

_REACHED = "The access token already satisfies the requested ACR value."
_PASSKEYS = frozenset({"swk", "hwk"})


def is_recent(auth_time: float, max_age_s: int | None, now: float) -> bool:
    """Whether a sign-in is recent enough. `max_age` 0 asks for a new one in any case (OpenID Connect Core §3.1.2.1)."""
    return max_age_s is None or (max_age_s > 0 and now - auth_time <= max_age_s)


async def with_token(
    services: Services, sign_in: SignIn, access_token: str, name: str, *, max_age_s: int | None
) -> Outcome | None:
    """What stands between this token's sign-in and the level; None where it is too old, and counts for nothing.

    `name` is whom the call names: the token has to be theirs. A token that has the level already is refused, so that
    nobody renews tokens by stepping up.
    """
    shown = await check_access_token(services, access_token, scope=API_SCOPE)
    user = await find_user(services, sign_in.pool, name)
    family = await family_of_access_token(services, shown.pool, shown.claims)
    if user is None or user.sub != shown.user.sub or shown.client.client_id != sign_in.client.client_id:
        raise not_authorized("Invalid Access Token", "the token is another user's than USERNAME, or another client's")
    if family is None:
        raise not_authorized("Access Token has been revoked", "its token family has ended")
    if not is_recent(family.auth_time, max_age_s, services.clock()):
        return None
    begun = _signed_in(sign_in, _credited(family, shown.pool), family.auth_time)
    standing = await standing_of(services, begun, user)
    if standing.ways_on == () and not needs_second_factor(standing):
        raise invalid(_REACHED)
    return await advance(services, begun, user, proof=Proof.SESSION, guessed=False)


async def ways_in(services: Services, sign_in: SignIn, session: BrowserSession, user: User) -> tuple[str, ...] | None:
    """What may be shown next in a browser that is signed in; () where nothing is missing, None where nothing helps."""
    begun = _signed_in(sign_in, session.authentication, session.auth_time)
    return (await standing_of(services, begun, user)).ways_on


async def begin(services: Services, sign_in: SignIn, session: BrowserSession, user: User, chosen: str) -> Challenged:
    """The factor that was chosen of `ways_in` is asked for."""
    if chosen not in (await ways_in(services, sign_in, session, user) or ()):
        raise Refusal.INVALID_SESSION.because("the factor is none that leads to the level that was asked for")
    begun = _signed_in(sign_in, session.authentication, session.auth_time)
    return await put_challenge(services, begun, user, Challenge(chosen))


def _signed_in(sign_in: SignIn, shown: Authentication, auth_time: float) -> SignIn:
    """The sign-in goes on from what was shown. Second factors that were shown are not asked for again."""
    proven = {Proof.SESSION}
    if len(shown.own) > 1:
        proven.add(Proof.SECOND)
    if _PASSKEYS & set(shown.own):
        proven.add(Proof.VERIFIED_PASSKEY)
    return replace(sign_in, proven=frozenset(proven), shown=shown, auth_time=auth_time)


def _credited(family: TokenFamily, pool: Pool) -> Authentication:
    """What the sign-in counts for. A level under a name that the pool uses no more is not credited, its methods are."""
    stale = family.acr is not None and family.acr not in effective_names(pool.acr_names).values()
    return family.authentication.without_credit() if stale else family.authentication
