"""People of other products, for a pool that is there: Keycloak's realm, Auth0's and Firebase's exports, and CSV.

Each entry has SignInName, attributes, and the hash of the password where the file has it. The pool decides whether the
name is the username, or an alias beside a username that is made of the id in the file.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from halfday.server.domain.users import password_hashes
from halfday.server.domain.users.password_hashes import HashRefused
from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.foreign.files import (
    flag_in,
    json_of,
    listed,
    object_of,
    objects_of,
    sub_of,
    text_in,
    text_of,
)

Members = dict[str, Any]

_HASH_CONFIG = re.compile(r"hash_config\s*\{(.*)\}", re.S)
_CONFIGURED = re.compile(r"^[ \t]*(\w+):[ \t]*([^\s,]+),?[ \t]*$", re.M)
_COLUMNS = (
    "sub",
    "username",
    "cognito:username",
    "password_hash",
    "groups",
    "enabled",
    "status",
    "cognito:mfa_enabled",
)
_MOST_FIELD = 64 * 1024
_UNUSABLE = "!"
"""What Django writes in the place of a hash for somebody who has no password."""


def of_csv(path: Path, pool_id: str) -> Members:
    """Cognito's own columns (GetCSVHeader), and password_hash, groups (`;` between), enabled, status, sub."""
    text = text_of(path)
    csv.field_size_limit(_MOST_FIELD)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    users: list[Members] = []
    header: list[str] = []
    while True:
        try:
            row = next(rows, None)
        except csv.Error as problem:
            raise TransferRefused(f"{path}, line {rows.line_num}", f"is not CSV: {problem}") from problem
        place = f"{path}, line {rows.line_num}"
        if row is None:
            break
        if not header:
            header = _header(row, place)
        elif row:
            users.append(_of_row(header, row, place, pool_id))
    return _entry(pool_id, users)


def _header(row: list[str], place: str) -> list[str]:
    names = [name.strip() for name in row]
    if not {"username", "cognito:username", "email", "phone_number"} & set(names):
        raise TransferRefused(place, "has no column cognito:username, username, email or phone_number")
    if len(set(names)) < len(names):
        raise TransferRefused(place, "names a column twice")
    return names


def _of_row(header: list[str], row: list[str], place: str, pool_id: str) -> Members:
    if len(row) != len(header):
        raise TransferRefused(place, f"has {len(row)} fields; the first line has {len(header)}")
    fields = dict(zip(header, row, strict=True))
    attributes = {name: value for name, value in fields.items() if name not in _COLUMNS and value}
    for name in ("email_verified", "phone_number_verified"):
        if name in attributes:
            attributes[name] = attributes[name].lower()
    known = fields.get("cognito:username") or fields.get("username") or ""
    name = known or attributes.get("email") or attributes.get("phone_number") or ""
    user = _person(pool_id, fields.get("sub") or name, name, attributes, place)
    hashed = fields.get("password_hash", "")
    if hashed and not hashed.startswith(_UNUSABLE):
        user["PasswordHash"] = _canonical(lambda: password_hashes.read(hashed), place)
    if groups := [one for one in fields.get("groups", "").split(";") if one]:
        user["Groups"] = groups
    if (enabled := fields.get("enabled", "").lower()) not in ("", "true", "false"):
        raise TransferRefused(f"{place}: enabled", "must be true or false")
    user["Enabled"] = enabled != "false"
    user["UserStatus"] = fields.get("status") or "CONFIRMED"
    return user


def of_keycloak(path: Path, pool_id: str) -> Members:
    """A realm's export with users (`kc.sh export`), or one of its users files."""
    realm = object_of(json_of(text_of(path), str(path)), str(path))
    if "users" not in realm:
        raise TransferRefused(str(path), "has no users: export the realm with them (kc.sh export --users realm_file)")
    users = [
        _of_keycloak(one, f"{path}: users number {number}", pool_id)
        for number, one in enumerate(objects_of(realm["users"], f"{path}: users"), 1)
        if not one.get("serviceAccountClientId")  # a program, which has no password
    ]
    return _entry(pool_id, users)


