"""A forgotten password: a code to an address that is known to be the person's, and a new password for it."""

from __future__ import annotations

import logging

from halfday.server.domain.refusals import Refused, invalid, not_authorized
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.next_step import second_factors
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA, Pool
from halfday.server.domain.users.auth_events import EventResponse
from halfday.server.domain.users.confirmation import Confirmation, Purpose
from halfday.server.domain.users.users import User, UserStatus, aliases_in
from halfday.server.flows.account.confirmations import (
    Delivery,
    checked,
    no_such_code,
    redeem,
    send_code,
    wrong_code,
)
from halfday.server.flows.account.migration import migrate
from halfday.server.flows.account.sign_up import with_verified
from halfday.server.flows.factors.passwords import Compared, compared_with_hashes, set_password
from halfday.server.flows.protection.auth_events import record
from halfday.server.flows.protection.limits import count_attempt, counted_name
from halfday.server.flows.protection.user_existence import pretend
from halfday.server.flows.triggers.sign_up import post_confirmation
from halfday.server.flows.users import find_user, logged, no_such_user
from halfday.server.services import Services

log = logging.getLogger("halfday.messages")

_ATTRIBUTE = {"verified_email": "email", "verified_phone_number": "phone_number"}
_BY_DEFAULT = ("verified_phone_number", "verified_email")
"""Of pools without AccountRecoverySetting (Developer guide, Recovering user accounts)."""
_FACTOR = {"email": EMAIL_OTP, "phone_number": SMS_MFA}


def check_state(user: User) -> None:
    """Raises Refused."""
    if not user.enabled:
        raise not_authorized("User is disabled.")
    if user.status in (UserStatus.FORCE_CHANGE_PASSWORD, UserStatus.EXTERNAL_PROVIDER):
        raise not_authorized("User password cannot be reset in the current state.")


def contact_of(pool: Pool, user: User) -> str:
    """The attribute that a recovery code goes to: verified, in the pool's order. Raises Refused.

    In pools that set an order, no address serves that a second factor goes to: one mailbox would be both factors (API
    reference, CreateUserPool, AccountRecoverySetting).
    """
    with_app = SOFTWARE_TOKEN_MFA in user.mfa_enabled
    barred = () if pool.recovery is None else second_factors(pool, user, has_software_token=with_app)
    for attribute in _attributes(pool):
        verified = user.attributes.get(attribute) and user.attributes.get(f"{attribute}_verified") == "true"
        if verified and _FACTOR[attribute] not in barred:
            return attribute
    raise _no_contact()


async def begin(services: Services, pool: Pool, client: AppClient, name: str, context: RequestContext) -> Delivery:
    """A recovery code, for whoever may set a password by themselves. Asking is counted. Raises Refused."""
    if not may_recover(pool):
        raise not_authorized("Contact administrator to reset password.")  # moto's sentence, for whoever is asked for
    user = await find_user(services, pool, name)
    await count_attempt(services, pool, counted_name(pool, name, user), "ForgotPassword")
    if user is None:
        user = await migrate(services, pool, client, name, None, context)
    if client.hide_unknown_users:
        return await answer_anybody(services, pool, client, user, name, context)
    if user is None:
        raise no_such_user()
    try:
        async with services.store.unit(pool.pool_id):
            delivery = await send_recovery_code(services, pool, user, context)
            await record(services, pool, user.username, "ForgotPassword", "InProgress", client=client)
    except Refused:
        await record(services, pool, user.username, "ForgotPassword", "Fail", client=client)
        raise
    return delivery


def may_recover(pool: Pool) -> bool:
    """Whether people may reset a password by themselves: not where AccountRecoverySetting is admin_only."""
    return pool.recovery != ("admin_only",)


async def finish(
    services: Services, pool: Pool, client: AppClient, name: str, code: str, password: str, context: RequestContext
) -> None:
    """The code that was sent sets a new password. It is looked at first: a better password may follow with it.

    Raises Refused.
    """
    user = await find_user(services, pool, name)
    await count_attempt(services, pool, counted_name(pool, name, user), "ConfirmForgotPassword")
    if client.hide_unknown_users:
        kept, is_theirs = await waiting_for(services, pool, user, name)
    elif user is None:
        raise no_such_user()
    else:
        check_state(user)
        kept, is_theirs = await services.store.confirmations.find(pool.pool_id, user.username, Purpose.PASSWORD), True
    waiting = checked(services, kept, code)
    if user is None or not is_theirs:
        raise wrong_code("the code was sent to nobody")
    compared = await compared_with_hashes(services, pool, user, password)
    async with services.store.unit(pool.pool_id):
        await recover(services, pool, user, waiting, password, compared)
        await record(services, pool, user.username, "ForgotPassword", "Pass", client=client)
        changed = await services.store.users.get(pool.pool_id, user.username)
    await post_confirmation(services, pool, changed, context, source="ConfirmForgotPassword")


