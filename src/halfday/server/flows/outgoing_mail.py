"""E-mail leaves by a queue in the store: nobody waits for a mail server, and nobody learns from its time who exists.

What is written here is answered for: a kill, or a mail server that is away, delays it. Between its sending and its
deletion a kill makes it leave twice, never not at all (docs/decisions/0027).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from halfday.server.domain.failures import without_words
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.message_templates import Template, Wording
from halfday.server.domain.user_pools.messages import CLAIMED_FOR_S, Message, OutgoingMail, pause_after
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.confirmation import medium_of
from halfday.server.domain.users.users import User, other_names_of
from halfday.server.flows.triggers.custom_senders import hand_over, sends
from halfday.server.flows.triggers.messages import wording, words_messages
from halfday.server.outside.messages import DeliveryFailed
from halfday.server.services import Services

INVITATION_LASTS_S = 86400
LOOK_EVERY_S = 0.25
"""Not at once: the work of sending would fall into the very next request of whoever asked, and tell who was found."""
AT_ONCE = 8
_LAST_WORDS_S = 3

log = logging.getLogger("halfday.messages")


@dataclass(frozen=True, slots=True)
class Composed:
    """A message of a pool to a user, worded by the pool's templates. `fill` words it anew, where a function has texts
    of its own (CustomMessage), with a link in place of the code where it is `by_link`. `context`: of the request that
    brings it about.
    """

    message: Message
    pool: Pool
    user: User
    context: RequestContext
    fill: Callable[[Template], Wording] = field(repr=False)
    template: Template
    by_link: bool = False

    @property
    def worded_later(self) -> bool:
        """By a function, which is called once what the message tells of is kept."""
        return words_messages(self.pool) and not self.sent_by_function

    @property
    def sent_by_function(self) -> bool:
        """Whoever sends it words it too: the pool's other function is not called then [inferred]."""
        return sends(self.pool, self.message.medium)


def compose(
    services: Services,
    pool: Pool,
    user: User,
    template: Template,
    fill: Callable[[Template], Wording],
    context: RequestContext,
    *,
    purpose: str,
    attribute: str,
    address: str,
    code: str,
    by_link: bool = False,
) -> Composed:
    """A message of the pool to this user, at `address`, which is one of this attribute.

    Every code and invitation is composed here.
    """
    wording = fill(template)
    message = Message(
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
    return Composed(message, pool, user, context, fill, template, by_link)


def mail_of(services: Services, composed: Composed, *, lasts_s: float, pretended: bool = False) -> OutgoingMail | None:
    """What is to be written with what the message tells of; None where e-mail does not leave this machine, for an SMS,
    for what is worded later, and for what a function sends.
    """
    if composed.sent_by_function or (composed.worded_later and not pretended):
        return None
    return _mail_of(services, composed.message, lasts_s=lasts_s, pretended=pretended)


def _mail_of(services: Services, message: Message, *, lasts_s: float, pretended: bool) -> OutgoingMail | None:
    if services.mailer is None or message.medium != "EMAIL":
        return None
    now, mail_id = services.clock(), services.uuid()
    return OutgoingMail(message.pool_id, mail_id, message.username, now, now + lasts_s, message, pretended)


async def send(services: Services, composed: Composed, *, lasts_s: float, pretended: bool = False) -> None:
    """The message is kept and shown on this machine, and waits to leave it."""
    mail = mail_of(services, composed, lasts_s=lasts_s, pretended=pretended)
    async with services.store.unit(composed.pool.pool_id):
        if mail is not None:
            await services.store.outgoing_mail.insert(mail)
        await keep(services, composed, lasts_s=lasts_s, pretended=pretended)


async def keep(services: Services, composed: Composed, *, lasts_s: float, pretended: bool) -> None:
    """On this machine, once what it belongs to is kept. A pretended one takes as long, and is kept nowhere.

    What a function words leaves the machine by this too. Raises Refused when the function fails: what the message
    tells of stands then, and nothing was sent, as on AWS (facts/triggers.md §2).
    """
    if composed.worded_later and not pretended:
        await services.store.afterwards(lambda: _word_and_send(services, composed, lasts_s=lasts_s))
        return
    if composed.sent_by_function and not pretended:
        await services.store.afterwards(lambda: _hand_over(services, composed))
        return
    way = services.messages.pretend if pretended else services.messages.send
    await services.store.afterwards(lambda: way(composed.message))


async def _hand_over(services: Services, composed: Composed) -> None:
    """The message is shown on this machine, and the function called for it by nobody who waits."""
    pool, user, message, context = composed.pool, composed.user, composed.message, composed.context
    await services.messages.send(message)
    services.functions.in_background(hand_over(services, pool, user, message, context))


async def _word_and_send(services: Services, composed: Composed, *, lasts_s: float) -> None:
    message = composed.message
    own = await wording(
        services,
        composed.pool,
        composed.user,
        composed.context,
        purpose=message.purpose,
        medium=message.medium,
        by_link=composed.by_link,
    )
    if own is not None:
        subject, text = composed.fill(
            Template(own.subject or composed.template.subject, own.text or composed.template.text)
        )
        message = replace(message, subject=subject, text=text)
    mail = _mail_of(services, message, lasts_s=lasts_s, pretended=False)
    if mail is not None:
        await services.store.outgoing_mail.insert(mail)
    await services.messages.send(message)


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
