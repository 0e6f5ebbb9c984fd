"""Authenticator apps: the secret is handed out, proven by a code, and asked for at sign-in (RFC 6238)."""

from __future__ import annotations

from dataclasses import replace

from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import Refusal
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.factors import (
    TOTP_SECRET_BYTES,
    SoftwareToken,
    make_totp_secret,
    totp_step,
)
from halfday.server.domain.users.users import User
from halfday.server.flows.protection import lockout
from halfday.server.flows.users import logged
from halfday.server.services import Services
from halfday.server.storage.errors import Stale


async def associate(services: Services, pool: Pool, user: User) -> str:
    """A new secret, which waits for its first code. An app that is registered already stays in use until then.

    Raises Missing when the user is gone.
    """
    secret = make_totp_secret(services.random(TOTP_SECRET_BYTES))
    async with services.store.unit(pool.pool_id):
        await services.store.users.check_there(user)
        await services.store.software_tokens.set_pending(pool.pool_id, user.username, secret)
    return secret


async def prove(services: Services, pool: Pool, user: User, code: str, *, device_name: str | None) -> None:
    """Registers the secret that waits, in place of one from before. Raises as `proven_by` does."""
    await register(services, pool, user, await proven_by(services, pool, user, code, device_name=device_name))


async def proven_by(services: Services, pool: Pool, user: User, code: str, *, device_name: str | None) -> SoftwareToken:
    """The app with the waiting secret proven by this code, for `register`. The code cannot be used again.

    Raises Refused, also when no secret was handed out or too many wrong codes were tried.
    """
    await lockout.check_not_locked(services, pool, user.username)
    token = await services.store.software_tokens.find(pool.pool_id, user.username)
    if token is None or not token.pending_secret:
        raise Refusal.NO_TOTP.because(f"no secret was handed out to {logged(user)}")
    step = totp_step(token.pending_secret, code, services.clock())
    if step is None:
        await lockout.failed(services, pool, user.username)
        raise _not_proven(f"the code is none of the secret of {logged(user)}")
    return replace(token, secret=token.pending_secret, pending_secret="", last_step=step, device_name=device_name)


async def register(services: Services, pool: Pool, user: User, proven: SoftwareToken) -> None:
    """The app serves from now on.

    Raises Refused when another secret was handed out meanwhile, which the code was not of, and when the person was
    locked out by others meanwhile.
    """

    def registered(known: SoftwareToken) -> SoftwareToken:
        if known.pending_secret != proven.secret:
            raise _not_proven(f"another secret was handed out to {logged(user)} since")
        return proven

    async with services.store.unit(pool.pool_id):
        await lockout.check_not_locked(services, pool, user.username)
        await services.store.software_tokens.change(user.pool_id, user.username, registered)


async def waiting_secret(services: Services, pool: Pool, user: User) -> str:
    """The secret that was handed out last and waits for its first code. Raises Refused where there is none."""
    token = await services.store.software_tokens.find(pool.pool_id, user.username)
    if token is None or not token.pending_secret:
        raise Refusal.NO_TOTP.because(f"no secret was handed out to {logged(user)}")
    return token.pending_secret


async def has_one(services: Services, pool: Pool, user: User) -> bool:
    token = await services.store.software_tokens.find(pool.pool_id, user.username)
    return token is not None and bool(token.secret)


async def check(services: Services, pool: Pool, client: AppClient, user: User, code: str) -> tuple[SoftwareToken, int]:
    """The person's app and the time step of this code of it, for `use`. Raises Refused."""
    await lockout.check_not_locked(services, pool, user.username)
    token = await services.store.software_tokens.find(pool.pool_id, user.username)
    if token is None or not token.secret:
        raise Refusal.NO_TOTP.because(f"{logged(user)} has no authenticator app")
    step = totp_step(token.secret, code, services.clock())
    if step is None:
        await lockout.failed(services, pool, user.username, client=client, challenge="Mfa")
        raise Refusal.WRONG_TOTP.because(f"wrong code of the authenticator app of {logged(user)}")
    return token, step


async def use(services: Services, user: User, token: SoftwareToken, step: int) -> None:
    """The code of this step is used up. Raises Refused when it was before."""
    try:
        await services.store.software_tokens.use(token, step)
    except Stale as problem:
        raise Refusal.USED_TOTP.because(f"the code of {logged(user)} was used before") from problem


def _not_proven(detail: str) -> Refused:
    """The code is not of the secret that was handed out. The sentence is AWS's (facts/api.md §5)."""
    return Refused("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA", detail)
