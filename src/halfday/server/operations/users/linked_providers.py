"""Identities of external providers linked to users: AdminLinkProviderForUser, AdminDisableProviderForUser.

Source: facts/federation.md §4; Developer guide, Linking federated users to an existing user profile.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import KINDS, ExternalProvider, external_username
from halfday.server.domain.users.linked_identities import (
    COGNITO_SUBJECT,
    LinkedIdentity,
    is_profile_of,
    with_link,
    without_link,
)
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.flows.users import find_user
from halfday.server.operations.framework.lookups import invalid, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

_COGNITO = "Cognito"
_NATIVE_SOURCE = (
    "Invalid SourceUser: Cognito users with a username/password may not be passed in as a SourceUser, "
    "only as a DestinationUser"
)
_MERGING = "Merging is not currently supported, provide a SourceUser that has not been signed up in order to link"
_LINKED = "SourceUser is already linked to DestinationUser"
_NOT_LINKED = "Account isn't linked to anyone else, verify that the account has been linked"


@operation("cognito-idp", "AdminLinkProviderForUser", honours="UserPoolId DestinationUser SourceUser")
async def admin_link_provider_for_user(call: Call) -> Output:
    """The ProviderAttributeName of the destination is ignored, as the reference says."""
    pool, source = await the_pool(call), call.input["SourceUser"]
    if source.get("ProviderName") == _COGNITO:
        raise invalid(_NATIVE_SOURCE)
    provider = await _the_provider(call, pool, source)
    attribute, value = _attribute(provider, source), source.get("ProviderAttributeValue", "")
    if not value:
        raise invalid("Missing required parameter ProviderAttributeValue of SourceUser")
    user = await _destination(call, pool, call.input["DestinationUser"])
    link = LinkedIdentity(pool.pool_id, provider.name, attribute, value, user.username, call.now)
    change = partial(with_link, link=link, provider_kind=provider.kind)
    try:
        async with call.services.store.unit(pool.pool_id):
            if attribute == COGNITO_SUBJECT and await _signed_up(call, provider, value):
                raise invalid(_MERGING)
            await call.services.store.linked_identities.insert(link, change)
    except Taken as problem:
        raise invalid(_LINKED) from problem
    except Missing as problem:
        raise _no_user() from problem
    return {}


@operation("cognito-idp", "AdminDisableProviderForUser", honours="UserPoolId User")
async def admin_disable_provider_for_user(call: Call) -> Output:
    """Removes a link; with ProviderName Cognito, the password of a user who has links and so still has a way in.

    That a user without links is refused is [inferred]: AWS's sentence was seen for federated users only.
    """
    pool, given = await the_pool(call), call.input["User"]
    if given.get("ProviderName") == _COGNITO:
        return await _disable_password(call, pool, given)
    provider = await _the_provider(call, pool, given)
    links, value = call.services.store.linked_identities, given.get("ProviderAttributeValue", "")
    link = await links.find(pool.pool_id, provider.name, _attribute(provider, given), value)
    if link is None:
        raise invalid(_NOT_LINKED)
    try:
        await links.delete(link, partial(without_link, link=link))
    except Missing as problem:
        raise invalid(_NOT_LINKED) from problem
    return {}


async def _disable_password(call: Call, pool: Pool, given: Mapping[str, Any]) -> Output:
    """The user has no password from now on and cannot recover one: only the linked providers sign them in
    [inferred].
    """
    if given.get("ProviderAttributeName", "") != COGNITO_SUBJECT:
        raise invalid(f"ProviderAttributeName must be {COGNITO_SUBJECT} for this provider.")
    user = await _destination(call, pool, given)
    status, users = UserStatus.EXTERNAL_PROVIDER, call.services.store.users
    async with call.services.store.unit(pool.pool_id):
        if not (await users.get(pool.pool_id, user.username)).identities:
            raise invalid(_NOT_LINKED)
        await users.set_password(user, srp_salt="", srp_verifier="", status=status, temporary_until=0.0, now=call.now)
    return {}


async def _the_provider(call: Call, pool: Pool, given: Mapping[str, Any]) -> ExternalProvider:
    name = given.get("ProviderName", "")
    provider = await call.services.store.providers.find(pool.pool_id, name)
    if provider is None:
        raise Refused("ResourceNotFoundException", f"Identity provider {name} does not exist.")
    return provider


def _attribute(provider: ExternalProvider, given: Mapping[str, Any]) -> str:
    """Cognito_Subject; of some kinds also an attribute to which a claim is mapped. Sentences [inferred]."""
    name: str = given.get("ProviderAttributeName", "")
    if name == COGNITO_SUBJECT:
        return name
    if not KINDS[provider.kind].linked_by_attribute:
        raise invalid(f"ProviderAttributeName must be {COGNITO_SUBJECT} for this provider.")
    if name == "username" or name not in provider.attribute_mapping:
        raise invalid("ProviderAttributeName must be mapped to an attribute of the user pool.")
    return name


async def _destination(call: Call, pool: Pool, named: Mapping[str, Any]) -> User:
    """The user with this username, or the provider's own profile of this subject."""
    provider, value = named.get("ProviderName", ""), named.get("ProviderAttributeValue", "")
    username = value if provider == _COGNITO else external_username(provider, value)
    user = await find_user(call.services, pool, username)
    if user is None or (provider != _COGNITO and not is_profile_of(user, provider, value)):
        raise _no_user()
    return user


async def _signed_up(call: Call, provider: ExternalProvider, subject: str) -> bool:
    username = external_username(provider.name, subject)
    user = await call.services.store.users.find(provider.pool_id, username)
    return user is not None and is_profile_of(user, provider.name, subject)


def _no_user() -> Refused:
    return Refused("UserNotFoundException", "User does not exist.")
