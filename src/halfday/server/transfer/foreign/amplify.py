"""amplify_outputs.json and aws-exports.js: which pool and client an app uses, and what they say of the pool."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from halfday.protocol.identifiers import POOL_ID_PATTERN
from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.foreign.files import flag_in, json_of, object_of, objects_of, text_in, text_of

_BEGINNING, _END = re.compile(r"=\s*\{"), re.compile(r"\}\s*;")
_SETTING = re.compile(r"[A-Za-z0-9_+.:/-]*")
_ATTRIBUTES = {"email": "email", "phone_number": "phone_number", "phone": "phone_number"}
_FACTORS = {"TOTP": "app", "SMS": "sms", "EMAIL": "email"}
_MODES = {"NONE": "off", "OFF": "off", "OPTIONAL": "optional", "REQUIRED": "on", "ON": "on"}


def read(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """The client's settings by their variables, and the tables of a seed file. Raises TransferRefused."""
    text, place = text_of(path), str(path)
    if not text.lstrip().startswith("{"):
        text = _object_in(text)
        if not text:
            raise TransferRefused(place, "is neither JSON nor an aws-exports.js: there is no `= {…};` in it")
    whole = object_of(json_of(text, place), place)
    known = _of_outputs(whole, place) if "auth" in whole else _of_exports(whole, place)
    pool_id = known["pool"]
    if not POOL_ID_PATTERN.fullmatch(pool_id):
        raise TransferRefused(place, f"names {pool_id[:40]!r} as its user pool, which is no pool id")
    found = _settings(known)
    for name, value in found.items():
        if not _SETTING.fullmatch(value):
            raise TransferRefused(place, f"has {value[:40]!r} for {name}, which is none")
    return found, _tables(known, place)


def _object_in(text: str) -> str:
    """From the first `= {` to the last `};`."""
    beginning = _BEGINNING.search(text)
    ends = [found.start() for found in _END.finditer(text, beginning.end())] if beginning else []
    return text[beginning.end() - 1 : ends[-1] + 1] if beginning and ends else ""


def _of_outputs(whole: Mapping[str, Any], place: str) -> dict[str, Any]:
    auth = object_of(whole["auth"], f"{place}: auth")
    place = f"{place}: auth"
    oauth = object_of(auth.get("oauth", {}), f"{place}: oauth")
    password = object_of(auth.get("password_policy", {}), f"{place}: password_policy")
    return {
        "pool": text_in(auth, "user_pool_id", place),
        "client": text_in(auth, "user_pool_client_id", place),
        "identity_pool": text_in(auth, "identity_pool_id", place),
        "domain": text_in(oauth, "domain", place),
        "callbacks": _texts(oauth, "redirect_sign_in_uri", place),
        "logouts": _texts(oauth, "redirect_sign_out_uri", place),
        "scopes": _texts(oauth, "scopes", place),
        "sign_in_with": _texts(auth, "username_attributes", place),
        "verify": _texts(auth, "user_verification_types", place),
        "mfa": text_in(auth, "mfa_configuration", place),
        "factors": _texts(auth, "mfa_methods", place),
        "required": _texts(auth, "standard_required_attributes", place),
        "groups": _groups(auth, place),
        "guests": flag_in(auth, "unauthenticated_identities_enabled", place, default=False),
        "minimum_length": password.get("min_length"),
        "password": {
            key: flag_in(password, f"require_{key}", place, default=False)
            for key in ("lowercase", "uppercase", "numbers", "symbols")
            if f"require_{key}" in password
        },
    }


def _of_exports(whole: Mapping[str, Any], place: str) -> dict[str, Any]:
    if "aws_user_pools_id" not in whole:
        raise TransferRefused(place, "names no user pool: neither auth.user_pool_id nor aws_user_pools_id")
    oauth = object_of(whole.get("oauth", {}), f"{place}: oauth")
    password = object_of(whole.get("aws_cognito_password_protection_settings", {}), place)
    needed = _texts(password, "passwordPolicyCharacters", place)
    return {
        "pool": text_in(whole, "aws_user_pools_id", place),
        "client": text_in(whole, "aws_user_pools_web_client_id", place),
        "identity_pool": text_in(whole, "aws_cognito_identity_pool_id", place),
        "domain": text_in(oauth, "domain", place),
        "callbacks": [one for one in text_in(oauth, "redirectSignIn", place).split(",") if one],
        "logouts": [one for one in text_in(oauth, "redirectSignOut", place).split(",") if one],
        "scopes": _texts(oauth, "scope", place),
        "sign_in_with": _texts(whole, "aws_cognito_username_attributes", place),
        "verify": _texts(whole, "aws_cognito_verification_mechanisms", place),
        "mfa": text_in(whole, "aws_cognito_mfa_configuration", place),
        "factors": _texts(whole, "aws_cognito_mfa_types", place),
        "required": _texts(whole, "aws_cognito_signup_attributes", place),
        "groups": [],
        "guests": False,
        "minimum_length": password.get("passwordPolicyMinLength"),
        "password": {
            key: f"REQUIRES_{key.upper()}" in needed for key in ("lowercase", "uppercase", "numbers", "symbols")
        }
        if password
        else {},
    }


