"""CustomMessage: the function words what a pool sends. Source: facts/triggers.md §4."""

from __future__ import annotations

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.message_templates import LINK_CLOSES, LINK_OPENS, Template
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.triggers import Trigger, unusable
from halfday.server.domain.users.users import User
from halfday.server.flows.triggers.answers import text
from halfday.server.flows.triggers.invoke import attributes_of, call, has
from halfday.server.services import Services

CODE, USERNAME, LINK = "{####}", "{username}", f"{LINK_OPENS}Click Here{LINK_CLOSES}"
_MOST_LETTERS = {"EMAIL": 20_000, "SMS": 140}
ADMIN_CREATE_USER = "AdminCreateUser"


def words_messages(pool: Pool) -> bool:
    """Whether a function words the pool's messages. Then they are worded, and sent, once what they tell of is kept."""
    return has(pool, Trigger.CUSTOM_MESSAGE)


async def wording(
    services: Services,
    pool: Pool,
    user: User,
    context: RequestContext,
    *,
    purpose: str,
    medium: str,
    by_link: bool,
) -> Template | None:
    """The function's text and subject for one message, None where it leaves the text to the pool.

    `purpose`: the last word of the trigger's source. Raises Refused, also for a text without its placeholder.
    """
    response = await call(
        services,
        pool,
        Trigger.CUSTOM_MESSAGE,
        f"CustomMessage_{purpose}",
        username=user.username,
        request={
            "userAttributes": attributes_of(user),
            "codeParameter": CODE,
            "linkParameter": LINK,
            "usernameParameter": USERNAME if purpose == ADMIN_CREATE_USER else None,
            **({"clientMetadata": dict(context.client_metadata)} if context.client_metadata else {}),
        },
        response={"smsMessage": None, "emailMessage": None, "emailSubject": None},
        context=context,
    )
    given = response or {}
    told = text(given, "emailMessage" if medium == "EMAIL" else "smsMessage")
    subject = text(given, "emailSubject") if medium == "EMAIL" else None
    if told is None:
        return None if subject is None else Template(subject)
    _check(told, medium, purpose, by_link=by_link)
    return Template(subject, told)


def _check(told: str, medium: str, purpose: str, *, by_link: bool) -> None:
    """Raises Refused; which placeholders are needed is AWS's, that the sentence is this one is [inferred]."""
    if len(told) > _MOST_LETTERS[medium]:
        raise unusable(f"a message by {medium} has at most {_MOST_LETTERS[medium]} letters")
    needed = [CODE] if not by_link else []
    if purpose == ADMIN_CREATE_USER:
        needed.append(USERNAME)
    missing = [each for each in needed if each not in told]
    if by_link and not (LINK_OPENS in told and LINK_CLOSES in told):
        missing.append(LINK)
    if missing:
        raise unusable(f"the message lacks {', '.join(missing)}")
