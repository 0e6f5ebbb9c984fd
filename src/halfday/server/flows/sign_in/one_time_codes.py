"""One-time codes of a sign-in, by SMS or e-mail: as the first factor (OTP) or as the second (MFA).

The code lives in the sealed memory of its session, and no longer than that.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.sign_in.next_step import Challenge, Refusal, SignInRefused
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.message_templates import Template, authentication
from halfday.server.domain.user_pools.messages import Message
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.confirmation import CODE_DIGITS, make_code, masked, medium_of
from halfday.server.domain.users.users import User, aliases_in, other_names_of
from halfday.server.flows import outgoing_mail
from halfday.server.flows.protection import lockout
from halfday.server.flows.protection.user_existence import counted_as
from halfday.server.flows.sign_in.challenges import Session
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


def attribute_of(challenge: Challenge) -> str:
    return _ATTRIBUTE_OF[challenge]


def new_code(
    services: Services, user: User, challenge: Challenge, *, first_factor: bool
) -> tuple[dict[str, str], dict[str, Any]]:
    """The challenge's parameters, and what its session has to remember. `send` comes once it is remembered."""
    attribute = attribute_of(challenge)
    code = make_code(services.random(16), FIRST_FACTOR_DIGITS if first_factor else CODE_DIGITS)
    address = user.attributes[attribute]
    memory = {"code": code, "attribute": attribute, "address": address}
    return delivery_parameters(attribute, masked(attribute, address)), memory


async def send(
    services: Services,
    pool: Pool,
    client: AppClient,
    user: User,
    memory: Mapping[str, Any],
    *,
    pretended: bool = False,
) -> None:
    """Sends the code that a session remembers: nobody has the session before this returns.

    `pretended`: all is done as ever, and nothing is sent.
    """
    attribute, code, templates = memory["attribute"], memory["code"], pool.templates
    if attribute == "email":
        template = Template(templates.email_authentication_subject, templates.email_authentication)
    else:
        template = Template(text=templates.sms_authentication)
    wording = authentication(template, code)
    message = Message(
        pool.pool_id,
        user.username,
        medium_of(attribute),
        memory["address"],
        wording.subject,
        wording.text,
        services.clock(),
        purpose="Authentication",
        code=code,
        sender=pool.email_from,
        reply_to=pool.email_reply_to,
        names=other_names_of(user),
    )
    lasts_s = client.session_validity_minutes * 60
    await outgoing_mail.send(services, message, lasts_s=lasts_s, pretended=pretended)


def delivery_parameters(attribute: str, destination: str) -> dict[str, str]:
    return {"CODE_DELIVERY_DELIVERY_MEDIUM": medium_of(attribute), "CODE_DELIVERY_DESTINATION": destination}


async def check_code(services: Services, session: Session, code: str) -> None:
    """Raises SignInRefused, and counts a wrong code as a wrong attempt. The session stays for another try.

    A code that went to an address that is the person's no more signs nobody in.
    """
    pool, username = session.sign_in.pool, session.pending.username
    counted = await counted_as(services, pool, session.memory["name"]) if "name" in session.memory else username
    await lockout.check_not_locked(services, pool, counted)
    expected = str(session.memory.get("code", ""))
    right = bool(expected) and hmac.compare_digest(expected.encode(), code.encode("utf-8", "surrogatepass"))
    if session.user is None or not right:
        client, nobody = session.sign_in.client, session.user is None
        await lockout.failed(services, pool, counted, client=client, challenge="Mfa", pretended=nobody)
        raise SignInRefused(Refusal.WRONG_CODE, f"the code is not the one sent to {logged(session.user)}")
    attribute = str(session.memory["attribute"])
    if session.the_user.attributes.get(attribute) != session.memory["address"]:
        detail = f"the code went to another {attribute} than {logged(session.user)} has now"
        raise SignInRefused(Refusal.INVALID_SESSION, detail)


async def mark_proven(services: Services, pool: Pool, user: User, memory: Mapping[str, Any]) -> User:
    """The code came back from where it was sent: the address is the person's.

    Where it is the other name of somebody else, it stays unverified: a sign-in takes no name from anybody.
    """
    attribute, now = str(memory["attribute"]), services.clock()

    def proven(known: User) -> User:
        verified = {**known.attributes, f"{attribute}_verified": "true"}
        still_theirs = known.attributes.get(attribute) == memory["address"]
        return known.with_attributes(verified, at=now) if still_theirs and verified != known.attributes else known

    try:
        return await services.store.users.change(user.pool_id, user.username, proven, aliases=aliases_in(pool))
    except Taken:
        return await services.store.users.get(user.pool_id, user.username)
