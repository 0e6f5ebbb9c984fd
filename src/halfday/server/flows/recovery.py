"""A forgotten password: a code to an address that is known to be the person's, and a new password for it."""

from __future__ import annotations

from halfday.server.domain.confirmation import Confirmation, Purpose
from halfday.server.domain.pools import EMAIL_OTP, SMS_MFA, SOFTWARE_TOKEN_MFA, Pool
from halfday.server.domain.sign_in import second_factors
from halfday.server.domain.users import User, UserStatus, aliases_of
from halfday.server.flows.confirmations import (
    CodeRefused,
    Delivery,
    no_such_code,
    send_code,
    use_up,
    wrong_code,
)
from halfday.server.flows.passwords import check_history, set_password
from halfday.server.flows.pretence import pretended_delivery
from halfday.server.flows.sign_up_confirmation import with_verified
from halfday.server.flows.users import logged
from halfday.server.services import Services

_ATTRIBUTE = {"verified_email": "email", "verified_phone_number": "phone_number"}
_BY_DEFAULT = ("verified_phone_number", "verified_email")
"""Of pools without AccountRecoverySetting (Developer guide, Recovering user accounts)."""
_FACTOR = {"email": EMAIL_OTP, "phone_number": SMS_MFA}


class NotRecoverable(Exception):
    """The password cannot be reset. Code and sentence are AWS's (facts/api.md §5, ForgotPassword).

    `tells`: clients that are not to learn who exists are not to hear it either (Developer guide, Managing user
    existence error responses).
    """

    def __init__(self, code: str, sentence: str, *, tells: bool = False) -> None:
        super().__init__(sentence)
        self.code, self.tells = code, tells


def check_state(user: User) -> None:
    """Raises NotRecoverable."""
    if not user.enabled:
        raise NotRecoverable("NotAuthorizedException", "User is disabled.", tells=True)
    if user.status in (UserStatus.FORCE_CHANGE_PASSWORD, UserStatus.EXTERNAL_PROVIDER):
        raise NotRecoverable("NotAuthorizedException", "User password cannot be reset in the current state.")


def contact_of(pool: Pool, user: User) -> str:
    """The attribute that a recovery code goes to: verified, in the pool's order. Raises NotRecoverable.

    In pools that set an order, no address serves that a second factor goes to: one mailbox would be both factors (API
    reference, CreateUserPool, AccountRecoverySetting). What AWS says where only an administrator may reset is not
    known; here it is what it says without an address.
    """
    with_app = SOFTWARE_TOKEN_MFA in user.mfa_enabled
    barred = () if pool.recovery is None else second_factors(pool, user, has_software_token=with_app)
    for attribute in _attributes(pool):
        verified = user.attributes.get(attribute) and user.attributes.get(f"{attribute}_verified") == "true"
        if verified and _FACTOR[attribute] not in barred:
            return attribute
    raise _no_contact()


async def pretended_recovery(services: Services, pool: Pool, name: str) -> Delivery:
    """What is said of somebody who does not exist, and is not to be told from who does. Raises NotRecoverable."""
    attributes = _attributes(pool)
    if not attributes:
        raise _no_contact()
    return await pretended_delivery(services, pool, name, by_mail="email" in attributes)


async def is_sent_nothing(services: Services, pool: Pool, user: User) -> bool:
    """Whether it is only pretended that a code went to this person, and none is waited for from before."""
    if not user.enabled:
        return True
    if await services.store.confirmations.find(pool.pool_id, user.username, Purpose.PASSWORD) is not None:
        return False
    try:
        contact_of(pool, user)
    except NotRecoverable:
        return True
    return False


async def pretended_refusal(services: Services, pool: Pool, username: str) -> CodeRefused:
    """Of a code that went to nobody: wrong if one was asked for, as anybody's would be, else never sent."""
    asked = await services.store.attempts.find(pool.pool_id, username, "ForgotPassword")
    if asked is None or services.clock() >= asked.last_at + Purpose.PASSWORD.lifetime_s:
        return no_such_code(f"no code was asked for by {username!r}, who is sent none")
    return wrong_code(f"{username!r} was sent no code, whatever was said")


async def send_recovery_code(services: Services, pool: Pool, user: User) -> Delivery:
    """Raises NotRecoverable, DeliveryFailed."""
    check_state(user)
    return await send_code(services, pool, user, Purpose.PASSWORD, contact_of(pool, user), word="ForgotPassword")


async def recover(services: Services, pool: Pool, user: User, waiting: Confirmation, password: str) -> None:
    """The new password, for a code that has been checked. The address it went to is the person's.

    Raises CodeRefused, also when they have another address since; PasswordUsedBefore, and then the code is as good as
    before.
    """
    if user.attributes.get(waiting.attribute) != waiting.address:
        raise no_such_code(f"the code went to another {waiting.attribute} than {logged(user)} has now")
    await check_history(services, pool, user, password)
    await use_up(services, waiting)
    user = await set_password(services, pool, user, password, status=UserStatus.CONFIRMED)
    verified = with_verified(user, waiting)
    if verified != user.attributes:
        aliases = aliases_of(pool, verified)
        await services.store.users.set_attributes(user, verified, aliases, now=services.clock(), transfer=True)


def _attributes(pool: Pool) -> list[str]:
    """Those that codes may go to, in the pool's order; none where only an administrator resets passwords."""
    mechanisms = _BY_DEFAULT if pool.recovery is None else pool.recovery
    return [_ATTRIBUTE[mechanism] for mechanism in mechanisms if mechanism in _ATTRIBUTE]


def _no_contact() -> NotRecoverable:
    sentence = "Cannot reset password for the user as there is no registered/verified email or phone_number"
    return NotRecoverable("InvalidParameterException", sentence, tells=True)
