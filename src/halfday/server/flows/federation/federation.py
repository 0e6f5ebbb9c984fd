"""Signing in through an external provider: away with a state, back with a code, and into the pool as a user.

Source: facts/federation.md §2, §3.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from halfday.protocol.endpoints import Domain
from halfday.server.domain.sign_in.codes_and_sessions import FEDERATION_LIFETIME_S, PendingFederation, digest
from halfday.server.domain.user_pools.attributes import attribute_objections
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import ExternalProvider, external_group, external_username
from halfday.server.domain.users.linked_identities import COGNITO_SUBJECT, LinkedIdentity, is_profile_of, with_subject
from halfday.server.domain.users.usernames import can_be_named
from halfday.server.domain.users.users import Group, User, UserStatus, aliases_in
from halfday.server.flows.account.new_users import create_user
from halfday.server.flows.users import logged
from halfday.server.outside import oidc
from halfday.server.services import Services
from halfday.server.storage.errors import Missing, Stale, Taken

_ADDRESSES = ("email", "phone_number")


class FederationRefused(Exception):
    """The way back from a provider led nowhere. The sentence is AWS's; `detail` is for the log.

    `pending` is the request that it belonged to, when that is known: then the refusal may travel to the app.
    """

    def __init__(self, sentence: str, detail: str, pending: PendingFederation | None = None) -> None:
        super().__init__(sentence)
        self.detail = detail
        self.pending = pending


async def begin(
    services: Services, provider: ExternalProvider, *, origin: str, query: str, browser: str, hints: Mapping[str, str]
) -> str:
    """The provider's authorize URL. `query` is the authorize request to finish later, `browser` its csrf-state."""
    state, nonce = services.token(), services.token()
    pending = PendingFederation(
        state_hash=digest(state),
        pool_id=provider.pool_id,
        provider_name=provider.name,
        query=query,
        nonce=nonce,
        browser_hash=digest(browser),
        expires_at=services.clock() + FEDERATION_LIFETIME_S,
    )
    await services.store.federations.insert(pending)
    relying_party = _relying_party(services, provider)
    redirect_uri = Domain(origin).idp_response
    try:
        return await relying_party.authorize_url(redirect_uri=redirect_uri, state=state, nonce=nonce, **hints)
    except oidc.OidcError as problem:
        raise FederationRefused(str(problem), problem.detail or str(problem), pending) from problem


async def finish(
    services: Services, *, origin: str, state: str, browser: str, answer: Mapping[str, str]
) -> tuple[PendingFederation, User]:
    """The request that was left standing, and who came back. A state is good once. Raises FederationRefused."""
    pending = await services.store.federations.take(digest(state))
    if pending is None or pending.browser_hash != digest(browser):
        raise FederationRefused("Invalid State", "the state is unknown, used up, or another browser's")
    if services.clock() >= pending.expires_at:
        raise FederationRefused("Something went wrong", "the person was away for more than 5 minutes", pending)
    if "error" in answer:
        text = " ".join(answer[name] for name in ("error_description", "error") if name in answer)
        detail = f"{pending.provider_name} answered with an error{oidc.known_error(answer.get('error'))}"
        raise FederationRefused(text, detail, pending)
    provider, pool = await _still_there(services, pending)
    try:
        claims = await _relying_party(services, provider).redeem(
            code=answer.get("code", ""), redirect_uri=Domain(origin).idp_response, nonce=pending.nonce
        )
    except oidc.OidcError as problem:
        raise FederationRefused(str(problem), problem.detail or str(problem), pending) from problem
    try:
        await _check_writable(services, pending, provider, claims)
        return pending, await _user_for(services, pool, provider, claims)
    except FederationRefused as refused:
        raise FederationRefused(str(refused), refused.detail, pending) from refused


async def _check_writable(
    services: Services, pending: PendingFederation, provider: ExternalProvider, claims: Mapping[str, Any]
) -> None:
    """Whether the app client may write what the provider's claims are mapped to (facts/federation.md §3).

    That an address is verified is in no client's WriteAttributes, and the provider's to say. The sentence is the API's
    for the same [inferred].
    """
    client_id = dict(parse_qsl(pending.query)).get("client_id", "")
    client = await services.store.app_clients.find(client_id)
    if client is None or client.write_attributes is None:
        return
    written = {name for name in _mapped(provider, claims) if not name.endswith("_verified")}
    if strange := sorted(written - set(client.write_attributes)):
        sentence = "A client attempted to write unauthorized attribute"
        raise FederationRefused(sentence, f"the app client may not write {', '.join(strange)}, which is mapped")


async def _still_there(services: Services, pending: PendingFederation) -> tuple[ExternalProvider, Pool]:
    """The provider and the pool, if nobody has deleted them while the person was away."""
    try:
        provider = await services.store.providers.get(pending.pool_id, pending.provider_name)
        return provider, await services.store.pools.get(pending.pool_id)
    except Missing as problem:
        raise FederationRefused("Something went wrong", "the provider or its pool was deleted meanwhile") from problem


