"""Codes outside of sign-in: sent to an address, and redeemed once. Source: facts/api.md §5, §9, §10."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import urlencode

from halfday.protocol.endpoints import Domain
from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.message_templates import Template, Wording, verification, verification_link
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.confirmation import Confirmation, Purpose, make_code, masked, medium_of
from halfday.server.domain.users.users import User
from halfday.server.flows import outgoing_mail
from halfday.server.services import Services
from halfday.server.storage.errors import Missing

_SUPERSEDED = 20
"""So many replaced codes are distinguished from wrong ones."""


def wrong_code(detail: str) -> Refused:
    return Refused("CodeMismatchException", "Invalid verification code provided, please try again.", detail)


def no_such_code(detail: str) -> Refused:
    return Refused("ExpiredCodeException", "Invalid code provided, please request a code again.", detail)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a code went: the attribute, and its address with most of it masked."""

    attribute: str
    destination: str = field(repr=False)

    @property
    def medium(self) -> str:
        return medium_of(self.attribute)


async def send_code(
    services: Services,
    pool: Pool,
    user: User,
    purpose: Purpose,
    attribute: str,
    *,
    word: str,
    context: RequestContext,
    address: str | None = None,
    pretended_as: str | None = None,
) -> Delivery:
    """Sends a new code, which ends the one before. `word` is the CustomMessage trigger's for the occasion.

    `address`: a new value of the attribute, which takes effect when the code comes back. A sign-up through an app
    client is confirmed by a link, where the pool confirms by links. `pretended_as`: all is done as ever, but nothing
    is sent, and the code, which nobody learns, waits under this username. Raises Missing when the user is gone.
    """
    code, now = make_code(services.random(16)), services.clock()
    to = address or user.attributes[attribute]
    username = pretended_as or user.username
    waiting = Confirmation(
        pool_id=pool.pool_id,
        username=username,
        purpose=purpose,
        attribute=attribute,
        address=to,
        sent_at=now,
        expires_at=now + purpose.lifetime_s,
        code=code,
        is_new=address is not None,
    )
    template, fill, by_link = _wording(services, pool, user, purpose, attribute, code, context)
    composed = outgoing_mail.compose(
        services,
        pool,
        user,
        template,
        fill,
        context,
        purpose=word,
        attribute=attribute,
        address=to,
        code=code,
        by_link=by_link,
    )
    pretended = pretended_as is not None
    mail = outgoing_mail.mail_of(services, composed, lasts_s=purpose.lifetime_s, pretended=pretended)
    async with services.store.unit(pool.pool_id):
        await _check_there(services, user, pretended=pretended)
        (before,) = await services.store.confirmations.of_each(pool.pool_id, purpose, username)
        former = () if before is None else (before.code, *before.superseded)[:_SUPERSEDED]
        await services.store.confirmations.put(replace(waiting, superseded=former), mail)
        await outgoing_mail.keep(services, composed, lasts_s=purpose.lifetime_s, pretended=pretended)
    return Delivery(attribute, masked(attribute, to))


async def _check_there(services: Services, user: User, *, pretended: bool) -> None:
    """It is looked at for whoever is made up too: the same statements run. Raises Missing."""
    try:
        await services.store.users.check_there(user)
    except Missing:
        if not pretended:
            raise


async def check_code(services: Services, pool: Pool, username: str, purpose: Purpose, code: str) -> Confirmation:
    """What the code confirms. It is not used up by this. Raises Refused."""
    return checked(services, await services.store.confirmations.find(pool.pool_id, username, purpose), code)


def checked(services: Services, waiting: Confirmation | None, code: str) -> Confirmation:
    """The confirmation that waits, if this is its code. Raises Refused."""
    if waiting is None or services.clock() >= waiting.expires_at:
        raise no_such_code("no code is waited for")
    if _is(waiting.code, code):
        return waiting
    if any(_is(former, code) for former in waiting.superseded):
        raise no_such_code("a newer code was sent since")
    raise wrong_code("the code is not the one that was sent")


def was_sent(waiting: Confirmation | None, code: str) -> bool:
    """Whether this code was sent for the purpose at any time that is still remembered."""
    return waiting is not None and any(_is(sent, code) for sent in (waiting.code, *waiting.superseded))


def _is(sent: str, code: str) -> bool:
    return hmac.compare_digest(sent.encode(), code.encode("utf-8", "surrogatepass"))


async def redeem(services: Services, waiting: Confirmation) -> None:
    """Of two answers at once, one is refused. Raises Refused."""
    if await services.store.confirmations.take(waiting) is None:
        raise no_such_code("the code was used meanwhile")


def _wording(
    services: Services, pool: Pool, user: User, purpose: Purpose, attribute: str, code: str, context: RequestContext
) -> tuple[Template, Callable[[Template], Wording], bool]:
    """The pool's template, what fills one, and whether it has a link in place of the code."""
    templates, with_code = pool.templates, partial(verification, code=code)
    if attribute != "email":
        return Template(text=templates.sms_verification), with_code, False
    if purpose is not Purpose.SIGN_UP or context.client_id is None or not templates.by_link:
        return Template(templates.email_verification_subject, templates.email_verification), with_code, False
    query = {"client_id": context.client_id, "user_name": user.username, "confirmation_code": code}
    url = f"{Domain(services.origin).confirm_user}?{urlencode(query)}"
    template = Template(templates.email_by_link_subject, templates.email_by_link)
    return template, partial(verification_link, url=url), True
