"""Single sign-on: how long a browser that signed in to a pool's pages stays signed in, and for which app clients."""

from __future__ import annotations

from halfday.protocol.identifiers import SESSION_ID_BYTES, make_session_id
from halfday.server.domain.sign_in.authentication_levels import Authentication
from halfday.server.domain.sign_in.codes_and_sessions import BROWSER_SESSION_LIFETIME_S, BrowserSession, digest
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User
from halfday.server.services import Services


async def begin(
    services: Services,
    pool: Pool,
    client: AppClient,
    user: User,
    authentication: Authentication,
    *,
    auth_time: float | None = None,
    at_provider: tuple[str, str] = ("", ""),
) -> tuple[str, BrowserSession]:
    """A new browser session, and the secret that stands for it in the browser's cookie.

    `at_provider`: the external provider by which the user came, and their session there.

    It lasts an hour, which silent use does not lengthen. In a pool that tracks sessions it has a name, and lasts as
    long as the most lenient of the pool's clients takes it: each client judges for itself (`serves`). `auth_time`: when
    they signed in who have stepped up since, which lengthens no session [inferred]. Raises Missing when the user was
    disabled or deleted meanwhile.
    """
    value, now, tracked = services.token(), services.clock(), pool.sessions.tracked
    since = now if auth_time is None else auth_time
    longest = await services.store.app_clients.longest_sso_minutes(pool.pool_id) if tracked else 0
    session = BrowserSession(
        pool_id=pool.pool_id,
        session_hash=digest(value),
        username=user.username,
        auth_time=since,
        expires_at=since + max(BROWSER_SESSION_LIFETIME_S, longest * 60),
        client_id=client.client_id,
        session_id=make_session_id("sso", services.random(SESSION_ID_BYTES)) if tracked else None,
        active_at=now,
        provider_name=at_provider[0],
        provider_session=at_provider[1],
        authentication=authentication,
    )
    async with services.store.unit(pool.pool_id):
        await services.store.users.check_may_sign_in(user)
        await services.store.browser_sessions.insert(session)
    return value, session


def serves(session: BrowserSession, pool: Pool, client: AppClient, now: float) -> bool:
    """Whether this client takes the session for a sign-in: measured from the person's last fresh one.

    Its MaxValidityMinutes rests while the pool does not track sessions (API reference, SetUserPoolSessionConfiguration
    and SetUserPoolClientSessionConfiguration).
    """
    own = client.sso_minutes if pool.sessions.tracked else None
    lasts_s = BROWSER_SESSION_LIFETIME_S if own is None else own * 60
    return now < min(session.auth_time + lasts_s, session.expires_at)
