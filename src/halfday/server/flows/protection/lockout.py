"""Lock-out after wrong passwords and second factors. A name that no user has is locked out like any other.

Source: facts/api.md §7. Attempts during a lock are refused and not counted. The count is reset by a completed sign-in,
or by 15 minutes without a wrong attempt.
"""

from __future__ import annotations

from halfday.server.domain.sign_in.next_step import Refusal
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.attempts import FORGOTTEN_AFTER_S, SIGN_IN, locked_until
from halfday.server.domain.users.auth_events import EventChallenge
from halfday.server.flows.protection.auth_events import record
from halfday.server.services import Services


async def check_not_locked(services: Services, pool: Pool, username: str) -> None:
    """Raises Refused."""
    now = services.clock()
    failed = await services.store.attempts.find(pool.pool_id, username, SIGN_IN)
    if failed is None or failed.expires_at <= now:
        return
    until = locked_until(failed.count, failed.last_at)
    if now < until:
        detail = f"locked out for {until - now:.0f} s more, after {failed.count} wrong attempts"
        raise Refusal.LOCKED.because(detail)


async def failed(
    services: Services,
    pool: Pool,
    username: str,
    *,
    client: AppClient | None = None,
    challenge: str | None = None,
    pretended: bool = False,
) -> None:
    """Counts a wrong attempt. With a client it is a sign-in, and recorded as an event in pools with threat protection.

    `pretended`: no user has the name.
    """
    wrong = [] if challenge is None else [EventChallenge(challenge, "Failure")]
    attempts, now = services.store.attempts, services.clock()
    async with services.store.unit(pool.pool_id):
        if client is not None:
            await record(
                services, pool, username, "SignIn", "Fail", client=client, challenges=wrong, pretended=pretended
            )
        await attempts.count(pool.pool_id, username, SIGN_IN, now=now, window_s=FORGOTTEN_AFTER_S, sliding=True)


async def forget(services: Services, pool: Pool, username: str) -> None:
    await services.store.attempts.forget(pool.pool_id, username, SIGN_IN)
