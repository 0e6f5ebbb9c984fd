"""Passwords: checked, replaced, and not used again where a pool remembers them. Kept as SRP verifiers only."""

from __future__ import annotations

from halfday.protocol import srp
from halfday.protocol.identifiers import pool_name_of
from halfday.server.domain.app_clients import AppClient
from halfday.server.domain.passwords import PastPassword
from halfday.server.domain.pools import Pool
from halfday.server.domain.sign_in import Refusal, SignInRefused, refusal_before_password
from halfday.server.domain.users import User, UserStatus
from halfday.server.flows import lockout
from halfday.server.flows.users import NOBODY, find_user, logged
from halfday.server.services import Services


class PasswordUsedBefore(Exception):
    """The pool remembers this password of this person. The sentence is AWS's (facts/api.md §5)."""

    def __init__(self) -> None:
        super().__init__("Password has previously been used")


async def check_password(services: Services, pool: Pool, client: AppClient, name: str, password: str) -> User:
    """The user whose password this is, in whatever state. Raises SignInRefused, and counts what is wrong."""
    user = await find_user(services, pool, name)
    counted = pool.fold(name) if user is None else user.username
    await lockout.check_not_locked(services, pool, counted)
    if user is None:
        _spend_the_time_of_a_check(pool, name, password)
        await lockout.failed(services, pool, counted)
        raise unknown_user(client)
    if (refusal := refusal_before_password(user)) is not None:
        _spend_the_time_of_a_check(pool, name, password)
        if refusal is Refusal.WRONG:  # whoever has no password is locked out like anybody
            await lockout.failed(services, pool, counted, client=client, challenge="Password")
        raise SignInRefused(refusal, f"{logged(user)} is {state_of(user)}")
    if not _is_password(pool, user, user.srp_salt, user.srp_verifier, password):
        await lockout.failed(services, pool, counted, client=client, challenge="Password")
        raise SignInRefused(Refusal.WRONG, f"wrong password for {logged(user)}")
    return user


async def set_password(
    services: Services, pool: Pool, user: User, password: str, *, status: UserStatus, temporary_until: float = 0.0
) -> User:
    """Replaces the password by its SRP verifier; the password is kept nowhere. Policy is the caller's to check.

    Raises PasswordUsedBefore in pools that remember passwords.
    """
    await check_history(services, pool, user, password)
    if pool.password_policy.history_size:
        await _remember(services, pool, user)
    verifier = srp.make_verifier(pool_name_of(pool.pool_id), user.username, password, services.random(srp.SALT_BYTES))
    await services.store.users.set_password(
        user,
        srp_salt=verifier.salt_hex,
        srp_verifier=verifier.verifier_hex,
        status=status,
        temporary_until=temporary_until,
        now=services.clock(),
    )
    return await services.store.users.get(pool.pool_id, user.username)


def unknown_user(client: AppClient) -> SignInRefused:
    refusal = Refusal.WRONG if client.hide_unknown_users else Refusal.UNKNOWN_USER
    return SignInRefused(refusal, NOBODY)


def state_of(user: User) -> str:
    return user.status.value if user.enabled else "disabled"


async def check_history(services: Services, pool: Pool, user: User, password: str) -> None:
    """The current password counts as the first of those that are remembered. Raises PasswordUsedBefore."""
    if not pool.password_policy.history_size:
        return
    past = await services.store.past_passwords.of_user(pool.pool_id, user.username)
    known = [(user.srp_salt, user.srp_verifier), *((p.srp_salt, p.srp_verifier) for p in past)]
    for salt, verifier in known[: pool.password_policy.history_size]:
        if verifier and _is_password(pool, user, salt, verifier, password):
            raise PasswordUsedBefore


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


def _spend_the_time_of_a_check(pool: Pool, name: str, password: str) -> None:
    """An unknown user takes as long to refuse as a wrong password, so that time does not tell them apart."""
    srp.make_verifier(pool_name_of(pool.pool_id), name, password, b"\x01" * srp.SALT_BYTES)