def _settings(known: Mapping[str, Any]) -> dict[str, str]:
    domain = known["domain"]
    found = {
        "HALFDAY_USER_POOL_ID": known["pool"],
        "HALFDAY_CLIENT_ID": known["client"],
        "HALFDAY_DOMAIN": f"https://{domain}" if domain and "://" not in domain else domain,
        "HALFDAY_IDENTITY_POOL_ID": known["identity_pool"],
    }
    return {name: value for name, value in found.items() if value}


def _tables(known: Mapping[str, Any], place: str) -> dict[str, Any]:
    client: dict[str, Any] = {"id": known["client"], "name": "app"}
    if known["callbacks"]:
        client |= {"callback_urls": known["callbacks"], "logout_urls": known["logouts"], "flows": ["code"]}
        client["scopes"] = known["scopes"] or ["openid"]
    pool: dict[str, Any] = {"id": known["pool"], "name": "app"}
    if known["domain"]:
        pool["domain"] = known["domain"].partition("://")[2].partition(".")[0] or known["domain"].partition(".")[0]
    for key in ("sign_in_with", "verify"):
        if names := [_ATTRIBUTES[one.lower()] for one in known[key] if one.lower() in _ATTRIBUTES]:
            pool[key] = names
    if known["mfa"]:
        if known["mfa"].upper() not in _MODES:
            raise TransferRefused(place, f"has {known['mfa'][:20]!r} for MFA, which is none of {', '.join(_MODES)}")
        pool["mfa"] = _MODES[known["mfa"].upper()]
        factors = [_FACTORS[one.upper()] for one in known["factors"] if one.upper() in _FACTORS]
        if pool["mfa"] != "off" and factors:
            pool["mfa_factors"] = factors
    if required := [one.lower() for one in known["required"]]:
        pool["attributes"] = {one: {"Required": True} for one in required}
    minimum = known["minimum_length"]
    if minimum is not None and (type(minimum) is not int or minimum < 6):
        raise TransferRefused(place, "has a minimum length of passwords that is none")
    if known["password"] or minimum:
        pool["password"] = {**known["password"], **({"minimum_length": minimum} if minimum else {})}
    if known["groups"]:
        pool["group"] = known["groups"]
    tables: dict[str, Any] = {"user_pool": [{**pool, **({"client": [client]} if known["client"] else {})}]}
    if known["identity_pool"]:
        identity = {"id": known["identity_pool"], "name": "app", "guests": known["guests"]}
        kinds = ("authenticated", "unauthenticated") if known["guests"] else ("authenticated",)
        roles = {f"{kind}_role": f"amplify-{kind}" for kind in kinds}  # as Amplify makes them: they allow nothing
        tables["identity_pool"] = [{**identity, **roles, "clients": [known["client"]] if known["client"] else []}]
        tables["role"] = [
            {"name": f"amplify-{kind}", "identity_pool": known["identity_pool"], "kind": kind} for kind in kinds
        ]
    return tables


def _groups(auth: Mapping[str, Any], place: str) -> list[dict[str, Any]]:
    """`[{"ADMINS": {"precedence": 0}}]`"""
    found = []
    for one in objects_of(auth.get("groups", []), f"{place}: groups"):
        for name, given in one.items():
            precedence = object_of(given, f"{place}: groups: {name}").get("precedence")
            found.append({"name": name, **({"precedence": precedence} if type(precedence) is int else {})})
    return found


def _texts(members: Mapping[str, Any], name: str, place: str) -> list[str]:
    value = members.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TransferRefused(f"{place}: {name}", "must be a list of texts")
    return value