def _of_keycloak(given: Mapping[str, Any], place: str, pool_id: str) -> Members:
    email, name = text_in(given, "email", place), text_in(given, "username", place)
    attributes = {
        "email": email,
        "email_verified": str(flag_in(given, "emailVerified", place, default=False)).lower() if email else "",
        "given_name": text_in(given, "firstName", place),
        "family_name": text_in(given, "lastName", place),
    }
    user = _person(pool_id, text_in(given, "id", place) or name, name or email, attributes, place)
    user["Enabled"] = flag_in(given, "enabled", place, default=True)
    groups = given.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(one, str) for one in groups):
        raise TransferRefused(f"{place}: groups", "must be a list of texts")
    if groups:
        user["Groups"] = [one.strip("/").replace("/", ".") for one in groups]
    for number, one in enumerate(objects_of(given.get("credentials", []), f"{place}: credentials"), 1):
        _credential(user, one, f"{place}: credentials number {number}")
    if "PasswordHash" in user and "UPDATE_PASSWORD" in (given.get("requiredActions") or ()):
        user["UserStatus"] = "FORCE_CHANGE_PASSWORD"  # theirs is a temporary one
    return user


def _credential(user: Members, one: Mapping[str, Any], place: str) -> None:
    kind = text_in(one, "type", place)
    if kind not in ("password", "otp"):
        return
    secret = object_of(json_of(text_in(one, "secretData", place, "{}"), f"{place}: secretData"), place)
    data = object_of(json_of(text_in(one, "credentialData", place, "{}"), f"{place}: credentialData"), place)
    if kind == "password":
        user["PasswordHash"] = _canonical(lambda: _keycloak_hash(secret, data, place), place)
    elif data.get("subType") == "totp" and (data.get("digits"), data.get("period"), data.get("algorithm")) == (
        6,
        30,
        "HmacSHA1",
    ):
        value = base64.b32encode(text_in(secret, "value", place).encode()).decode().rstrip("=")
        user["Halfday"] = {"SoftwareToken": {"secret": value}}
        user["UserMFASettingList"] = ["SOFTWARE_TOKEN_MFA"]


def _keycloak_hash(secret: Mapping[str, Any], data: Mapping[str, Any], place: str) -> password_hashes.Hash:
    algorithm, rounds = text_in(data, "algorithm", place), data.get("hashIterations", 0)
    salt, value = (_base64(text_in(secret, name, place), place) for name in ("salt", "value"))
    if not isinstance(rounds, int) or isinstance(rounds, bool):
        raise TransferRefused(f"{place}: hashIterations", "must be a whole number")
    if algorithm != "argon2":
        digest = "sha1" if algorithm == "pbkdf2" else algorithm.removeprefix("pbkdf2-")
        return password_hashes.pbkdf2(digest, rounds, salt, value)
    more = object_of(data.get("additionalParameters", {}), f"{place}: additionalParameters")

    def first(name: str, default: str) -> str:
        found = more.get(name, [default])
        return str(found[0]) if isinstance(found, list) and found else default

    version = "19" if first("version", "1.3") == "1.3" else "16"
    costs = f"m={first('memory', '7168')},t={rounds},p={first('parallelism', '1')}"
    texts = (base64.b64encode(one).decode().rstrip("=") for one in (salt, value))
    return password_hashes.read(f"$argon2{first('type', 'id')}$v={version}${costs}${'$'.join(texts)}")


def of_auth0(path: Path, pool_id: str) -> Members:
    """The file of password hashes that Auth0's support gives out: one JSON object a line, or a list."""
    users = []
    for place, one in _lines(path):
        own, email, verified = one.get("_id"), *_auth0_address(one, place)
        name = text_in(one, "username", place)
        known = own.get("$oid") if isinstance(own, Mapping) else own or one.get("user_id")
        attributes = {
            "email": email,
            "email_verified": str(verified).lower() if email else "",
            "phone_number": text_in(one, "phone_number", place),
            **{key: text_in(one, key, place) for key in ("name", "given_name", "family_name", "nickname", "picture")},
        }
        user = _person(pool_id, str(known or name or email), name or email, attributes, place)
        hashed = text_in(one, "passwordHash", place) or text_in(one, "password_hash", place)
        if hashed:
            user["PasswordHash"] = _canonical(partial(password_hashes.read, hashed), place)
        user["Enabled"] = not flag_in(one, "blocked", place, default=False)
        users.append(user)
    return _entry(pool_id, users)


