"""Translates [[user_pool]] into the members of CreateUserPool, UpdateUserPool and SetUserPoolMfaConfig.

What the file says is laid over what the pool has: a setting that the file does not name stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from halfday.protocol.identifiers import region_of_pool, role_arn
from halfday.server.domain.user_pools.attributes import STANDARD_NAMES
from halfday.server.operations.app_clients import app_clients
from halfday.server.operations.framework.model import service_model
from halfday.server.operations.user_pools import pools
from halfday.server.seed.pool_words import (
    MFA_MODES,
    PASSKEY_SETTINGS,
    POOL_SETTINGS,
    SECOND_FACTORS,
    SIGN_IN_EMAIL,
    members_of,
    value_of,
    word,
)
from halfday.server.seed.triggers import lambda_config
from halfday.server.seed_file import SeedRefused, refuse_unknown

Table = Mapping[str, Any]
Members = dict[str, Any]

MADE_UP_ROLE = "halfday-sends-sms"
"""AWS sends SMS by a role of the account. A pool that sends SMS and names none gets this one; nothing assumes it."""
MADE_UP_IDENTITY = "halfday.invalid"
"""AWS sends codes of MFA by an SES identity of the account. A pool that names no sender gets this domain's."""

FIXED = {"sign_in_with": "UsernameAttributes", "aliases": "AliasAttributes", "case_sensitive": "UsernameConfiguration"}
"""Key → what AWS lets nobody change once the pool is made; beside them Schema, to which attributes are added only."""

_SENDER = re.compile(r"(?:[^<>\r\n]*<)?[^@\s<>]+@([^@\s<>]+?)>?")


def create_members(table: Table, pool_id: str, account: str) -> Members:
    """CreateUserPool's members. Raises SeedRefused for words that are none, and for keys that do not go together."""
    return {
        **update_members(table, {}, pool_id, account),
        "UsernameAttributes": table.get("sign_in_with", []),
        "AliasAttributes": table.get("aliases", []),
        "UsernameConfiguration": {"CaseSensitive": table.get("case_sensitive", False)},
        "Schema": [_attribute(name, each, pool_id) for name, each in table.get("attributes", {}).items()],
    }


def update_members(table: Table, has: Members, pool_id: str, account: str) -> Members:
    """UpdateUserPool's members, but for MfaConfiguration: what the pool `has`, and in its place what the file says."""
    _check_together(table, pool_id)
    wanted = _laid_over(has, {**_always(table, pool_id), "UserPoolTags": None})
    wanted = _laid_over(wanted, {"UserPoolTags": _tags(table, pool_id)})
    if "triggers" in table:
        wanted["LambdaConfig"] = lambda_config(table["triggers"], pool_id, account)
    wanted = _laid_over(wanted, members_of(POOL_SETTINGS, table, _place(pool_id)))
    wanted = _laid_over(wanted, table.get("aws", {}))
    wanted = _laid_over(wanted, _sender(table, pool_id, account, wanted.get("EmailConfiguration", {})))
    if _sends_sms(table) and "SmsConfiguration" not in wanted:
        wanted["SmsConfiguration"] = {"SnsCallerArn": role_arn(account, MADE_UP_ROLE)}
    unsaid = table.get("unsaid", ())
    refuse_unknown(
        dict.fromkeys(unsaid), list(service_model("cognito-idp").members_of("UpdateUserPoolRequest")), _place(pool_id)
    )
    return without_empty({name: value for name, value in wanted.items() if name not in unsaid})


def mfa_members(table: Table, has: Members, pool: Members, pool_id: str) -> Members:
    """SetUserPoolMfaConfig's members. `pool`: UpdateUserPool's, which share the texts and the role of SMS."""
    wanted = _laid_over(
        has, {"WebAuthnConfiguration": members_of(PASSKEY_SETTINGS, table, _place(pool_id))} if _passkeys(table) else {}
    )
    if "mfa" in table:
        wanted = {name: value for name, value in wanted.items() if name not in SECOND_FACTORS.values()}
        wanted["MfaConfiguration"] = word(MFA_MODES, table["mfa"], f"{_place(pool_id)}: mfa")
        wanted |= {name: has.get(name, {}) for name in _chosen_factors(table, pool_id)}
    if SECOND_FACTORS["app"] in wanted and "mfa" in table:
        wanted[SECOND_FACTORS["app"]] = {"Enabled": True}
    if SECOND_FACTORS["sms"] in wanted:
        texts = {name: pool.get(name) for name in ("SmsAuthenticationMessage", "SmsConfiguration")}
        wanted[SECOND_FACTORS["sms"]] = without_empty(texts)
    return _with_email_texts(table, wanted, pool_id)


def without_empty(members: Mapping[str, Any]) -> Members:
    """The members that say something: None, empty lists and empty structures are as good as left out."""
    inner = {name: without_empty(v) if isinstance(v, Mapping) else v for name, v in members.items()}
    return {name: value for name, value in inner.items() if value not in (None, {}, [])}


