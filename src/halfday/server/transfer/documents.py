"""The document of an export: its form, and what is checked of one that comes from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from halfday.server.transfer.errors import TransferRefused

FORMAT, VERSION = "halfday-export", 1

Document = dict[str, Any]

_LISTS = ("UserPools", "IdentityPools", "Roles", "IamUsers", "Policies", "OidcProviders", "SamlProviders")
_NAMED = {
    "UserPools": ("UserPool", "Id"),
    "IdentityPools": ("IdentityPool", "IdentityPoolId"),
    "Roles": ("Role", "RoleName"),
    "IamUsers": ("User", "UserName"),
    "Policies": ("Policy", "PolicyName"),
}
_OF_POOL = {
    "UserPool": dict, "MfaConfig": dict, "Sessions": dict, "Halfday": dict, "Domains": list, "ResourceServers": list,
    "IdentityProviders": list, "Clients": list, "Groups": list, "Users": list, "Styles": list, "Brandings": list,
    "Terms": list, "Risks": list, "Logs": list, "Replicas": list,
}  # fmt: skip


def new() -> Document:
    return {"Format": FORMAT, "Version": VERSION}


def read(text: str | bytes, place: str) -> Document:
    """The document of a file. Raises TransferRefused with the line of what is no JSON."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as problem:
        raise TransferRefused(f"{place}, line {problem.lineno}", f"is not JSON: {problem.msg}") from problem
    except (ValueError, RecursionError) as problem:
        raise TransferRefused(place, "is not JSON that can be read: not UTF-8, or nested too deep") from problem
    check(found, place)
    document: Document = found
    return document


def check(found: Any, place: str) -> None:
    """Raises TransferRefused for what has not the form of an export."""
    if not isinstance(found, Mapping) or found.get("Format") != FORMAT:
        raise TransferRefused(place, f'is no export: it does not say "Format": "{FORMAT}"')
    if found.get("Version") != VERSION:
        raise TransferRefused(
            place, f"is an export of version {found.get('Version')!r}; version {VERSION} is read here"
        )
    if unknown := sorted(set(found) - {"Format", "Version", "WithSecrets", *_LISTS}):
        raise TransferRefused(place, f"has {unknown[0]}, which is not known; there are {', '.join(_LISTS)}")
    if not _is_storable(found):
        raise TransferRefused(place, "has what cannot be stored: half of a surrogate pair, or nested too deep")
    for name in _LISTS:
        entries = _list_of(found.get(name, []), f"{place}: {name}")
        for number, entry in enumerate(entries, 1):
            _check_entry(name, entry, f"{place}: {name} number {number}")


def _check_entry(name: str, entry: Mapping[str, Any], place: str) -> None:
    if name in _NAMED:
        inner, key = _NAMED[name]
        named = entry.get(inner)
        if not isinstance(named, Mapping) or not isinstance(named.get(key), str):
            raise TransferRefused(place, f"has no {inner}.{key}")
    if name != "UserPools":
        return
    for member, value in entry.items():
        kind = _OF_POOL.get(member)
        if kind is None:
            raise TransferRefused(place, f"has {member}, which is not known; there are {', '.join(_OF_POOL)}")
        if kind is list:
            _list_of(value, f"{place}: {member}")
        elif not isinstance(value, Mapping):
            raise TransferRefused(f"{place}: {member}", "must be an object")


def _is_storable(found: Any) -> bool:
    """Whether UTF-8, and so a database, has bytes for all of its texts: JSON may escape what is no character."""
    try:
        json.dumps(found, ensure_ascii=False, default=str).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True


def _list_of(value: Any, place: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise TransferRefused(place, "must be a list of objects")
    return value


def written(document: Mapping[str, Any]) -> str:
    """The file's text: the same for the same document. Bytes are in Base64."""
    import base64

    def as_text(value: Any) -> str:
        return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)

    return json.dumps(document, indent=2, ensure_ascii=False, default=as_text) + "\n"
