"""A sign-up by oneself that ends in a sign-in: signed up, confirmed by a code, signed in with no password asked again.

For the JSON API and the pages. How a user is made and a code is sent is in flows/account/sign_up. All of it raises
Refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from halfday.server.domain.refusals import Refused, invalid, not_authorized
from halfday.server.domain.sign_in.next_step import AFTER_CONFIRMATION, AFTER_SIGN_UP, Proof
from halfday.server.domain.user_pools.app_clients import check_writable
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.triggers import Trigger
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.flows.account import sign_up as account
from halfday.server.flows.account.confirmations import Delivery
from halfday.server.flows.account.new_users import new_user, taken_alias
from halfday.server.flows.protection.limits import count_attempt, counted_name
from halfday.server.flows.sign_in import challenges
from halfday.server.flows.sign_in.challenges import OpenChallenge, SignIn
from halfday.server.flows.sign_in.sign_in import Outcome, advance
from halfday.server.flows.triggers import sign_up as triggers
from halfday.server.flows.triggers.invoke import has
from halfday.server.flows.triggers.sign_up import PreSignUp
from halfday.server.flows.users import find_user, no_such_user
from halfday.server.services import Services
from halfday.server.storage.errors import Taken


@dataclass(frozen=True, slots=True)
class SignedUp:
    """A new user, where the code went, and the session that signs them in once they are confirmed."""

    user: User
    delivery: Delivery | None
    session: str | None = field(repr=False)


async def sign_up(
    services: Services, sign_in: SignIn, username: str, password: str | None, attributes: Mapping[str, str]
) -> SignedUp:
    pool, client = sign_in.pool, sign_in.client
    if pool.admin_create_user_only:
        raise not_authorized("SignUp is not permitted for this user pool")
    check_writable(client, attributes)
    _check_password(pool, password)
    new = new_user(services, pool, username, attributes, status=UserStatus.UNCONFIRMED)
    decided = await _ask_function(services, sign_in, new)
    try:
        async with services.store.unit(pool.pool_id):
            user, delivery = await account.keep_signed_up(
                services, pool, client, new, password, decided, sign_in.context
            )
            stands = AFTER_CONFIRMATION if decided.confirm else AFTER_SIGN_UP
            session = await session_for(services, sign_in, user, stands)
    except Taken as problem:
        raise await _taken(services, pool, username, attributes) from problem
    if decided.confirm:
        await triggers.post_confirmation(services, pool, user, sign_in.context)
    return SignedUp(user, delivery, session)


async def _ask_function(services: Services, sign_in: SignIn, new: User) -> PreSignUp:
    """What the pool's function decides of the new user. It is not asked of a name that somebody has [inferred]."""
    pool = sign_in.pool
    if has(pool, Trigger.PRE_SIGN_UP):
        names = (new.username, *(new.attributes.get(name, "") for name in pool.username_attributes))
        for name in filter(None, names):
            if await services.store.users.find_by_any_name(pool.pool_id, pool.fold(name)) is not None:
                raise await _taken(services, pool, name, new.attributes)
    return await triggers.pre_sign_up(services, pool, triggers.SIGN_UP, new.username, new.attributes, sign_in.context)


async def _taken(services: Services, pool: Pool, username: str, attributes: Mapping[str, str]) -> Refused:
    taken = await taken_alias(services, pool, username, attributes)
    message = f"An account with the given {taken} already exists." if taken else "User already exists"
    return Refused("UsernameExistsException", message)


async def confirm(
    services: Services, sign_in: SignIn, name: str, code: str, *, session: str | None, force_alias: bool
) -> str | None:
    """The code confirms the person. What is returned signs them in at once (`sign_in_confirmed`), None does not.

    They have proven who they are by the password, if the sign-up's session comes along, and else by the code, where
    people may sign in by codes. Source: Amplify for JavaScript sends no session and expects one;
    aws-amplify/amplify-android#3136.
    """
    pool, client = sign_in.pool, sign_in.client
    user = await find_user(services, pool, name)
    await count_attempt(services, pool, counted_name(pool, name, user), "ConfirmSignUp")
    if user is None and not client.hide_unknown_users:
        raise no_such_user()
    opened = None if session is None else await _opened(services, sign_in, session, name)
    if user is None or client.hide_unknown_users:
        user = await account.check_sign_up_code(services, pool, client, user, name, code)
    async with services.store.unit(pool.pool_id):
        user = await account.confirm_sign_up(services, pool, user, code, force_alias=force_alias)
        if opened is not None:
            await challenges.take(services, opened)
        signs_in = opened is not None or pool.passwordless
        stands_in = await session_for(services, sign_in, user, AFTER_CONFIRMATION) if signs_in else None
    await triggers.post_confirmation(services, pool, user, sign_in.context)
    return stands_in


async def sign_in_confirmed(services: Services, sign_in: SignIn, session: str, name: str) -> Outcome:
    """The session that `confirm` handed out stands for the first factor, once."""
    opened = await challenges.open_session(services, sign_in, session, AFTER_CONFIRMATION, name=name)
    async with challenges.answered(services, opened):
        return await advance(services, opened.sign_in, opened.the_user, proof=Proof.SIGNED_UP)


async def session_for(services: Services, sign_in: SignIn, user: User, stands: str) -> str | None:
    """For whom the sign-in goes on later: on the pages, and over the API at clients that may use USER_AUTH."""
    if not (sign_in.on_pages or sign_in.client.allows_flow("ALLOW_USER_AUTH")):
        return None
    return await challenges.put(services, sign_in, user, stands)


async def _opened(services: Services, sign_in: SignIn, session: str, name: str) -> OpenChallenge | None:
    """On the pages a session that has expired costs the sign-in only: the person is confirmed, and signs in."""
    try:
        return await challenges.open_session(services, sign_in, session, AFTER_SIGN_UP, name=name)
    except Refused:
        if sign_in.on_pages:
            return None
        raise


def _check_password(pool: Pool, password: str | None) -> None:
    """Only where people may do without one may it be missing."""
    if password is not None:
        pool.password_policy.check(password, told="Password did not conform with policy")
    elif not pool.passwordless:
        raise invalid("Missing required parameter Password")
