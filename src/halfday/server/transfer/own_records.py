"""What no call tells of a pool of this server, and what is a secret: read of its own store, and put back there.

Secrets are passwords' verifiers and hashes, client secrets, providers' secrets and keys, authenticator apps, passkeys,
devices and secrets of access keys. They are left out unless somebody asks for them. Signing keys are in no export: a
pool that is made again has its own, and tokens of the old one end.
"""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.identity_pools import Identity
from halfday.server.domain.users.factors import Device, Passkey, SoftwareToken
from halfday.server.domain.users.users import User
from halfday.server.services import Services
from halfday.server.storage.errors import Taken
from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.formed import checked

Members = dict[str, Any]

SECRETS = (
    "passwords (verifiers and hashes), client secrets, secrets and keys of identity providers, authenticator apps, "
    "passkeys, remembered devices, secrets of access keys"
)
NEVER = "signing keys, sessions, codes and tokens, sign-in events, counted attempts"
_SECRET_DETAILS = frozenset({"client_secret", "private_key", "EncryptionKey"})


async def with_own(services: Services, entry: Members, *, secrets: bool) -> Members:
    """The pool's entry with what its own store knows; without secrets, they are taken away from it."""
    pool = await services.store.pools.get(entry["UserPool"]["Id"])
    own: Members = {"IssuerKind": pool.issuer_kind}
    styles = [{**style, **await _image(services, pool.pool_id, style)} for style in entry.get("Styles", ())]
    whole = {**entry, **({"Styles": styles} if styles else {})}
    if secrets:
        providers = await services.store.providers.of_pool(pool.pool_id)
        own["ProviderDetails"] = {one.name: dict(one.details) for one in providers}
        own["ClientSecrets"] = await _client_secrets(services, entry)
        return {**whole, "Halfday": {name: value for name, value in own.items() if value}}
    return without_secrets({**whole, "Halfday": own})


def without_secrets(entry: Mapping[str, Any]) -> Members:
    """The same entry; where a secret was, it says so."""
    clients = [
        {**one, "UserPoolClient": _without(one["UserPoolClient"], {"ClientSecret"})}
        | ({"HasSecret": True} if "ClientSecret" in one["UserPoolClient"] else {})
        for one in entry.get("Clients", ())
    ]
    providers = [
        {**one, "ProviderDetails": _without(one.get("ProviderDetails", {}), _SECRET_DETAILS)}
        | ({"HasSecret": True} if _SECRET_DETAILS & set(one.get("ProviderDetails", {})) else {})
        for one in entry.get("IdentityProviders", ())
    ]
    return {**entry, "Clients": clients, "IdentityProviders": providers}


async def with_own_factors(services: Services, pool_id: str, user: Members) -> Members:
    """A user's entry with the secrets of their store."""
    store, name = services.store, user["Username"]
    known = await store.users.get(pool_id, name)
    own: Members = {}
    if known.srp_verifier:
        own |= {"SrpSalt": known.srp_salt, "SrpVerifier": known.srp_verifier}
    if known.temporary_password_expires_at:
        own["TemporaryUntil"] = known.temporary_password_expires_at
    if (token := await store.software_tokens.find(pool_id, name)) is not None:
        own["SoftwareToken"] = _members(token)
    own["Passkeys"] = [_members(one) for one in await store.passkeys.of_user(pool_id, name)]
    own["Devices"] = [_members(one) for one in await store.devices.of_user(pool_id, name)]
    own["Links"] = [
        [one.provider_name, one.attribute, one.value] for one in await store.linked_identities.of_user(pool_id, name)
    ]
    return {**user, "Halfday": {name: value for name, value in own.items() if value}}


async def with_secret_keys(services: Services, entry: Members) -> Members:
    """A user of IAM, whose access keys have their secrets, as CreateAccessKey tells them."""
    keys = []
    for one in entry.get("AccessKeys", ()):
        known = await services.store.access_keys.find(one["AccessKeyId"])
        keys.append({**one, **({"SecretAccessKey": known.secret_access_key} if known else {})})
    return {**entry, **({"AccessKeys": keys} if keys else {})}


async def keep_factors(services: Services, user: User, own: Mapping[str, Any], place: str) -> None:
    """In the unit in which the user is kept. Raises TransferRefused."""
    store, whose = services.store, {"pool_id": user.pool_id, "username": user.username}
    try:
        if "SoftwareToken" in own:
            await store.software_tokens.insert(checked(SoftwareToken(**{**own["SoftwareToken"], **whose})))
        for one in own.get("Passkeys", ()):
            passkey = Passkey(**{**one, **whose, "transports": tuple(one.get("transports", ()))})
            await store.passkeys.insert(checked(passkey))
        for one in own.get("Devices", ()):
            await store.devices.insert(checked(Device(**{**one, **whose})))
    except (TypeError, AttributeError) as problem:
        raise TransferRefused(place, "its factors have not the form of an export") from problem
    except Taken as problem:
        raise TransferRefused(place, "a passkey or device of this user is there already") from problem


def _members(record: Any) -> Members:
    found = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in found.items() if k not in ("pool_id", "username")}


async def _client_secrets(services: Services, entry: Mapping[str, Any]) -> Members:
    found = {}
    for one in entry.get("Clients", ()):
        client = await services.store.app_clients.find(one["UserPoolClient"]["ClientId"])
        if client is not None and client.secrets:
            found[client.client_id] = [[s.secret_id, s.value, s.created_at] for s in client.secrets]
    return found


async def _image(services: Services, pool_id: str, style: Mapping[str, Any]) -> Members:
    known = await services.store.ui_customizations.find(pool_id, style["ClientId"])
    if known is None or not known.image:
        return {}
    image: Any = known.image
    return {"ImageFile": image if isinstance(image, str) else base64.b64encode(image).decode()}


async def identities_of(services: Services, pool_id: str) -> list[Members]:
    """The identities of an identity pool with their logins, which no call tells."""
    found: list[Members] = []
    after = ""
    while page := await services.store.identities.page(pool_id, enabled_only=False, limit=500, after=after):
        found += [
            {
                **_members(one),
                "logins": dict(one.logins),
                "developer_logins": {name: list(users) for name, users in one.developer_logins.items()},
            }
            for one in page
        ]
        after = page[-1].identity_id
    return found


async def keep_identities(services: Services, pool_id: str, given: Any, place: str) -> int:
    """How many were not there before. Raises TransferRefused."""
    kept = 0
    for one in given:
        try:
            logins = {name: tuple(users) for name, users in one.get("developer_logins", {}).items()}
            identity = checked(Identity(**{**one, "identity_pool_id": pool_id, "developer_logins": logins}))
            if await services.store.identities.find(identity.identity_id) is None:
                await services.store.identities.insert(identity)
                kept += 1
        except (TypeError, AttributeError, ValueError) as problem:
            raise TransferRefused(place, "an identity has not the form of an export") from problem
        except Taken as problem:
            raise TransferRefused(place, f"a login of {one.get('identity_id')} is another identity's") from problem
    return kept


def _without(members: Mapping[str, Any], names: Any) -> Members:
    return {name: value for name, value in members.items() if name not in names}
