"""The profile of somebody who comes from an external provider: made at the first sign-in, overwritten at later ones.

Source: facts/federation.md §3, §4.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.attributes import attribute_objections
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import KINDS, ExternalProvider, external_group, external_username
from halfday.server.domain.user_pools.triggers import Trigger
from halfday.server.domain.users.linked_identities import COGNITO_SUBJECT, LinkedIdentity, is_profile_of, with_subject
from halfday.server.domain.users.user_filter import UserFilter
from halfday.server.domain.users.usernames import can_be_named
from halfday.server.domain.users.users import Group, User, UserStatus, aliases_in
from halfday.server.flows.account.new_users import keep_user, new_user
from halfday.server.flows.triggers import sign_up as triggers
from halfday.server.flows.triggers.authentication import post_authentication, pre_authentication
from halfday.server.flows.triggers.inbound_federation import claims_to_map
from halfday.server.flows.triggers.invoke import has
from halfday.server.flows.users import logged
from halfday.server.outside.provider_port import ExternalIdentity, federation_refused
from halfday.server.services import Services
from halfday.server.storage.errors import Missing, Stale, Taken

_ADDRESSES = ("email", "phone_number")


async def profile_of(
    services: Services,
    pool: Pool,
    client: AppClient,
    provider: ExternalProvider,
    identity: ExternalIdentity,
    *,
    context: RequestContext,
) -> User:
    """This person's user, with the attributes that are mapped as the provider has them. Raises Refused."""
    claims = await claims_to_map(services, pool, provider, identity, context, as_text=_as_text)
    mapped = _mapped(provider, claims)
    _check_writable(client, mapped)
    username = external_username(provider.name, identity.subject)
    user = await services.store.users.find(pool.pool_id, username)
    link = await _link_of(services, provider, identity.subject, {} if user else mapped)
    if link is not None:
        return await _linked_sign_in(services, pool, provider, link, mapped, context)
    _check_mapped(pool, provider, mapped, mapped, creating=user is None)
    if user is None:
        return await _first_sign_in(services, pool, provider, username, identity, mapped, context)
    _check_same_person(user, provider, identity.subject)
    return await _sign_in_again(services, pool, user, mapped, _no_aliases, context)


def _check_writable(client: AppClient, mapped: Mapping[str, str]) -> None:
    """Whether the app client may write what the provider's claims are mapped to (facts/federation.md §3).

    That an address is verified is in no client's WriteAttributes, and the provider's to say. The sentence is the API's
    for the same [inferred].
    """
    if client.write_attributes is None:
        return
    written = {name for name in mapped if not name.endswith("_verified")}
    if strange := sorted(written - set(client.write_attributes)):
        sentence = "A client attempted to write unauthorized attribute"
        raise federation_refused(sentence, f"the app client may not write {', '.join(strange)}, which is mapped")


async def _sign_in_again(
    services: Services,
    pool: Pool,
    user: User,
    mapped: Mapping[str, str],
    aliases: Callable[[User], Mapping[str, str]],
    context: RequestContext,
) -> User:
    """The profile with its mapped attributes overwritten, if it may sign in."""
    await pre_authentication(services, pool, user, user.username, context)
    now = services.clock()

    def overwritten(known: User) -> User:
        if not known.enabled:
            raise federation_refused("User is disabled.", f"{logged(known)} is disabled")
        attributes = {**known.attributes, **mapped}
        return known if attributes == known.attributes else known.with_attributes(attributes, at=now)

    try:
        changed = await services.store.users.change(user.pool_id, user.username, overwritten, aliases=aliases)
    except Missing as problem:
        raise federation_refused("Something went wrong", "the user was deleted meanwhile") from problem
    await post_authentication(services, pool, changed, context)
    return changed


async def _link_of(
    services: Services, provider: ExternalProvider, subject: str, mapped: Mapping[str, str]
) -> LinkedIdentity | None:
    """The link by this subject. A link by an attribute is bound to the subject that first comes with it."""
    links, pool_id = services.store.linked_identities, provider.pool_id
    link = await links.find(pool_id, provider.name, COGNITO_SUBJECT, subject)
    if link is not None:
        return link
    for attribute, value in mapped.items():
        found = await links.find(pool_id, provider.name, attribute, value)
        if found is not None:
            bound = replace(found, attribute=COGNITO_SUBJECT, value=subject)
            with contextlib.suppress(Stale, Taken):  # somebody else came first, or the same person in two tabs
                await links.rebind(found, bound, partial(with_subject, link=found, subject=subject))
            return await links.find(pool_id, provider.name, COGNITO_SUBJECT, subject)
    return None


async def _linked_sign_in(
    services: Services,
    pool: Pool,
    provider: ExternalProvider,
    link: LinkedIdentity,
    mapped: Mapping[str, str],
    context: RequestContext,
) -> User:
    """The user to whom this identity is linked. An address that the provider changes is verified no longer.

    Source: facts/federation.md §3, §4; that an unchanged address stays verified is [inferred].
    """
    user = await services.store.users.find(pool.pool_id, link.username)
    if user is None:
        raise federation_refused("Something went wrong", "the linked user was deleted meanwhile")
    changed = [name for name in _ADDRESSES if name in mapped and mapped[name] != user.attributes.get(name)]
    mapped = {**{f"{name}_verified": "false" for name in changed}, **mapped}
    attributes = {**user.attributes, **mapped}
    _check_mapped(pool, provider, mapped, attributes, creating=False)
    native = not any(known["primary"] for known in user.identities)
    try:
        aliases = aliases_in(pool) if native else _no_aliases
        return await _sign_in_again(services, pool, user, mapped, aliases, context)
    except Taken as problem:
        sentence = "An account with the given email already exists."
        raise federation_refused(sentence, f"an alias of {logged(user)} would be another's") from problem


