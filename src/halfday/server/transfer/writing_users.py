"""Users of a document: their names, subs, dates and states are kept, and what the document has of their passwords."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.attributes import check_attributes
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.linked_identities import COGNITO_SUBJECT, LinkedIdentity
from halfday.server.domain.users.usernames import can_be_named
from halfday.server.domain.users.users import User, UserStatus, aliases_of
from halfday.server.flows.factors.brought_hashes import HashRefused, brought
from halfday.server.flows.factors.kinds_of_hashes import note_kind
from halfday.server.flows.factors.passwords import keep_password
from halfday.server.operations.users.user_shapes import attributes_in
from halfday.server.storage.errors import Taken
from halfday.server.transfer.errors import TransferRefused, UserRefused
from halfday.server.transfer.formed import checked, formed
from halfday.server.transfer.own_records import keep_factors
from halfday.server.transfer.writing import Writer

_HEX = re.compile("[0-9a-fA-F]{2,2048}")

_UNASKED = (
    "second factors are kept, but nobody is asked for one: the pool's MfaConfiguration is OFF. "
    "SetUserPoolMfaConfig with OPTIONAL asks those who have one"
)

PASSWORDS = ("keep", "reset")
"""What becomes of those who come without a password: their state stays, or they have to set one by a code."""


async def write_users(
    writer: Writer, pool_id: str, users: list[Mapping[str, Any]], *, passwords: str = "keep", where: str = ""
) -> None:
    """Whom the pool refuses is told, the others are kept. Raises TransferRefused for what is no user, and no pool."""
    pool = await writer.store.pools.find(pool_id)
    if pool is None:
        raise TransferRefused(f"user pool {pool_id}", "is not there: its users cannot be brought")
    for number, given in enumerate(users, 1):
        named = given.get("Username") or given.get("SignInName") or f"number {number}"
        place = f"{where or f'user pool {pool_id}'}: user {named}"
        await asyncio.sleep(0)  # a database in memory never waits, and others are to be answered meanwhile
        try:
            with formed(place):
                await _write_user(writer, pool, given, place, passwords)
        except Refused as refused:
            writer.told.refused.append(f"{place}: {'; '.join(refused.sentence.splitlines())}")
        except UserRefused as refused:
            writer.told.refused.append(str(refused))


async def _write_user(writer: Writer, pool: Pool, given: Mapping[str, Any], place: str, passwords: str) -> None:
    user = _user_of(writer, pool, given, place)
    if (known := await writer.store.users.find(pool.pool_id, user.username)) is not None:
        await _into_groups(writer, pool, known, given, place)
        writer.told.there_already.append(place)
        return
    own = given.get("Halfday", {})
    user, hashed = _with_password(user, given, own, place)
    if user.status is UserStatus.FORCE_CHANGE_PASSWORD and not user.temporary_password_expires_at:
        until = writer.services.clock() + pool.password_policy.temporary_validity_days * 86400
        user = replace(user, temporary_password_expires_at=until)  # as of somebody who is invited now
    lacks_password = not user.srp_verifier and "Password" not in given and user.status is UserStatus.CONFIRMED
    if lacks_password and passwords == "reset":
        user = _reset(user)
    aliases = {} if user.status is UserStatus.EXTERNAL_PROVIDER else aliases_of(pool, user.attributes)
    try:
        async with writer.store.unit(pool.pool_id):
            if hashed:
                await note_kind(writer.services, pool.pool_id, hashed)
            await writer.store.users.insert(user, aliases)
            await _keep_links(writer, user, own)
            await keep_factors(writer.services, user, own, place)
            await _into_groups(writer, pool, user, given, place)
            if "Password" in given:
                await keep_password(
                    writer.services,
                    pool,
                    user,
                    str(given["Password"]),
                    status=user.status,
                    temporary_until=user.temporary_password_expires_at,
                    at=user.modified_at,
                )
    except Taken as problem:
        raise UserRefused(place, "another user of the pool has this sub, or an alias of this user") from problem
    writer.told.count("users")
    if pool.mfa.mode == "OFF" and user.mfa_enabled:
        _tell_once(writer, f"user pool {pool.pool_id}: {_UNASKED}")
    if lacks_password:
        writer.told.count("users without a password")
        if not any(user.attributes.get(f"{kind}_verified") == "true" for kind in ("email", "phone_number")):
            writer.told.unreachable.append(f"{place}: no password, and no verified address that a code could go to")


def _tell_once(writer: Writer, sentence: str) -> None:
    if sentence not in writer.told.left_out:
        writer.told.left_out.append(sentence)


def _user_of(writer: Writer, pool: Pool, given: Mapping[str, Any], place: str) -> User:
    name, listed = given.get("Username"), given.get("Attributes", [])
    if name is None and isinstance(given.get("SignInName"), str):
        name = _username_of(pool, given)
    if not isinstance(name, str):
        raise TransferRefused(place, "Username is missing")
    if not can_be_named(name):
        raise UserRefused(place, "this can be nobody's Username")
    if not isinstance(listed, list) or not all(_is_attribute(one) for one in listed):
        raise TransferRefused(place, "Attributes must be a list of Name and Value, which are texts")
    attributes = attributes_in(listed)
    sub, identities = attributes.pop("sub", "") or writer.services.uuid(), _identities(attributes, place)
    check_attributes(pool.schema, attributes, creating=True, complete=False)
    try:
        status = UserStatus(given.get("UserStatus", "CONFIRMED"))
    except ValueError as problem:
        known = ", ".join(one.value for one in UserStatus)
        raise TransferRefused(place, f"UserStatus must be one of {known}") from problem
    if not isinstance(enabled := given.get("Enabled", True), bool):
        raise TransferRefused(place, "Enabled must be true or false")
    now = writer.services.clock()
    options = given.get("MFAOptions") or []
    return User(
        pool_id=pool.pool_id,
        username=name if status is UserStatus.EXTERNAL_PROVIDER else pool.fold(name),
        sub=sub,
        status=status,
        created_at=_time(given.get("UserCreateDate"), now, place),
        modified_at=_time(given.get("UserLastModifiedDate"), now, place),
        enabled=enabled,
        attributes=attributes,
        identities=identities,
        mfa_enabled=tuple(map(str, given.get("UserMFASettingList") or ())),
        mfa_preferred=given.get("PreferredMfaSetting") or None,
        mfa_options=bool(options),
    )


def _username_of(pool: Pool, given: Mapping[str, Any]) -> str:
    """Of somebody of another product: the name by which they sign in, or their sub where an alias is that name."""
    name = str(given["SignInName"])
    is_address = "@" in name or name.startswith("+")
    is_alias = bool(pool.username_attributes) or (
        is_address and bool({"email", "phone_number"} & {*pool.alias_attributes})
    )
    subs = [one.get("Value") for one in given.get("Attributes", ()) if one.get("Name") == "sub"]
    return str(subs[0]) if is_alias and subs else name


def _with_password(user: User, given: Mapping[str, Any], own: Mapping[str, Any], place: str) -> tuple[User, str]:
    """The user with the verifier, or with the hash of another product; and that hash."""
    user = replace(user, temporary_password_expires_at=_time(own.get("TemporaryUntil"), 0.0, place))
    verifier, salt = str(own.get("SrpVerifier", "")), str(own.get("SrpSalt", ""))
    if _HEX.fullmatch(verifier) and _HEX.fullmatch(salt):
        return replace(user, srp_salt=salt, srp_verifier=verifier), ""
    text = given.get("PasswordHash", verifier)
    if not text:
        return user, ""
    try:
        hashed = brought(str(text))
    except HashRefused as refused:
        raise UserRefused(place, f"its password hash: {refused}") from refused
    return replace(user, srp_salt="", srp_verifier=hashed), hashed


def _reset(user: User) -> User:
    return replace(user, status=UserStatus.RESET_REQUIRED)


async def _keep_links(writer: Writer, user: User, own: Mapping[str, Any]) -> None:
    """Of users of this server the links are known; of others those that their identities tell."""
    links = [
        (one["providerName"], COGNITO_SUBJECT, one["userId"])
        for one in user.identities
        if not one.get("primary") and one.get("userId")
    ]
    for provider, attribute, value in own.get("Links", links):
        link = LinkedIdentity(user.pool_id, provider, attribute, value, user.username, user.modified_at)
        await writer.store.linked_identities.insert(checked(link), lambda known: known)


async def _into_groups(writer: Writer, pool: Pool, user: User, given: Mapping[str, Any], place: str) -> None:
    for name in given.get("Groups", ()):
        if not isinstance(name, str):
            raise TransferRefused(place, "Groups must be a list of texts")
        if await writer.store.groups.find(pool.pool_id, name) is None:
            raise TransferRefused(place, f"there is no group {name!r}")
        known = {group.name for group in await writer.store.groups.of_user(pool.pool_id, user.username)}
        if name not in known:
            await writer.store.groups.add_member(pool.pool_id, name, user.username)


def _identities(attributes: dict[str, str], place: str) -> tuple[dict[str, Any], ...]:
    """The attribute `identities`, which is JSON."""
    text = attributes.pop("identities", "")
    try:
        found = json.loads(text) if text else []
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise TransferRefused(place, "its attribute identities is not a JSON list")
    kept = []
    for one in found:
        primary = one.get("primary")
        date = one.get("dateCreated")
        kept.append(
            {
                "userId": str(one.get("userId", "")),
                "providerName": str(one.get("providerName", "")),
                "providerType": str(one.get("providerType", "")),
                "issuer": one.get("issuer"),
                "primary": primary in (True, "true"),
                "dateCreated": int(date) if str(date or "").isdigit() else 0,
            }
        )
    return tuple(kept)


def _is_attribute(one: Any) -> bool:
    return isinstance(one, Mapping) and isinstance(one.get("Name"), str) and isinstance(one.get("Value", ""), str)


def _time(value: Any, default: float, place: str) -> float:
    """Epoch seconds, or a date of ISO 8601."""
    if value is None:
        return default
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 2**40:
        return float(value)
    try:
        found = datetime.fromisoformat(str(value))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as problem:
        raise TransferRefused(place, f"{str(value)[:40]!r} is no date") from problem
