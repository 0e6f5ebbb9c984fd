"""One-time codes of a sign-in, by SMS or e-mail: as the first factor (OTP) or as the second (MFA).

A code is kept, sealed, with the challenge that it answers, and no longer than that.
"""

from __future__ import annotations

import hmac

from halfday.server.domain.sign_in.challenge_records import OneTimeCode
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.domain.user_pools.message_templates import Template, authentication
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.confirmation import CODE_DIGITS, make_code, masked, medium_of
from halfday.server.domain.users.users import User, aliases_in
from halfday.server.flows import outgoing_mail
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.user_existence import counted_as
from halfday.server.flows.sign_in.challenges import OpenChallenge, SignIn
from halfday.server.flows.users import logged
from halfday.server.services import Services
from halfday.server.storage.errors import Taken

FIRST_FACTOR_DIGITS = 8
"""Of EMAIL_OTP and SMS_OTP as first factors (facts/api.md §9)."""

_ATTRIBUTE_OF = {
    Challenge.SMS_MFA: "phone_number",
    Challenge.SMS_OTP: "phone_number",
    Challenge.EMAIL_OTP: "email",
}


def new_code(services: Services, user: User, challenge: Challenge, *, first: bool) -> OneTimeCode:
    """A code for this user's address. It is sent by `send`, once its challenge is kept."""
    attribute = _ATTRIBUTE_OF[challenge]
    code = make_code(services.random(16), FIRST_FACTOR_DIGITS if first else CODE_DIGITS)
    return OneTimeCode(code, attribute, user.attributes[attribute], first)


def delivery_parameters(code: OneTimeCode) -> dict[str, str]:
    """The challenge's parameters: by which medium the code went, and to which address, most of it masked."""
    return {
        "CODE_DELIVERY_DELIVERY_MEDIUM": medium_of(code.attribute),
        "CODE_DELIVERY_DESTINATION": masked(code.attribute, code.address),
    }


async def send(services: Services, sign_in: SignIn, user: User, code: OneTimeCode, *, pretence: bool = False) -> None:
    """Sends the code of a challenge that is kept: nobody has the session before this returns.

    `pretence`: all is done as ever, and nothing is sent.
    """
    pool, templates = sign_in.pool, sign_in.pool.templates
    if code.attribute == "email":
        template = Template(templates.email_authentication_subject, templates.email_authentication)
    else:
        template = Template(text=templates.sms_authentication)
    message = outgoing_mail.compose(
        services,
        pool,
        user,
        authentication(template, code.code),
        sign_in.context,
        purpose="Authentication",
        attribute=code.attribute,
        address=code.address,
        code=code.code,
    )
    lasts_s = sign_in.client.session_validity_minutes * 60
    await outgoing_mail.send(services, message, lasts_s=lasts_s, pretended=pretence)


async def check_code(services: Services, opened: OpenChallenge, answer: str) -> OneTimeCode:
    """The code that was sent, if this is it. Raises Refused; a wrong code is counted, and may be tried again.

    A code that went to an address that is the person's no more signs nobody in.
    """
    pool, username, sent = opened.sign_in.pool, opened.pending.username, opened.kept(OneTimeCode)
    counted = username if opened.begun.name is None else await counted_as(services, pool, opened.begun.name)
    await lockout.check_not_locked(services, pool, counted)
    right = hmac.compare_digest(sent.code.encode(), answer.encode("utf-8", "surrogatepass"))
    if opened.user is None or not right:
        client, pretended = opened.sign_in.client, opened.user is None
        await lockout.failed(services, pool, counted, client=client, challenge="Mfa", pretended=pretended)
        raise Refusal.WRONG_CODE.because(f"the code is not the one sent to {logged(opened.user)}")
    if opened.user.attributes.get(sent.attribute) != sent.address:
        detail = f"the code went to another {sent.attribute} than {logged(opened.user)} has now"
        raise Refusal.INVALID_SESSION.because(detail)
    return sent


async def mark_proven(services: Services, pool: Pool, user: User, code: OneTimeCode) -> User:
    """The code came back from where it was sent: the address is the person's.

    Where it is the other name of somebody else, it stays unverified: a sign-in takes no name from anybody.
    """
    verified_name, now = f"{code.attribute}_verified", services.clock()

    def proven(known: User) -> User:
        verified = {**known.attributes, verified_name: "true"}
        still_theirs = known.attributes.get(code.attribute) == code.address
        return known.with_attributes(verified, at=now) if still_theirs and verified != known.attributes else known

    try:
        return await services.store.users.change(user.pool_id, user.username, proven, aliases=aliases_in(pool))
    except Taken:
        return await services.store.users.get(user.pool_id, user.username)