async def _first_sign_in(
    services: Services,
    pool: Pool,
    provider: ExternalProvider,
    username: str,
    came: ExternalIdentity,
    mapped: dict[str, str],
    context: RequestContext,
) -> User:
    if not can_be_named(username):
        raise federation_refused("Something went wrong", "the provider's sub makes no username that a call could name")
    now = services.clock()
    identity = {
        "userId": came.subject,
        "providerName": provider.name,
        "providerType": provider.kind,
        "issuer": came.issuer,
        "primary": True,
        "dateCreated": int(now * 1000),
    }
    new = new_user(services, pool, username, mapped, status=UserStatus.EXTERNAL_PROVIDER, identities=(identity,))
    await triggers.pre_sign_up(services, pool, triggers.EXTERNAL_PROVIDER, username, new.attributes, context)
    if has(pool, Trigger.PRE_SIGN_UP) and await _link_of(services, provider, came.subject, mapped) is not None:
        sentence = f"Already found an entry for username {username}"  # people report it; the next sign-in is the link's
        raise federation_refused(sentence, "the function linked this identity during its first sign-in")
    try:
        async with services.store.unit(pool.pool_id):
            await _check_spelling(services, pool, username)
            user = await keep_user(services, pool, new)
            await _add_to_group(services, pool, provider, user)
    except Taken:  # the same person came back in two tabs at once
        user = await services.store.users.get(pool.pool_id, username)
        _check_same_person(user, provider, came.subject)
        return user
    await triggers.post_confirmation(services, pool, user, context)
    return user


async def _add_to_group(services: Services, pool: Pool, provider: ExternalProvider, user: User) -> None:
    """To the group of all who come from this provider, which is made for the first of them."""
    name = external_group(pool.pool_id, provider.name)
    if await services.store.groups.find(pool.pool_id, name) is None:
        description = f"Autogenerated group for users who sign in using {provider.name}"
        await services.store.groups.insert(Group(pool.pool_id, name, user.created_at, user.created_at, description))
    await services.store.groups.add_member(pool.pool_id, name, user.username)


def _no_aliases(_user: User) -> dict[str, str]:
    return {}


async def _check_spelling(services: Services, pool: Pool, username: str) -> None:
    """Where the pool's names ignore case, nobody else may have this one, spelt in another way.

    A subject counts letter for letter, so such a person is no returning one, and cannot sign in (developer guide, SAML
    user name case sensitivity).
    """
    if pool.case_sensitive:
        return
    same = UserFilter("username", username, prefix=False)
    for user in await services.store.users.page(pool.pool_id, limit=1, only=same):
        sentence = f"Already found an entry for username {user.username}"
        raise federation_refused(sentence, f"{logged(user)} is of this name, but for the case of its letters")


def _check_same_person(user: User, provider: ExternalProvider, subject: str) -> None:
    if not is_profile_of(user, provider.name, subject):
        sentence = f"Already found an entry for username {user.username}"
        raise federation_refused(sentence, f"{logged(user)} is not this subject of {provider.name}")


def _mapped(provider: ExternalProvider, claims: Mapping[str, Any]) -> dict[str, str]:
    """Pool attribute → value, for every mapped claim that came. A missing one leaves the old value alone.

    That a blank one does too is [inferred].
    """
    mapping = {ours: theirs for ours, theirs in provider.attribute_mapping.items() if ours != "username"}
    came = {ours: _as_text(claims[theirs]) for ours, theirs in mapping.items() if claims.get(theirs) is not None}
    return {ours: text for ours, text in came.items() if text}


def _check_mapped(
    pool: Pool, provider: ExternalProvider, mapped: Mapping[str, str], profile: Mapping[str, str], *, creating: bool
) -> None:
    """What the provider sent fits, and with it the `profile` is complete.

    What is not mutable is written at the first sign-in, and refuses every later one: a mapped attribute is written each
    time, changed or not. Source: facts/federation.md §3, and §6, the texts that people have seen.
    """
    required = [attribute.name for attribute in pool.schema if attribute.required and attribute.name not in profile]
    if required:
        raise federation_refused(KINDS[provider.kind].incomplete(required), "the provider did not send them")
    objections = attribute_objections(pool.schema, mapped, creating=creating, complete=False)
    if objections and all(sentence.endswith("cannot be updated.") for sentence in objections):
        told = "".join(f"{sentence}\n" for sentence in objections)
        raise federation_refused(f"{told} ", "a mapped attribute is not mutable")
    if objections:
        detail = "an attribute that the provider sent does not fit the pool's schema"
        raise federation_refused(f"Invalid user attributes: {' '.join(objections)}", detail)


def _as_text(value: Any) -> str:
    """A claim as an attribute keeps it (facts/federation.md §3). An object is kept as JSON.

    Of a list each value is form-encoded.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(quote_plus(_as_text(each), safe='*').replace('~', '%7E') for each in value)}]"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