async def send_recovery_code(services: Services, pool: Pool, user: User, context: RequestContext) -> Delivery:
    """Raises Refused."""
    check_state(user)
    attribute = contact_of(pool, user)
    return await send_code(services, pool, user, Purpose.PASSWORD, attribute, word="ForgotPassword", context=context)


async def answer_anybody(
    services: Services, pool: Pool, client: AppClient, user: User | None, name: str, context: RequestContext
) -> Delivery:
    """A recovery code, for clients that are not to learn who exists. The log says, of everybody, whether it was sent.

    Who is sent none, whyever, is treated like everybody else (Developer guide, Managing user existence error
    responses, names nobody, the disabled, and those without a verified address; here it is everybody). Raises
    Refused where nobody in the pool could be sent one.
    """
    pretence = await pretend(services, pool, name, attribute=_pretended_attribute(pool), of=user)
    why = _why_not(pool, user)
    who = pretence.user if user is None or why else user
    response: EventResponse = "InProgress" if who is user else "Fail"
    username = "" if user is None else user.username
    async with services.store.unit(pool.pool_id):
        delivery = await send_code(
            services,
            pool,
            who,
            Purpose.PASSWORD,
            contact_of(pool, who) if who is user else _pretended_attribute(pool),
            word="ForgotPassword",
            context=context,
            pretended_as=None if who is user else pretence.codes_of,
        )
        await record(services, pool, username, "ForgotPassword", response, client=client, pretended=user is None)
    log.info("recovery code of %s: %s", logged(user), why or "sent")
    return delivery


async def waiting_for(services: Services, pool: Pool, user: User | None, name: str) -> tuple[Confirmation | None, bool]:
    """What a code of anybody is held against, for clients that are not to learn who exists; and whether it is theirs.

    Of who is sent nothing it is the code of their pretence, which was sent to nobody.
    """
    pretence = await pretend(services, pool, name)
    names = ((user or pretence.user).username, pretence.codes_of)
    of_user, pretended = await services.store.confirmations.of_each(pool.pool_id, Purpose.PASSWORD, *names)
    if user is None or not user.enabled:
        return pretended, False
    lives = of_user is not None and services.clock() < of_user.expires_at
    return (of_user, True) if lives or not _why_not(pool, user) else (pretended, False)


async def recover(
    services: Services, pool: Pool, user: User, waiting: Confirmation, password: str, compared: Compared
) -> None:
    """The new password, for a code that has been checked. The address it went to is the person's.

    Raises Refused, also when they have another address since. A code serves again after a password that is refused.
    """
    now = services.clock()
    async with services.store.unit(pool.pool_id):
        user = await services.store.users.get(pool.pool_id, user.username)
        if user.attributes.get(waiting.attribute) != waiting.address:
            raise no_such_code(f"the code went to another {waiting.attribute} than {logged(user)} has now")
        await redeem(services, waiting)
        user = await set_password(services, pool, user, password, status=UserStatus.CONFIRMED, compared=compared)
        verified = with_verified(user, waiting)
        if verified != user.attributes:
            await services.store.users.change(
                user.pool_id,
                user.username,
                lambda known: known.with_attributes(verified, at=now),
                aliases=aliases_in(pool),
                transfer=True,
            )


def _why_not(pool: Pool, user: User | None) -> str:
    """Why this person is sent no recovery code, for the log; "" where one is sent."""
    try:
        if user is not None:
            check_state(user)
            contact_of(pool, user)
    except Refused as refused:
        return f"not sent: {refused}"
    return "not sent, as there is nobody" if user is None else ""


def _pretended_attribute(pool: Pool) -> str:
    """Where it is said to go: by mail where codes may go by mail. Raises Refused where they go nowhere."""
    attributes = _attributes(pool)
    if not attributes:
        raise _no_contact()
    return "email" if "email" in attributes else attributes[0]


def _attributes(pool: Pool) -> list[str]:
    """Those that codes may go to, in the pool's order; none where only an administrator resets passwords."""
    mechanisms = _BY_DEFAULT if pool.recovery is None else pool.recovery
    return [_ATTRIBUTE[mechanism] for mechanism in mechanisms if mechanism in _ATTRIBUTE]


def _no_contact() -> Refused:
    sentence = "Cannot reset password for the user as there is no registered/verified email or phone_number"
    return invalid(sentence)