def _always(table: Table, pool_id: str) -> Members:
    """What follows the file even where it is silent: AWS's default is then meant."""
    password = table.get("password", {})
    policy = {
        "MinimumLength": password.get("minimum_length", 8),
        "RequireUppercase": password.get("uppercase", True),
        "RequireLowercase": password.get("lowercase", True),
        "RequireNumbers": password.get("numbers", True),
        "RequireSymbols": password.get("symbols", True),
        "TemporaryPasswordValidityDays": password.get("temporary_days", 7),
    }
    return {
        "PoolName": table.get("name", pool_id),
        "Policies": {"PasswordPolicy": policy},
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": not table.get("sign_up", True)},
    }


def _tags(table: Table, pool_id: str) -> Members:
    """The file's tags, and those that pin the ids of the pool and its clients."""
    issuer = {pools.ISSUER_TAG: table["issuer"]} if "issuer" in table else {}
    clients = [client for client in table.get("client", ()) if "id" in client]
    pinned = {app_clients.CUSTOM_ID_TAG + client.get("name", client["id"]): client["id"] for client in clients}
    return {**table.get("tags", {}), pools.CUSTOM_ID_TAG: pool_id, **issuer, **pinned}


def _attribute(name: str, declared: Table, pool_id: str) -> Members:
    """A custom attribute whose declaration gives no type is a string."""
    known = service_model("cognito-idp").members_of("SchemaAttributeType")
    refuse_unknown(declared, [each for each in known if each != "Name"], f"{_place(pool_id)}: attributes.{name}")
    typed = {} if name in STANDARD_NAMES else {"AttributeDataType": "String"}
    return {"Name": name.removeprefix("custom:"), "Mutable": True, **typed, **declared}


def _chosen_factors(table: Table, pool_id: str) -> list[str]:
    """The members of the second factors; an authenticator app where the file names none."""
    if table["mfa"] == "off":
        return []
    place = f"{_place(pool_id)}: mfa_factors"
    return [word(SECOND_FACTORS, factor, place) for factor in table.get("mfa_factors", ["app"])]


def _check_together(table: Table, pool_id: str) -> None:
    """Raises SeedRefused for a key that would do nothing without another one."""
    if "mfa_factors" in table and table.get("mfa", "off") == "off":
        raise SeedRefused(f'{_place(pool_id)}: mfa_factors needs mfa = "optional" or mfa = "on"')
    if "device_replaces_mfa" in table and table.get("devices", "never") == "never":
        raise SeedRefused(f'{_place(pool_id)}: device_replaces_mfa needs devices = "always" or devices = "opt_in"')


def _sends_sms(table: Table) -> bool:
    told_by_phone = ("phone_number" in table.get(key, ()) for key in ("verify", "recovery"))
    return any(told_by_phone) or any("sms" in table.get(key, ()) for key in ("first_factors", "mfa_factors"))


def _sender(table: Table, pool_id: str, account: str, has: Table) -> Members:
    """The SES identity of the sender: the domain of messages.from, or a made-up one where MFA by e-mail needs one."""
    sender = value_of(table, "messages.from")
    if sender is not None:
        matched = _SENDER.fullmatch(sender)
        if matched is None:
            raise SeedRefused(
                f"{_place(pool_id)}: messages.from must be an address: a@b.example, or Name <a@b.example>"
            )
        domain = matched[1]
    elif "email" in table.get("mfa_factors", ()) and has.get("EmailSendingAccount") != "DEVELOPER":
        domain = MADE_UP_IDENTITY
    else:
        return {}
    identity = f"arn:aws:ses:{region_of_pool(pool_id)}:{account}:identity/{domain}"
    return {"EmailConfiguration": {"EmailSendingAccount": "DEVELOPER", "SourceArn": identity}}


def _passkeys(table: Table) -> bool:
    return any(value_of(table, key) is not None for key, _, _ in PASSKEY_SETTINGS)


def _with_email_texts(table: Table, wanted: Members, pool_id: str) -> Members:
    """AWS keeps these texts with e-mail as a second factor only."""
    texts = {member: value for key, member in SIGN_IN_EMAIL.items() if (value := value_of(table, key)) is not None}
    factor = SECOND_FACTORS["email"]
    if texts and factor not in wanted:
        key = next(key for key, member in SIGN_IN_EMAIL.items() if member in texts)
        raise SeedRefused(f'{_place(pool_id)}: {key} needs "email" among mfa_factors')
    return {**wanted, factor: {**wanted[factor], **texts}} if texts else wanted


def _laid_over(has: Members, given: Mapping[str, Any]) -> Members:
    """`has` with what is given in its place, structure by structure; a None takes the member away."""
    merged = dict(has)
    for name, value in given.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            merged[name] = _laid_over(merged.get(name, {}), value)
        else:
            merged[name] = value
    return merged


def _place(pool_id: str) -> str:
    return f"[[user_pool]] {pool_id}"
