"""cognito-local's folder, `.cognito/db`: one JSON file a pool, with Options, Users and Groups, and clients.json.

Passwords stand there as they were typed: they become SRP verifiers. Source: jagregory/cognito-local, src/services.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from halfday.protocol.identifiers import POOL_ID_PATTERN
from halfday.server.transfer import documents
from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.foreign.files import json_of, object_of, objects_of, text_in, text_of

_CLIENTS = "clients.json"
_NOT_BROUGHT = ("RefreshTokens", "ConfirmationCode", "AttributeVerificationCode", "MFACode")


def read(folder: Path) -> documents.Document:
    """Raises TransferRefused. `folder` is .cognito, or the db in it."""
    inner = folder / "db" if (folder / "db").is_dir() else folder
    if not (inner / _CLIENTS).is_file():
        raise TransferRefused(str(folder), f"is no folder of cognito-local: there is no {_CLIENTS} in it")
    clients = _clients(inner / _CLIENTS)
    files = sorted(path for path in inner.glob("*.json") if path.name != _CLIENTS)
    pools = [_pool(path, clients) for path in files]
    return {**documents.new(), "UserPools": pools}


def _clients(path: Path) -> list[dict[str, Any]]:
    place = str(path)
    whole = object_of(json_of(text_of(path), place), place)
    found = object_of(whole.get("Clients", {}), f"{place}: Clients")
    return [dict(object_of(one, f"{place}: Clients.{name}")) for name, one in found.items()]


def _pool(path: Path, clients: list[dict[str, Any]]) -> dict[str, Any]:
    place = str(path)
    whole = object_of(json_of(text_of(path), place), place)
    options = dict(object_of(whole.get("Options", {}), f"{place}: Options"))
    pool_id = text_in(options, "Id", f"{place}: Options", path.stem)
    if not POOL_ID_PATTERN.fullmatch(pool_id):
        raise TransferRefused(f"{place}: Options.Id", f"{pool_id[:60]!r} is no pool id")
    options = {name: value for name, value in options.items() if value is not None}
    options |= {"Id": pool_id, "Name": text_in(options, "Name", f"{place}: Options", pool_id)}
    if "Schema" in options:
        options.setdefault("SchemaAttributes", options.pop("Schema"))
    users = object_of(whole.get("Users", {}), f"{place}: Users")
    groups = [dict(one) for one in _values(whole, "Groups", place)]
    if not all(isinstance(one.get("members") or [], list) for one in groups):
        raise TransferRefused(f"{place}: Groups", "members of a group must be a list")
    apps = options.pop("SoftwareTokenMfaConfiguration", None)
    mode = options.get("MfaConfiguration", "OFF")
    mfa = {"MfaConfiguration": mode}
    if mode != "OFF":
        mfa["SoftwareTokenMfaConfiguration"] = apps or {"Enabled": True}
        if options.get("SmsConfiguration"):
            mfa["SmsMfaConfiguration"] = {"SmsConfiguration": options["SmsConfiguration"]}
    return {
        "UserPool": {**options, "UsernameConfiguration": options.get("UsernameConfiguration", {"CaseSensitive": True})},
        "MfaConfig": mfa,
        "Clients": [{"UserPoolClient": one} for one in clients if one.get("UserPoolId") == pool_id],
        "Groups": [{k: v for k, v in one.items() if k not in ("members",) and v is not None} for one in groups],
        "Users": [
            _user(object_of(one, f"{place}: Users.{name}"), f"{place}: Users.{name}", groups)
            for name, one in users.items()
        ],
    }


def _values(whole: Mapping[str, Any], name: str, place: str) -> list[Mapping[str, Any]]:
    found = object_of(whole.get(name, {}), f"{place}: {name}")
    return [object_of(one, f"{place}: {name}.{key}") for key, one in found.items()]


def _user(given: Mapping[str, Any], place: str, groups: list[dict[str, Any]]) -> dict[str, Any]:
    name = text_in(given, "Username", place)
    listed = [dict(one) for one in objects_of(given.get("Attributes", []), f"{place}: Attributes")]
    user = {k: v for k, v in given.items() if k not in (*_NOT_BROUGHT, "Password", "SoftwareTokenMfaConfiguration")}
    user = {k: v for k, v in user.items() if v is not None and k != "UnverifiedAttributeChanges"}
    user["Attributes"] = [one for one in listed if one.get("Value") is not None]
    if password := text_in(given, "Password", place):
        user["Password"] = password
    token = given.get("SoftwareTokenMfaConfiguration")
    if isinstance(token, Mapping) and token.get("Verified"):
        secret = {"secret": text_in(token, "Secret", place), "device_name": token.get("FriendlyDeviceName")}
        user["Halfday"] = {"SoftwareToken": secret}
    member = [one["GroupName"] for one in groups if name in (one.get("members") or ()) and "GroupName" in one]
    return {**user, **({"Groups": member} if member else {})}
