"""Users who come over from another directory when they sign in, or have forgotten their password.

The function of the pool vouches for the password: it is kept whatever the pool's policy says (Developer guide,
Importing users with a user migration Lambda trigger).
"""

from __future__ import annotations

from dataclasses import replace

from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import SMS_MFA, Pool
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.flows.account.new_users import keep_user, new_user
from halfday.server.flows.factors.passwords import keep_password
from halfday.server.flows.triggers.migration import Migrated, migrated, no_user_of_it
from halfday.server.services import Services
from halfday.server.storage.errors import Taken


async def migrate(
    services: Services, pool: Pool, client: AppClient, name: str, password: str | None, context: RequestContext
) -> User | None:
    """The new user, whom the function knew; None where the pool has no such function. Raises Refused."""
    known = await migrated(services, pool, client.client_id, name, password, context)
    if known is None:
        return None
    try:
        user = _user_of(services, pool, name, known)
        async with services.store.unit(pool.pool_id):
            user = await keep_user(services, pool, user, transfer=known.takes_aliases)
            if password is not None and known.status is UserStatus.CONFIRMED:
                user = await keep_password(services, pool, user, password, status=known.status, at=user.created_at)
            return user
    except Refused as refused:
        raise no_user_of_it(client.client_id, refused.sentence) from refused
    except Taken as problem:
        raise no_user_of_it(client.client_id, "somebody else has one of these names") from problem


def _user_of(services: Services, pool: Pool, name: str, known: Migrated) -> User:
    user = new_user(services, pool, name, known.attributes, status=known.status)
    texted = known.sms_mfa and "phone_number" in known.attributes
    return replace(user, mfa_enabled=(SMS_MFA,)) if texted else user