def _auth0_address(one: Mapping[str, Any], place: str) -> tuple[str, bool]:
    """Of some users it stands among the identifiers alone (support.auth0.com, on the export of password hashes)."""
    if email := text_in(one, "email", place):
        return email, flag_in(one, "email_verified", place, default=False)
    for each in objects_of(one.get("identifiers", []), f"{place}: identifiers"):
        if each.get("type") == "email":
            return text_in(each, "value", place), flag_in(each, "verified", place, default=False)
    return "", False


def _lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    text = text_of(path)
    if text.lstrip().startswith("["):
        for number, one in enumerate(objects_of(json_of(text, str(path)), str(path)), 1):
            yield f"{path}: number {number}", one
        return
    for number, line in enumerate(text.split("\n"), 1):  # within JSON's texts other ends of lines may stand
        if line.strip():
            place = f"{path}, line {number}"
            try:
                found = json_of(line, "")
            except TransferRefused as refused:
                raise TransferRefused(place, refused.sentence) from refused
            yield place, object_of(found, place)


def of_firebase(path: Path, pool_id: str, parameters: Path | None) -> Members:
    """What `firebase auth:export users.json` writes. `parameters`: the project's hash parameters, from its console."""
    whole = object_of(json_of(text_of(path), str(path)), str(path))
    asked = _firebase_parameters(parameters) if parameters is not None else None
    users = []
    for number, one in enumerate(objects_of(whole.get("users"), f"{path}: users"), 1):
        place = f"{path}: users number {number}"
        email, phone = text_in(one, "email", place), text_in(one, "phoneNumber", place)
        attributes = {
            "email": email,
            "email_verified": str(flag_in(one, "emailVerified", place, default=False)).lower() if email else "",
            "phone_number": phone,
            "phone_number_verified": "true" if phone else "",
            "name": text_in(one, "displayName", place),
            "picture": text_in(one, "photoUrl", place),
        }
        known = text_in(one, "localId", place)
        user = _person(pool_id, known or email, email or phone or known, attributes, place)
        user["Enabled"] = not flag_in(one, "disabled", place, default=False)
        if hashed := text_in(one, "passwordHash", place):
            if asked is None:
                sentence = "has a password hash, which needs the project's hash parameters: --firebase-hash FILE"
                raise TransferRefused(place, sentence)
            salt = _base64(text_in(one, "salt", place), place)
            expected = _base64(hashed, place)
            user["PasswordHash"] = _canonical(partial(password_hashes.firebase, *asked, salt, expected), place)
        users.append(user)
    return _entry(pool_id, users)


def _firebase_parameters(path: Path) -> tuple[int, int, bytes, bytes]:
    """As JSON, or as the console shows them: `hash_config { algorithm: SCRYPT, … }`."""
    place, text = str(path), text_of(path)
    found: Mapping[str, Any] = {}
    if shown := _HASH_CONFIG.fullmatch(text.strip()):
        pairs = _CONFIGURED.findall(shown[1])
        found = {name: int(value) if re.fullmatch("[0-9]{1,8}", value) else value for name, value in pairs}
    else:
        found = object_of(json_of(text, place), place)
    cost, rounds = found.get("mem_cost"), found.get("rounds")
    if type(cost) is not int or type(rounds) is not int:
        raise TransferRefused(place, "must have mem_cost and rounds, which are whole numbers")
    key, separator = (text_in(found, f"base64_{one}", place) for one in ("signer_key", "salt_separator"))
    return cost, rounds, _base64(key, place), _base64(separator, place)


def _person(pool_id: str, known: str, name: str, attributes: Mapping[str, str], place: str) -> Members:
    if not name:
        raise TransferRefused(place, "has neither a username nor an address")
    named = {"sub": sub_of(pool_id, known), **attributes}
    return {"SignInName": name, "Attributes": listed(named), "UserStatus": "CONFIRMED"}


def _entry(pool_id: str, users: list[Members]) -> Members:
    groups = dict.fromkeys(name for user in users for name in user.get("Groups", ()))
    return {"UserPool": {"Id": pool_id}, "Groups": [{"GroupName": name} for name in groups], "Users": users}


def _canonical(read: Callable[[], password_hashes.Hash], place: str) -> str:
    try:
        return read().text
    except HashRefused as refused:
        raise TransferRefused(place, f"its password hash: {refused}") from refused


def _base64(text: str, place: str) -> bytes:
    usual = text.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(usual + "=" * (-len(usual) % 4), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise TransferRefused(place, "has something that is not Base64") from problem
