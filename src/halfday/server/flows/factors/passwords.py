"""Passwords: checked, replaced, and not used again where a pool remembers them. Kept as SRP verifiers only."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.protocol import srp
from halfday.protocol.identifiers import pool_name_of
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import Refusal, refusal_before_password
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.password_policy import PastPassword
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.password_hashes import is_hash
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.flows.factors import brought_hashes
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.limits import counted_name
from halfday.server.flows.protection.user_existence import pretend
from halfday.server.flows.users import NOBODY, find_user, logged
from halfday.server.services import Services

Compared = Mapping[str, bool]
"""Hashes of other products by which somebody's passwords are remembered, and whether they are of the new one."""
NOTHING: Compared = {}


async def check_password(services: Services, pool: Pool, client: AppClient, name: str, password: str) -> User:
    """The user whose password this is, whatever their status. Raises Refused, and counts a wrong password.

    A password is always checked, if need be against the verifier of a decoy, so that the time does not tell who exists.
    A client with PreventUserExistenceErrors learns that a user is disabled only with the right password.
    """
    user = await find_user(services, pool, name)
    hidden = client.hide_unknown_users or bool(pool.brought_hashes) or user is None or not user.srp_verifier
    decoy = (await pretend(services, pool, name)).user if hidden else None
    counted = counted_name(pool, name, user)
    await lockout.check_not_locked(services, pool, counted)
    refusal = Refusal.WRONG if user is None else refusal_before_password(user)
    by_hash = await brought_hashes.is_proven(pool, user, password)
    shown = user if user is not None and user.srp_verifier and not is_hash(user.srp_verifier) else decoy
    right = shown is not None and _is_password(pool, shown, shown.srp_salt, shown.srp_verifier, password)
    right = right or by_hash
    if user is not None and refusal is Refusal.DISABLED and (right or not client.hide_unknown_users):
        raise refusal.because(f"{logged(user)} is disabled")
    if user is None or refusal is not None or not right:
        await lockout.failed(services, pool, counted, client=client, challenge="Password", pretended=user is None)
        raise unknown_user(client) if user is None else _wrong_password(user, refusal)
    return await _with_verifier(services, pool, user, password) if by_hash else user


async def _with_verifier(services: Services, pool: Pool, user: User, password: str) -> User:
    """Raises Refused where another password was set since this one was proven."""
    known = await brought_hashes.replaced(services, pool, user, password)
    if is_hash(known.srp_verifier) or not _is_password(pool, known, known.srp_salt, known.srp_verifier, password):
        raise Refusal.WRONG.because(f"{logged(user)} has another password since it was proven")
    return known


def _wrong_password(user: User, refusal: Refusal | None) -> Refused:
    detail = f"wrong password for {logged(user)}"
    return Refusal.WRONG.because(detail if refusal is None else f"{detail}, who is {state_of(user)}")


async def set_password(
    services: Services,
    pool: Pool,
    user: User,
    password: str,
    *,
    status: UserStatus,
    temporary_until: float = 0.0,
    at: float | None = None,
    in_place: bool = False,
    compared: Compared = NOTHING,
) -> User:
    """Replaces the password by its SRP verifier; the password is kept nowhere.

    `at` is when: now, or the creation of a user who gets a first password (UserCreateDate and UserLastModifiedDate
    of a new user are equal, facts/news.md). `in_place`: of the password that `user` has, which was proven.
    `compared`: by `compared_with_hashes`, of somebody who may have had a password before.

    Raises Refused for a password that the pool's policy or memory does not allow, and where another was set since.
    """
    pool.password_policy.check(password)
    return await keep_password(
        services,
        pool,
        user,
        password,
        status=status,
        temporary_until=temporary_until,
        at=at,
        in_place=in_place,
        compared=compared,
    )


async def keep_password(
    services: Services,
    pool: Pool,
    user: User,
    password: str,
    *,
    status: UserStatus,
    temporary_until: float = 0.0,
    at: float | None = None,
    in_place: bool = False,
    compared: Compared = NOTHING,
) -> User:
    """As `set_password`, of a password that somebody else's policy has allowed."""
    verifier = srp.make_verifier(pool_name_of(pool.pool_id), user.username, password, services.random(srp.SALT_BYTES))
    async with services.store.unit(pool.pool_id):
        known = await services.store.users.get(pool.pool_id, user.username)
        if in_place and known.srp_verifier != user.srp_verifier:
            raise Refusal.WRONG.because(f"{logged(user)} has another password since it was proven")
        await check_history(services, pool, known, password, compared)
        if pool.password_policy.history_size:
            await _remember(services, pool, known)
        return await services.store.users.set_password(
            known,
            srp_salt=verifier.salt_hex,
            srp_verifier=verifier.verifier_hex,
            status=status,
            temporary_until=temporary_until,
            now=services.clock() if at is None else at,
        )


def unknown_user(client: AppClient) -> Refused:
    refusal = Refusal.WRONG if client.hide_unknown_users else Refusal.UNKNOWN_USER
    return refusal.because(NOBODY)


def state_of(user: User) -> str:
    return user.status.value if user.enabled else "disabled"


async def compared_with_hashes(services: Services, pool: Pool, user: User, password: str) -> Compared:
    """Whether the password is one that is remembered as another product's hash. Not within a unit: it takes time."""
    if not pool.password_policy.history_size:
        return NOTHING
    hashes = [verifier for _, verifier in await _remembered(services, pool, user) if is_hash(verifier)]
    return await brought_hashes.compared(hashes, password)


async def check_history(
    services: Services, pool: Pool, user: User, password: str, compared: Compared = NOTHING
) -> None:
    """The current password counts as the first of those that are remembered. Raises Refused.

    Also for a hash that is not in `compared`: somebody was given it since.
    """
    if not pool.password_policy.history_size:
        return
    for salt, verifier in await _remembered(services, pool, user):
        if is_hash(verifier):
            if verifier not in compared:
                raise Refusal.WRONG.because(f"{logged(user)} has another password since it was compared")
            is_known = compared[verifier]
        else:
            is_known = bool(verifier) and _is_password(pool, user, salt, verifier, password)
        if is_known:
            raise Refused("PasswordHistoryPolicyViolationException", "Password has previously been used")


async def _remembered(services: Services, pool: Pool, user: User) -> list[tuple[str, str]]:
    """Salt and verifier of as many as the pool remembers, the current one first."""
    past = await services.store.past_passwords.of_user(pool.pool_id, user.username)
    known = [(user.srp_salt, user.srp_verifier), *((p.srp_salt, p.srp_verifier) for p in past)]
    return known[: pool.password_policy.history_size]


async def _remember(services: Services, pool: Pool, user: User) -> None:
    if not user.srp_verifier:
        return
    past = services.store.past_passwords
    now = services.clock()
    await past.insert(PastPassword(pool.pool_id, user.username, now, user.srp_salt, user.srp_verifier))
    kept = (await past.of_user(pool.pool_id, user.username))[: pool.password_policy.history_size]
    await past.forget_before(pool.pool_id, user.username, kept[-1].set_at)


def _is_password(pool: Pool, user: User, salt: str, verifier: str, password: str) -> bool:
    return srp.password_matches(srp.Verifier(salt, verifier), pool_name_of(pool.pool_id), user.username, password)
