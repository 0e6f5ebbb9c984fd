"""E-mail leaves by a queue in the store: nobody waits for a mail server, and nobody learns from its time who exists.

What is written here is answered for: a kill, or a mail server that is away, delays it. Between its sending and its
deletion a kill makes it leave twice, never not at all (docs/decisions/0027).
"""

from __future__ import annotations

import asyncio
import logging

from halfday.server.domain.failures import without_words
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.message_templates import Wording
from halfday.server.domain.user_pools.messages import CLAIMED_FOR_S, Message, OutgoingMail, pause_after
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.confirmation import medium_of
from halfday.server.domain.users.users import User, other_names_of
from halfday.server.outside.messages import DeliveryFailed
from halfday.server.services import Services

INVITATION_LASTS_S = 86400
LOOK_EVERY_S = 0.25
"""Not at once: the work of sending would fall into the very next request of whoever asked, and tell who was found."""
AT_ONCE = 8
_LAST_WORDS_S = 3

log = logging.getLogger("halfday.messages")


def mail_of(services: Services, message: Message, *, lasts_s: float, pretended: bool = False) -> OutgoingMail | None:
    """What is to be written for this message; None where e-mail does not leave this machine, and for an SMS."""
    if services.mailer is None or message.medium != "EMAIL":
        return None
    now, mail_id = services.clock(), services.uuid()
    return OutgoingMail(message.pool_id, mail_id, message.username, now, now + lasts_s, message, pretended)


def compose(
    services: Services,
    pool: Pool,
    user: User,
    wording: Wording,
    context: RequestContext,
    *,
    purpose: str,
    attribute: str,
    address: str,
    code: str,
) -> Message:
    """A message of the pool to this user, at `address`, which is one of this attribute.

    Every code and invitation is composed here. `context`: of the request that brings it about, for the functions that
    word and send messages in a pool's stead, of which none is called yet.
    """
    return Message(
        pool.pool_id,
        user.username,
        medium_of(attribute),
        address,
        wording.subject,
        wording.text,
        services.clock(),
        purpose=purpose,
        code=code,
        sender=pool.email_from,
        reply_to=pool.email_reply_to,
        names=other_names_of(user),
    )


async def send(services: Services, message: Message, *, lasts_s: float, pretended: bool = False) -> None:
    """The message is kept and shown on this machine, and waits to leave it."""
    mail = mail_of(services, message, lasts_s=lasts_s, pretended=pretended)
    async with services.store.unit(message.pool_id):
        if mail is not None:
            await services.store.outgoing_mail.insert(mail)
        await keep(services, message, pretended=pretended)


async def keep(services: Services, message: Message, *, pretended: bool) -> None:
    """Only on this machine, once what it belongs to is kept. A pretended one takes as long, and is kept nowhere."""
    way = services.messages.pretend if pretended else services.messages.send
    await services.store.afterwards(lambda: way(message))


async def deliver_forever(services: Services) -> None:
    """Sends what is due, until it is cancelled. What is under way then has a moment to end."""
    under_way: set[asyncio.Task[None]] = set()
    try:
        while True:
            try:
                await deliver_due(services, under_way)
            except Exception as problem:
                log.error("the queue of e-mail cannot be read\n%s", without_words(problem))
            await asyncio.sleep(LOOK_EVERY_S)
    finally:
        if under_way:
            await asyncio.wait(under_way, timeout=_LAST_WORDS_S)
        for task in under_way:
            task.cancel()


async def deliver_due(services: Services, under_way: set[asyncio.Task[None]]) -> None:
    """Begins what is due, a few at once. What has waited too long is given up."""
    queue, now = services.store.outgoing_mail, services.clock()
    for mail in await queue.take_expired(now):
        if not mail.pretended:
            log.warning("e-mail of %s for pool %s given up: it waited too long", mail.message.purpose, mail.pool_id)
    if services.mailer is None or len(under_way) >= AT_ONCE:
        return
    for mail in await queue.due(now, limit=AT_ONCE - len(under_way)):
        if mail.pretended:
            await queue.delete(mail)
        elif await queue.claim(mail, until=now + CLAIMED_FOR_S):
            task = asyncio.create_task(_deliver(services, mail))
            under_way.add(task)
            task.add_done_callback(under_way.discard)


async def _deliver(services: Services, mail: OutgoingMail) -> None:
    queue, what = services.store.outgoing_mail, (mail.message.purpose, mail.pool_id)
    if services.mailer is None:
        return
    try:
        await services.mailer.send(mail.message)
        await queue.delete(mail)
    except DeliveryFailed as failed:
        if failed.for_good:
            log.warning("e-mail of %s for pool %s given up: %s", *what, failed)
            await queue.delete(mail)
        else:
            pause_s = pause_after(mail.tries + 1)
            log.warning("e-mail of %s for pool %s tried again in %.0f s: %s", *what, pause_s, failed)
            await queue.put_off(mail, until=min(services.clock() + pause_s, mail.expires_at))
    except Exception as problem:  # its claim ends by itself, and it is tried again
        log.error("e-mail of %s for pool %s broke off\n%s", *what, without_words(problem))
