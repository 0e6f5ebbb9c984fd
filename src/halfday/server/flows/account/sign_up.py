"""Signing up by oneself, and confirming it. For the JSON API and the pages; usernames are `sign_up`'s."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from halfday.server.domain.refusals import Refused, invalid, not_authorized
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.confirmation import Confirmation, Purpose
from halfday.server.domain.users.users import User, UserStatus, aliases_in
from halfday.server.flows.account.confirmations import Delivery, check_code, redeem, send_code, was_sent, wrong_code
from halfday.server.flows.account.new_users import keep_user
from halfday.server.flows.factors.passwords import set_password
from halfday.server.flows.protection.auth_events import record
from halfday.server.flows.protection.limits import count_attempt, counted_name
from halfday.server.flows.protection.user_existence import pretend
from halfday.server.flows.triggers.sign_up import PreSignUp
from halfday.server.flows.users import find_user, logged, no_such_user
from halfday.server.services import Services
from halfday.server.storage.errors import Taken

log = logging.getLogger("halfday.messages")


def attribute_to_verify(pool: Pool, user: User) -> str | None:
    """Where the sign-up's code goes: to the phone first, of what the pool verifies and the person has [inferred]."""
    wanted = [name for name in ("phone_number", "email") if name in pool.auto_verified_attributes]
    return next((name for name in wanted if user.attributes.get(name)), None)


async def keep_signed_up(
    services: Services,
    pool: Pool,
    client: AppClient,
    user: User,
    password: str | None,
    decided: PreSignUp,
    context: RequestContext,
) -> tuple[User, Delivery | None]:
    """The new user as the pool's function wants them, and where the code went. Raises Refused, Taken.

    Who is confirmed already is sent no code. An address that the function verifies is the person's, also where it was
    another user's alias. Without a password the person signs in by codes.
    """
    status = UserStatus.CONFIRMED if decided.confirm else UserStatus.UNCONFIRMED
    user = replace(user, status=status, attributes=user.attributes | decided.verified)
    async with services.store.unit(pool.pool_id):
        if not decided.confirm:
            await _count_codes_to(services, pool, user.attributes)
        user = await keep_user(services, pool, user, transfer=bool(decided.verified))
        if password is not None:
            user = await set_password(services, pool, user, password, status=status, at=user.created_at)
        await record(services, pool, user.username, "SignUp", "Pass", client=client)
        if decided.confirm:
            return user, None
        return user, await send_sign_up_code(services, pool, user, context, word="SignUp")


async def _count_codes_to(services: Services, pool: Pool, attributes: Mapping[str, str]) -> None:
    """Counts the code that goes to this address: under ever new names anybody could have it filled. Raises Refused."""
    for attribute in pool.auto_verified_attributes:
        if address := attributes.get(attribute):
            await count_attempt(services, pool, f"{attribute} {address.lower()}", "SignUp")


async def send_sign_up_code(
    services: Services, pool: Pool, user: User, context: RequestContext, *, word: str
) -> Delivery | None:
    attribute = attribute_to_verify(pool, user)
    if attribute is None:
        return None
    return await send_code(services, pool, user, Purpose.SIGN_UP, attribute, word=word, context=context)


async def resend_code(
    services: Services, pool: Pool, client: AppClient, name: str, context: RequestContext
) -> Delivery:
    """Another code for who has not confirmed their sign-up. Asking is counted. Raises Refused."""
    user = await find_user(services, pool, name)
    await count_attempt(services, pool, counted_name(pool, name, user), "ResendConfirmationCode")
    if client.hide_unknown_users:
        anybodys = await answer_anybody(services, pool, client, user, name, context)
        if anybodys is None:
            raise _nothing_to_send()
        return anybodys
    if user is None:
        raise no_such_user()
    if not user.enabled:
        raise not_authorized("User is disabled.")
    if user.status is not UserStatus.UNCONFIRMED:
        raise invalid("User is already confirmed.")
    async with services.store.unit(pool.pool_id):
        delivery = await send_sign_up_code(services, pool, user, context, word="ResendCode")
        if delivery is None:
            raise _nothing_to_send()
        await record(services, pool, user.username, "ResendCode", "Pass", client=client)
    return delivery


