"""Pools of servers that let through what AWS refuses, such as moto and cognito-local: made so that they can be kept.

Only what was left unsaid is added, and what cannot be said is left out: each is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Members = dict[str, Any]

_SECRET = re.compile(r"[\w+]{24,64}")
_FACTORS = ("SoftwareTokenMfaConfiguration", "SmsMfaConfiguration", "EmailMfaConfiguration")
_MADE_UP_ROLE = "halfday-sends-sms"
"""As a seed file's pools have it."""
_USUAL_ACCOUNT = "123456789012"


def as_aws_takes(document: Mapping[str, Any]) -> tuple[Members, list[str]]:
    """The document, and what was changed: sentences for people."""
    told: list[str] = []
    pools = [_pool(dict(entry), told) for entry in document.get("UserPools", ())]
    return {**document, "UserPools": pools}, told


def _pool(entry: Members, told: list[str]) -> Members:
    pool, mfa = dict(entry["UserPool"]), dict(entry.get("MfaConfig", {}))
    place = f"user pool {pool['Id']}"
    if "phone_number" in (pool.get("AutoVerifiedAttributes") or ()) and not pool.get("SmsConfiguration"):
        pool["SmsConfiguration"] = {"SnsCallerArn": f"arn:aws:iam::{_account(pool)}:role/{_MADE_UP_ROLE}"}
        told.append(f"{place}: it sends SMS and names no role for it: the made-up role {_MADE_UP_ROLE} stands for it")
    if undeclared := _undeclared(pool, entry.get("Users", ())):
        more = [{"Name": name, "AttributeDataType": "String", "Mutable": True} for name in undeclared]
        pool["SchemaAttributes"] = [*(pool.get("SchemaAttributes") or ()), *more]
        told += [f"{place}: attribute {name}: nothing declares it: it is a text now" for name in undeclared]
    mode = mfa.get("MfaConfiguration") or pool.get("MfaConfiguration") or "OFF"
    if mode != "OFF" and not any(mfa.get(one) and mfa[one] != {"Enabled": False} for one in _FACTORS):
        mfa |= {"MfaConfiguration": mode, "SoftwareTokenMfaConfiguration": {"Enabled": True}}
        told.append(f"{place}: its MFA names no factor: an authenticator app is one now")
    domains = []
    for one in entry.get("Domains", ()):
        if "." in str(one.get("Domain", "")) and not one.get("CustomDomainConfig"):
            told.append(f"{place}: domain {one['Domain']}: a custom domain without a certificate is left out")
        else:
            domains.append(one)
    return _with_secrets(
        {**_without_blanks(entry, place, told), "UserPool": pool, "MfaConfig": mfa, "Domains": domains}
    )


def _without_blanks(entry: Members, place: str, told: list[str]) -> Members:
    """Groups of AWS have no blanks in their names."""
    names = [str(one.get("GroupName", "")) for one in entry.get("Groups", ())]
    out = {name for name in names if any(letter.isspace() for letter in name)}
    told += [
        f"{place}: group {name}: a name with blanks is no group's, and is left out" for name in names if name in out
    ]
    groups = [one for one in entry.get("Groups", ()) if one.get("GroupName") not in out]
    users = [
        {**one, "Groups": [name for name in one["Groups"] if name not in out]} if one.get("Groups") else one
        for one in entry.get("Users", ())
    ]
    return {**entry, "Groups": groups, "Users": users}


def _with_secrets(entry: Members) -> Members:
    """Secrets that are not spelt as AWS's go in as an export's own, so that apps go on with them."""
    own = dict(entry.get("Halfday", {}))
    kept = dict(own.get("ClientSecrets", {}))
    clients = []
    for one in entry.get("Clients", ()):
        client = dict(one["UserPoolClient"])
        secret = client.get("ClientSecret")
        if secret and not _SECRET.fullmatch(str(secret)):
            del client["ClientSecret"]
            client["GenerateSecret"] = True
            made = float(client.get("CreationDate") or 0) if not isinstance(client.get("CreationDate"), str) else 0.0
            kept[client["ClientId"]] = [[f"{client['ClientId']}--{int(made)}", str(secret), made]]
        clients.append({**one, "UserPoolClient": client})
    return {**entry, "Clients": clients, **({"Halfday": {**own, "ClientSecrets": kept}} if kept else {})}


def _undeclared(pool: Mapping[str, Any], users: Iterable[Mapping[str, Any]]) -> list[str]:
    """Attributes of people's own that the pool's schema lacks."""
    declared = {one.get("Name") for one in pool.get("SchemaAttributes") or ()}
    found = [str(each.get("Name")) for one in users for each in one.get("Attributes", ())]
    return [name for name in dict.fromkeys(found) if name.startswith("custom:") and name not in declared]


def _account(pool: Mapping[str, Any]) -> str:
    parts = str(pool.get("Arn", "")).split(":")
    return parts[4] if len(parts) > 4 and parts[4].isdigit() else _USUAL_ACCOUNT
