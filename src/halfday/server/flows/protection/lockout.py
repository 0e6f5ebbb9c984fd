"""Lock-out after wrong passwords and second factors. A name that nobody has is locked like any other.

Attempts during a lock are refused and not counted; tokens, or a quarter of an hour without a wrong attempt, make all
forgotten. Source: facts/api.md §7.

An attempt is decided once, in one unit: whether the name is locked is looked at where a wrong attempt is counted
(`failed`) and where a right one takes effect (`advance`, `register`). Of many attempts at once, so many count as would
one after the other; the others are refused, right or wrong. Looking before the proof is checked only saves the work.
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
    """Raises Refused while attempts with this name are locked out."""
    now = services.clock()
    made = await services.store.attempts.find(pool.pool_id, username, SIGN_IN)
    if made is None or made.expires_at <= now:
        return
    until = locked_until(made.count, made.last_at)
    if now < until:
        detail = f"locked out for {until - now:.0f} s more, after {made.count} wrong attempts"
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
    """Counts a wrong attempt. With a client it is a sign-in, and recorded where the pool watches them.

    `pretended`: nobody in the pool has the name. Raises Refused, and counts nothing, when the name was locked
    meanwhile.
    """
    wrong = [] if challenge is None else [EventChallenge(challenge, "Failure")]
    attempts, now = services.store.attempts, services.clock()
    async with services.store.unit(pool.pool_id):
        await check_not_locked(services, pool, username)
        if client is not None:
            await record(
                services, pool, username, "SignIn", "Fail", client=client, challenges=wrong, pretended=pretended
            )
        await attempts.count(pool.pool_id, username, SIGN_IN, now=now, window_s=FORGOTTEN_AFTER_S, sliding=True)


async def forget(services: Services, pool: Pool, username: str) -> None:
    await services.store.attempts.forget(pool.pool_id, username, SIGN_IN)