async def _user_for(services: Services, pool: Pool, provider: ExternalProvider, claims: Mapping[str, Any]) -> User:
    """The profile of this person: made at the first sign-in, its mapped attributes overwritten at each later one."""
    subject = str(claims["sub"])
    username = external_username(provider.name, subject)
    mapped = _mapped(provider, claims)
    user = await services.store.users.find(pool.pool_id, username)
    link = await _link_of(services, provider, subject, {} if user else mapped)
    if link is not None:
        return await _linked_sign_in(services, pool, link, mapped)
    _check_mapped(pool, mapped, mapped)
    if user is None:
        return await _first_sign_in(services, pool, provider, username, subject, mapped)
    _check_same_person(user, provider, subject)
    return await _sign_in_again(services, user, mapped, _no_aliases)


async def _sign_in_again(
    services: Services, user: User, mapped: Mapping[str, str], aliases: Callable[[User], Mapping[str, str]]
) -> User:
    """The profile with its mapped attributes overwritten, if it may sign in."""
    now = services.clock()

    def overwritten(known: User) -> User:
        if not known.enabled:
            raise FederationRefused("User is disabled.", f"{logged(known)} is disabled")
        attributes = {**known.attributes, **mapped}
        return known if attributes == known.attributes else known.with_attributes(attributes, at=now)

    try:
        return await services.store.users.change(user.pool_id, user.username, overwritten, aliases=aliases)
    except Missing as problem:
        raise FederationRefused("Something went wrong", "the user was deleted meanwhile") from problem


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


async def _linked_sign_in(services: Services, pool: Pool, link: LinkedIdentity, mapped: Mapping[str, str]) -> User:
    """The user to whom this identity is linked. An address that the provider changes is verified no longer.

    Source: facts/federation.md §3, §4; that an unchanged address stays verified is [inferred].
    """
    user = await services.store.users.find(pool.pool_id, link.username)
    if user is None:
        raise FederationRefused("Something went wrong", "the linked user was deleted meanwhile")
    changed = [name for name in _ADDRESSES if name in mapped and mapped[name] != user.attributes.get(name)]
    mapped = {**{f"{name}_verified": "false" for name in changed}, **mapped}
    attributes = {**user.attributes, **mapped}
    _check_mapped(pool, mapped, attributes)
    native = not any(known["primary"] for known in user.identities)
    try:
        return await _sign_in_again(services, user, mapped, aliases_in(pool) if native else _no_aliases)
    except Taken as problem:
        sentence = "An account with the given email already exists."
        raise FederationRefused(sentence, f"an alias of {logged(user)} would be another's") from problem


async def _first_sign_in(
    services: Services, pool: Pool, provider: ExternalProvider, username: str, subject: str, mapped: dict[str, str]
) -> User:
    if not can_be_named(username):
        raise FederationRefused("Something went wrong", "the provider's sub makes no username that a call could name")
    now = services.clock()
    identity = {
        "userId": subject,
        "providerName": provider.name,
        "providerType": provider.kind,
        "issuer": None,
        "primary": True,
        "dateCreated": int(now * 1000),
    }
    try:
        async with services.store.unit(pool.pool_id):
            user = await create_user(
                services, pool, username, mapped, status=UserStatus.EXTERNAL_PROVIDER, identities=(identity,)
            )
            await _add_to_group(services, pool, provider, user)
            return user
    except Taken:  # the same person came back in two tabs at once
        user = await services.store.users.get(pool.pool_id, username)
        _check_same_person(user, provider, subject)
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


def _check_same_person(user: User, provider: ExternalProvider, subject: str) -> None:
    if not is_profile_of(user, provider.name, subject):
        sentence = f"Already found an entry for username {user.username}"
        raise FederationRefused(sentence, f"{logged(user)} is not this subject of {provider.name}")


def _mapped(provider: ExternalProvider, claims: Mapping[str, Any]) -> dict[str, str]:
    """Pool attribute → value, for every mapped claim that came. A missing one leaves the old value alone."""
    mapping = {ours: theirs for ours, theirs in provider.attribute_mapping.items() if ours != "username"}
    return {ours: _as_text(claims[theirs]) for ours, theirs in mapping.items() if claims.get(theirs) is not None}


def _check_mapped(pool: Pool, mapped: Mapping[str, str], profile: Mapping[str, str]) -> None:
    """What the provider sent fits, and with it the `profile` is complete.

    Source: facts/federation.md §6, the texts that people have seen.
    """
    required = [attribute.name for attribute in pool.schema if attribute.required and attribute.name not in profile]
    if required:
        raise FederationRefused(f"attributes required: [{', '.join(required)}]", "the provider did not send them")
    if objections := attribute_objections(pool.schema, mapped, creating=False):
        detail = "an attribute that the provider sent does not fit the pool's schema"
        sentence = f"Invalid user attributes: {' '.join(objections)}"
        raise FederationRefused(sentence, detail)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _relying_party(services: Services, provider: ExternalProvider) -> oidc.RelyingParty:
    configured = oidc.provider_from_details(provider.name, provider.details)
    return oidc.RelyingParty(services.http, configured, services.clock, services.provider_documents)