def _nothing_to_send() -> Refused:
    return invalid("Cannot resend codes. Auto verification not turned on.")


async def answer_anybody(
    services: Services, pool: Pool, client: AppClient, user: User | None, name: str, context: RequestContext
) -> Delivery | None:
    """Another code, for clients that are not to learn who exists. The log says, of everybody, whether it was sent.

    None where the pool verifies no address, and so nobody is sent one.
    """
    by_phone_alone = "phone_number" in pool.auto_verified_attributes
    pretended_attribute = "phone_number" if by_phone_alone else "email"
    pretence = await pretend(services, pool, name, attribute=pretended_attribute, of=user)
    if not pool.auto_verified_attributes:
        return None
    own = None if _why_not(user) else attribute_to_verify(pool, user or pretence.user)
    who, attribute = (user, own) if user is not None and own is not None else (pretence.user, pretended_attribute)
    username = "" if user is None else user.username
    async with services.store.unit(pool.pool_id):
        delivery = await send_code(
            services,
            pool,
            who,
            Purpose.SIGN_UP,
            attribute,
            word="ResendCode",
            context=context,
            pretended_as=None if who is user else pretence.codes_of,
        )
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

    Every code but one that was sent is wrong, also of who waits for none any more. Raises Refused.
    """
    pretence = await pretend(services, pool, name)
    names = ((user or pretence.user).username, pretence.codes_of)
    of_user, _ = await services.store.confirmations.of_each(pool.pool_id, Purpose.SIGN_UP, *names)
    if user is None or not was_sent(of_user, code):
        raise wrong_code(f"the code was not sent to {logged(user)}")
    return user


async def confirm_sign_up(services: Services, pool: Pool, user: User, code: str, *, force_alias: bool) -> User:
    """The code confirms the person, and the address it was sent to. Raises Refused.

    Where the address is another user's name, `force_alias` takes it from them.
    """
    async with services.store.unit(pool.pool_id):
        user = await services.store.users.get(pool.pool_id, user.username)
        _check_unconfirmed(user)
        if not user.enabled:
            raise not_authorized("User is disabled.")  # the sentence is [inferred]
        waiting = await check_code(services, pool, user.username, Purpose.SIGN_UP, code)
        await redeem(services, waiting)
        try:
            return await services.store.users.change(
                user.pool_id,
                user.username,
                partial(_confirmed, by=waiting, at=services.clock()),
                aliases=aliases_in(pool),
                transfer=force_alias,
            )
        except Taken as problem:
            sentence = f"An account with the {waiting.attribute} already exists."
            raise Refused("AliasExistsException", sentence) from problem


async def confirm_by_administrator(services: Services, user: User) -> User:
    """Nothing but the state changes: no address is verified by it. Raises Refused."""
    change = partial(_confirmed, by=None, at=services.clock())
    return await services.store.users.change(user.pool_id, user.username, change)


def with_verified(user: User, waiting: Confirmation) -> dict[str, str]:
    """The attributes, with the address verified that the code went to, if it still is the person's."""
    if user.attributes.get(waiting.attribute) != waiting.address:
        return dict(user.attributes)
    return {**user.attributes, f"{waiting.attribute}_verified": "true"}


def _confirmed(user: User, *, by: Confirmation | None, at: float) -> User:
    """`by`: the code that came back, which verifies its address too. Raises Refused."""
    _check_unconfirmed(user)
    attributes = user.attributes if by is None else with_verified(user, by)
    return replace(user, status=UserStatus.CONFIRMED, attributes=attributes, modified_at=at)


def _check_unconfirmed(user: User) -> None:
    if user.status is not UserStatus.UNCONFIRMED:
        sentence = f"User cannot be confirmed. Current status is {user.status.value}"
        raise not_authorized(sentence)
