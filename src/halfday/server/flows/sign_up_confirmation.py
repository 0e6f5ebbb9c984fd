"""Signing up by oneself, and confirming it. For the JSON API and the pages; usernames are `sign_up`'s."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from halfday.server.domain.app_clients import AppClient
from halfday.server.domain.confirmation import Confirmation, Purpose
from halfday.server.domain.pools import Pool
from halfday.server.domain.users import User, UserStatus, aliases_of
from halfday.server.flows.auth_events import record
from halfday.server.flows.confirmations import Delivery, check_code, send_code, use_up, was_sent, wrong_code
from halfday.server.flows.passwords import set_password
from halfday.server.flows.pretence import pretend
from halfday.server.flows.sign_up import create_user
from halfday.server.flows.users import logged
from halfday.server.services import Services
from halfday.server.storage.database import Taken

log = logging.getLogger("halfday.messages")


class CannotBeConfirmed(Exception):
    """The user is in a state that nobody is confirmed from. The sentences are AWS's (facts/api.md §5).

    That it is this one of somebody disabled is [inferred]: AWS documents the exception alone.
    """

    def __init__(self, user: User, *, disabled: bool = False) -> None:
        of_status = f"User cannot be confirmed. Current status is {user.status.value}"
        super().__init__("User is disabled." if disabled else of_status)


class AliasTaken(Exception):
    """The address that is to be confirmed is another user's name. The sentence is AWS's."""

    def __init__(self, attribute: str) -> None:
        super().__init__(f"An account with the {attribute} already exists.")


def attribute_to_verify(pool: Pool, user: User) -> str | None:
    """Where the sign-up's code goes: to the phone first, of what the pool verifies and the person has [inferred]."""
    wanted = [name for name in ("phone_number", "email") if name in pool.auto_verified_attributes]
    return next((name for name in wanted if user.attributes.get(name)), None)


async def sign_up(
    services: Services,
    pool: Pool,
    client: AppClient,
    username: str,
    password: str | None,
    attributes: Mapping[str, str],
) -> tuple[User, Delivery | None]:
    """An UNCONFIRMED user, and where the code went. Raises UsernameRefused, AttributeRefused, Taken.

    Without a password the person signs in by codes. Policy is the caller's to check.
    """
    user = await create_user(services, pool, username, attributes, status=UserStatus.UNCONFIRMED)
    if password is not None:
        user = await set_password(services, pool, user, password, status=UserStatus.UNCONFIRMED, at=user.created_at)
    await record(services, pool, user.username, "SignUp", "Pass", client=client)
    return user, await send_sign_up_code(services, pool, client, user, word="SignUp")


async def send_sign_up_code(
    services: Services, pool: Pool, client: AppClient, user: User, *, word: str
) -> Delivery | None:
    attribute = attribute_to_verify(pool, user)
    if attribute is None:
        return None
    return await send_code(services, pool, user, Purpose.SIGN_UP, attribute, word=word, client=client)


async def answer_anybody(
    services: Services, pool: Pool, client: AppClient, user: User | None, name: str
) -> Delivery | None:
    """Another code, for clients that are not to learn who exists. The log says, of everybody, whether it was sent.

    None where the pool verifies no address, and so nobody is sent one.
    """
    by_phone_alone = "phone_number" in pool.auto_verified_attributes
    nobodys = "phone_number" if by_phone_alone else "email"
    pretence = await pretend(services, pool, name, attribute=nobodys, of=user)
    if not pool.auto_verified_attributes:
        return None
    own = None if _why_not(user) else attribute_to_verify(pool, user or pretence.user)
    who, attribute = (user, own) if user is not None and own is not None else (pretence.user, nobodys)
    delivery = await send_code(
        services,
        pool,
        who,
        Purpose.SIGN_UP,
        attribute,
        word="ResendCode",
        client=client,
        pretended_as=None if who is user else pretence.codes_of,
    )
    username = "" if user is None else user.username
    await record(services, pool, username, "ResendCode", "Pass", client=client, pretended=who is not user)
    log.info("sign-up code of %s: %s", logged(user), "sent" if who is user else f"not sent: {_why_not(user)}")
    return delivery


def _why_not(user: User | None) -> str:
    if user is None:
        return "there is nobody"
    if not user.enabled:
        return "disabled"
    return "" if user.status is UserStatus.UNCONFIRMED else f"the status is {user.status.value}"


async def check_sign_up_code(
    services: Services, pool: Pool, client: AppClient, user: User | None, name: str, code: str
) -> User:
    """Whom the code would confirm, in clients that are not to learn who exists: without it, nobody is told apart.

    Every code but one that was sent is wrong, also of who waits for none any more. Raises CodeRefused.
    """
    pretence = await pretend(services, pool, name)
    names = ((user or pretence.user).username, pretence.codes_of)
    of_user, _ = await services.store.confirmations.of_each(pool.pool_id, Purpose.SIGN_UP, *names)
    if user is None or not was_sent(of_user, code):
        raise wrong_code(f"the code was not sent to {logged(user)}")
    return user


async def confirm_sign_up(services: Services, pool: Pool, user: User, code: str, *, force_alias: bool) -> User:
    """The code confirms the person, and the address it was sent to. Raises CodeRefused, CannotBeConfirmed, AliasTaken.

    Where the address is another user's name, `force_alias` takes it from them.
    """
    if user.status is not UserStatus.UNCONFIRMED:
        raise CannotBeConfirmed(user)
    if not user.enabled:
        raise CannotBeConfirmed(user, disabled=True)
    waiting = await check_code(services, pool, user.username, Purpose.SIGN_UP, code)
    verified = with_verified(user, waiting)
    aliases = aliases_of(pool, verified)
    if not force_alias and await _taken(services, pool, user, aliases):
        raise AliasTaken(waiting.attribute)
    await use_up(services, waiting)
    try:
        await services.store.users.set_attributes(user, verified, aliases, now=services.clock(), transfer=force_alias)
    except Taken as problem:
        raise AliasTaken(waiting.attribute) from problem
    return await _confirmed(services, user)


async def confirm_by_administrator(services: Services, user: User) -> User:
    """Nothing but the state changes: no address is verified by it. Raises CannotBeConfirmed."""
    if user.status is not UserStatus.UNCONFIRMED:
        raise CannotBeConfirmed(user)
    return await _confirmed(services, user)


def with_verified(user: User, waiting: Confirmation) -> dict[str, str]:
    """The attributes, with the address verified that the code went to, if it still is the person's."""
    if user.attributes.get(waiting.attribute) != waiting.address:
        return dict(user.attributes)
    return {**user.attributes, f"{waiting.attribute}_verified": "true"}


async def _confirmed(services: Services, user: User) -> User:
    users = services.store.users
    await users.set_status(user.pool_id, user.username, UserStatus.CONFIRMED, now=services.clock())
    return await users.get(user.pool_id, user.username)


async def _taken(services: Services, pool: Pool, user: User, aliases: Mapping[str, str]) -> bool:
    owners = [await services.store.users.find_by_any_name(pool.pool_id, alias) for alias in aliases]
    return any(owner is not None and owner.username != user.username for owner in owners)
