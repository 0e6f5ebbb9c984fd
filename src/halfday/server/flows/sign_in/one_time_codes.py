"""One-time codes of a sign-in, by SMS or e-mail: as the first factor (OTP) or as the second (MFA).

A code is kept, sealed, with the challenge that it answers, and no longer than that.
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from functools import partial

from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.challenge_records import OneTimeCode
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.domain.user_pools.message_templates import Template, authentication
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.confirmation import CODE_DIGITS, make_code, masked, medium_of
from halfday.server.domain.users.users import User, aliases_in
from halfday.server.flows import outgoing_mail
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.limits import count_attempt
from halfday.server.flows.protection.user_existence import counted_as, pretend
from halfday.server.flows.sign_in import challenges
from halfday.server.flows.sign_in.challenges import OpenChallenge, SignIn
from halfday.server.flows.users import logged
from halfday.server.services import Services
from halfday.server.storage.errors import Taken

FIRST_FACTOR_DIGITS = 8
"""Of EMAIL_OTP and SMS_OTP as first factors (facts/api.md §9)."""

ATTRIBUTE_OF = {
    Challenge.SMS_MFA: "phone_number",
    Challenge.SMS_OTP: "phone_number",
    Challenge.EMAIL_OTP: "email",
}


def new_code(services: Services, user: User, challenge: Challenge, *, first: bool) -> OneTimeCode:
    """A code for this user's address. It is sent by `send`, once its challenge is kept."""
    attribute = ATTRIBUTE_OF[challenge]
    return OneTimeCode(_digits(services, first=first), attribute, user.attributes[attribute], first)


def new_code_to(services: Services, challenge: Challenge, address: str) -> OneTimeCode:
    """A code for an address that nobody has yet: it is the person's once the code comes back."""
    return OneTimeCode(_digits(services, first=False), ATTRIBUTE_OF[challenge], address, is_new=True)


def _digits(services: Services, *, first: bool) -> str:
    return make_code(services.random(16), FIRST_FACTOR_DIGITS if first else CODE_DIGITS)


async def send_again(services: Services, opened: OpenChallenge, challenge: Challenge) -> tuple[str, dict[str, str]]:
    """Another code to the same address: (its session, its parameters). The session before is over.

    Asking is counted, and refused while the person is locked out. Raises Refused.
    """
    pool, sent, sign_in = opened.sign_in.pool, opened.kept(OneTimeCode), opened.sign_in
    counted = await _counted_as(services, opened)
    await lockout.check_not_locked(services, pool, counted)
    await count_attempt(services, pool, counted, "FirstFactorCode")
    fresh, name = replace(sent, code=_digits(services, first=sent.first)), opened.begun.name
    pretence = opened.user is None
    made_up = None if name is None else (await pretend(services, pool, name)).user  # for everybody: the same work
    user = opened.user or made_up or opened.the_user
    async with challenges.answered(services, opened):
        session = await challenges.put(services, sign_in, user, challenge, fresh, name=name, pretence=pretence)
        await send(services, sign_in, user, fresh, pretence=pretence)
    return session, delivery_parameters(fresh)


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
    composed = outgoing_mail.compose(
        services,
        pool,
        user,
        template,
        partial(authentication, code=code.code),
        sign_in.context,
        purpose="Authentication",
        attribute=code.attribute,
        address=code.address,
        code=code.code,
    )
    lasts_s = sign_in.client.session_validity_minutes * 60
    await outgoing_mail.send(services, composed, lasts_s=lasts_s, pretended=pretence)


async def check_code(services: Services, opened: OpenChallenge, answer: str) -> OneTimeCode:
    """The code that was sent, if this is it. Raises Refused; a wrong code is counted, and may be tried again.

    A code that went to an address that is the person's no more signs nobody in.
    """
    pool, sent = opened.sign_in.pool, opened.kept(OneTimeCode)
    counted = await _counted_as(services, opened)
    await lockout.check_not_locked(services, pool, counted)
    right = hmac.compare_digest(sent.code.encode(), answer.encode("utf-8", "surrogatepass"))
    if opened.user is None or not right:
        client, pretended = opened.sign_in.client, opened.user is None
        await lockout.failed(services, pool, counted, client=client, challenge="Mfa", pretended=pretended)
        raise Refusal.WRONG_CODE.because(f"the code is not the one sent to {logged(opened.user)}")
    known = opened.user.attributes.get(sent.attribute)
    if known != (None if sent.is_new else sent.address):
        detail = f"the code went to another {sent.attribute} than {logged(opened.user)} has now"
        raise Refusal.INVALID_SESSION.because(detail)
    return sent


async def _counted_as(services: Services, opened: OpenChallenge) -> str:
    name = opened.begun.name
    return opened.pending.username if name is None else await counted_as(services, opened.sign_in.pool, name)


async def mark_proven(services: Services, pool: Pool, user: User, code: OneTimeCode) -> User:
    """The code came back from where it was sent: the address is the person's.

    Where it is the other name of somebody else, it stays unverified: a sign-in takes no name from anybody. Raises
    Refused for a new address, where nobody else may have it even so.
    """
    verified_name, now = f"{code.attribute}_verified", services.clock()

    def proven(known: User, verified: str = "true") -> User:
        theirs = {code.attribute: code.address} if code.is_new else {}
        attributes = {**known.attributes, **theirs, verified_name: verified}
        still_theirs = known.attributes.get(code.attribute) == (None if code.is_new else code.address)
        changes = still_theirs and attributes != known.attributes
        return known.with_attributes(attributes, at=now) if changes else known

    change = partial(services.store.users.change, user.pool_id, user.username, aliases=aliases_in(pool))
    try:
        return await change(proven)
    except Taken:
        if not code.is_new:
            return await services.store.users.get(user.pool_id, user.username)
    try:
        return await change(partial(proven, verified="false"))
    except Taken as problem:
        sentence = f"An account with the given {code.attribute} already exists."
        raise Refused("AliasExistsException", sentence) from problem
