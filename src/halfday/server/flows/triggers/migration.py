"""UserMigration: the function knows somebody whom the pool does not know yet. Source: facts/triggers.md §4, §7."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.triggers import NOT_INVOKED, Trigger
from halfday.server.domain.users.users import UserStatus
from halfday.server.flows.triggers.answers import flag, table_of_texts, text, texts
from halfday.server.flows.triggers.invoke import call
from halfday.server.services import Services

_STATUSES = {"CONFIRMED": UserStatus.CONFIRMED, "RESET_REQUIRED": UserStatus.RESET_REQUIRED}
_MEDIA = frozenset({"EMAIL", "SMS"})
_RESPONSE = (
    "userAttributes",
    "forceAliasCreation",
    "enableSMSMFA",
    "finalUserStatus",
    "messageAction",
    "desiredDeliveryMediums",
)


@dataclass(frozen=True, slots=True)
class Migrated:
    """Somebody as the function knows them. `invited_by`: the media of a welcome, none where it is suppressed."""

    attributes: Mapping[str, str] = field(repr=False)
    status: UserStatus = UserStatus.RESET_REQUIRED
    invited_by: tuple[str, ...] = ()
    takes_aliases: bool = False
    sms_mfa: bool = False


async def migrated(
    services: Services, pool: Pool, client_id: str, name: str, password: str | None, context: RequestContext
) -> Migrated | None:
    """Who this is, as the function says; None where the pool has no such function. `password` None: it was forgotten.

    Raises Refused, also for a function that could not be invoked, and for an answer that makes nobody (seen as
    "Exception migrating user in app client …").
    """
    request = {
        "password": password,
        "validationData": dict(context.validation_data) or None,
        **({"clientMetadata": dict(context.client_metadata)} if context.client_metadata else {}),
    }
    source = "UserMigration_ForgotPassword" if password is None else "UserMigration_Authentication"
    try:
        response = await call(
            services,
            pool,
            Trigger.USER_MIGRATION,
            source,
            username=name,
            request=request,
            response=dict.fromkeys(_RESPONSE),
            context=context,
        )
    except Refused as refused:
        if refused.code != NOT_INVOKED:
            raise
        raise no_user_of_it(client_id, refused.detail or refused.sentence) from refused
    if response is None:
        return None
    attributes = table_of_texts(response, "userAttributes")
    status = _STATUSES.get(text(response, "finalUserStatus") or "RESET_REQUIRED")
    media = texts(response, "desiredDeliveryMediums")
    if not attributes or status is None or not _MEDIA.issuperset(media or ()) or "sub" in attributes:
        raise no_user_of_it(client_id, "the answer makes no user")
    return Migrated(
        attributes,
        status,
        () if text(response, "messageAction") == "SUPPRESS" else tuple(media or ("SMS",)),
        flag(response, "forceAliasCreation"),
        flag(response, "enableSMSMFA"),
    )


def no_user_of_it(client_id: str, detail: str) -> Refused:
    """AWS's sentence: seen in applications that match it."""
    return Refused("UserNotFoundException", f"Exception migrating user in app client {client_id}", detail)
