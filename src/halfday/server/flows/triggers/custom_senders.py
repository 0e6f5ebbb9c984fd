"""CustomEmailSender and CustomSMSSender: the function sends the pool's codes. Source: facts/triggers.md §4.

It is called once what the code is for is kept, and nobody waits for it: what it answers, or that it fails, is in its
record and in the log. Nothing of the pool's leaves this machine by our own mail then.
"""

from __future__ import annotations

import logging

from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.messages import Message
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.triggers import KMS_KEY, Trigger
from halfday.server.domain.users.users import User
from halfday.server.flows.triggers.invoke import attributes_of, call, has
from halfday.server.outside.code_encryption import NotEncrypted
from halfday.server.services import Services

_SENDERS = {"EMAIL": Trigger.CUSTOM_EMAIL_SENDER, "SMS": Trigger.CUSTOM_SMS_SENDER}
_TYPES = {"EMAIL": "customEmailSenderRequestV1", "SMS": "customSMSSenderRequestV1"}
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

log = logging.getLogger("halfday.triggers")


def sends(pool: Pool, medium: str) -> bool:
    """Whether a function sends what goes by this medium."""
    return has(pool, _SENDERS[medium])


async def hand_over(services: Services, pool: Pool, user: User, message: Message, context: RequestContext) -> None:
    """The function has been told the code of this message. Raises nothing: it is called for nobody who waits."""
    trigger, encryption = _SENDERS[message.medium], services.code_encryption
    try:
        if encryption is None:
            raise NotEncrypted("the setting kms_url is not set any more")
        code = await encryption.encrypt(_as_sent(message), pool.lambda_config[KMS_KEY])
        await call(
            services,
            pool,
            trigger,
            f"{trigger}_{message.purpose}",
            username=user.username,
            request={
                "type": _TYPES[message.medium],
                "code": code,
                "userAttributes": attributes_of(user),
                **({"clientMetadata": dict(context.client_metadata)} if context.client_metadata else {}),
            },
            response={},
            context=context,
            asynchronous=True,
        )
    except NotEncrypted as problem:
        log.warning("a code of pool %s was not sent: %s was not called, %s", pool.pool_id, trigger, problem)
    except Refused as refused:
        log.warning("a code of pool %s was perhaps not sent: %s", pool.pool_id, refused.detail or refused.code)


def _as_sent(message: Message) -> str:
    """A temporary password comes with HTML's escapes (developer guide, Custom email sender Lambda trigger)."""
    code = message.code or ""
    return "".join(_ESCAPED.get(letter, letter) for letter in code) if message.purpose == "AdminCreateUser" else code
