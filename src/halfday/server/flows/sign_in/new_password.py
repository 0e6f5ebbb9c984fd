"""NEW_PASSWORD_REQUIRED answered: a password of one's own, and the attributes that the pool still misses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from halfday.server.domain.refusals import invalid, not_authorized
from halfday.server.domain.sign_in.authentication_levels import Method
from halfday.server.domain.sign_in.next_step import Proof, Refusal
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.attributes import attribute_objections, changed, full_schema
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User, UserStatus, aliases_in, aliases_of
from halfday.server.flows.account.new_users import taken_alias
from halfday.server.flows.factors.passwords import check_history, compared_with_hashes, set_password
from halfday.server.flows.sign_in import challenges
from halfday.server.flows.sign_in.challenges import OpenChallenge
from halfday.server.flows.sign_in.sign_in import Outcome, advance, missing_attributes
from halfday.server.flows.users import logged
from halfday.server.services import Services
from halfday.server.storage.errors import Taken

_NOT_THEIRS_TO_SAY = ("email_verified", "phone_number_verified", "sub", "identities")


async def take_new_password(
    services: Services, opened: OpenChallenge, password: str, attributes: Mapping[str, str]
) -> Outcome:
    """The new password is set, with the attributes that were missing: what stands next. Raises Refused, Taken.

    What is refused for its attributes or its password leaves the session as it is. An address given here is unverified.
    """
    user, sign_in = opened.the_user, opened.sign_in
    if user.status is not UserStatus.FORCE_CHANGE_PASSWORD:
        raise Refusal.INVALID_SESSION.because(f"no new password is asked of {logged(user)} any more")
    _check_given(sign_in.pool, sign_in.client, user, attributes)
    compared = await compared_with_hashes(services, sign_in.pool, user, password)
    await check_history(services, sign_in.pool, user, password, compared)
    merged = changed(user.attributes, attributes)
    aliases = aliases_of(sign_in.pool, merged)
    named = {attribute: merged[attribute] for attribute in aliases.values()}
    if taken := await taken_alias(services, sign_in.pool, user.username, named):
        raise Taken(f"the {taken} is another user's name")
    now = services.clock()

    def with_given(known: User) -> User:
        if known.status is not UserStatus.FORCE_CHANGE_PASSWORD:
            raise Refusal.INVALID_SESSION.because(f"no new password is asked of {logged(known)} any more")
        if not attributes:
            return known
        return known.with_attributes(changed(known.attributes, attributes), at=now)

    async with challenges.answered(services, opened):
        names = aliases_in(sign_in.pool) if attributes else None
        user = await services.store.users.change(user.pool_id, user.username, with_given, aliases=names)
        user = await set_password(
            services, sign_in.pool, user, password, status=UserStatus.CONFIRMED, compared=compared
        )
        sign_in = replace(sign_in, proven=sign_in.proven | {Proof.NEW_PASSWORD})
        return await advance(services, sign_in, user, proof=Proof.PASSWORD, method=Method.PASSWORD, guessed=False)


def _check_given(pool: Pool, client: AppClient, user: User, attributes: Mapping[str, str]) -> None:
    """A required attribute that is there may not be given again, nor one that nobody may set for themselves."""
    schema, missing = full_schema(pool.schema), missing_attributes(pool, user)
    required = {attribute.name for attribute in schema if attribute.required}
    for name in attributes:
        if name in _NOT_THEIRS_TO_SAY:
            raise not_authorized(f"Cannot modify the non-mutable attribute {name}")
        if name in required and name not in missing:
            raise not_authorized(f"Cannot modify an already provided {name}")
        if client.write_attributes is not None and name not in client.write_attributes:
            raise not_authorized("A client attempted to write unauthorized attribute")
    for name in missing:
        if not attributes.get(name):
            raise invalid(f"Invalid attributes given, {name} is missing")
    settable = tuple(replace(a, mutable=True) if a.name in missing else a for a in schema)
    if objections := attribute_objections(settable, attributes, creating=False):
        raise invalid(" ".join(objections))
