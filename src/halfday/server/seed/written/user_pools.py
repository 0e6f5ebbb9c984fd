"""A user pool as a table of the seed file, with what stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.seed.pool_members import update_members
from halfday.server.seed.pool_words import MFA_MODES, PASSKEY_SETTINGS, POOL_SETTINGS, SECOND_FACTORS, SIGN_IN_EMAIL
from halfday.server.seed.written import contents, extras
from halfday.server.seed.written.differences import is_ours
from halfday.server.transfer.writing_pools import PoolWriter, declared_attributes

Members = dict[str, Any]
Document = Mapping[str, Any]


def pool(entry: Document, roles: Mapping[str, str], account: str, notes: list[str]) -> Members:
    pool, pool_id = entry["UserPool"], entry["UserPool"]["Id"]
    table: Members = {"id": pool_id, "name": pool.get("Name", pool_id)}
    if kind := entry.get("Halfday", {}).get("IssuerKind"):
        table["issuer"] = kind
    table |= extras.domains(entry)
    for key, value in (
        ("sign_in_with", pool.get("UsernameAttributes")),
        ("aliases", pool.get("AliasAttributes")),
        ("case_sensitive", pool.get("UsernameConfiguration", {}).get("CaseSensitive") or None),
        ("sign_up", not pool.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly", False)),
    ):
        if value is not None:
            table[key] = value
    _put_settings(table, POOL_SETTINGS, pool)
    _put_mfa(table, entry.get("MfaConfig", {}))
    tags = {name: text for name, text in pool.get("UserPoolTags", {}).items() if not is_ours(name)}
    if tags:
        table["tags"] = tags
    _put_password(table, pool.get("Policies", {}).get("PasswordPolicy", {}))
    attributes = {one.pop("Name"): one for one in declared_attributes(pool)}
    if attributes:
        table["attributes"] = attributes
    _put_aws(table, entry, account)
    table |= extras.branding(entry, table) | extras.sessions(entry)
    inner = {
        "resource_server": [contents.resource_server(one) for one in entry.get("ResourceServers", ())],
        "provider": [contents.provider(one, pool_id, notes) for one in entry.get("IdentityProviders", ())],
        "client": [contents.client(one, pool_id, notes) for one in entry.get("Clients", ())],
        "group": [contents.group(one, roles) for one in entry.get("Groups", ())],
        "user": [
            contents.user(one, table) for one in entry.get("Users", ()) if one.get("UserStatus") != "EXTERNAL_PROVIDER"
        ],
        **extras.lists(entry, table, notes),
    }
    if inner["user"]:
        notes.append(f"user pool {pool_id}: subs, states, passwords and second factors of its users")
    for client_id, secrets in entry.get("Halfday", {}).get("ClientSecrets", {}).items():
        if len(secrets) > 1:
            notes.append(f"client {client_id}: its second secret")
    for one in entry.get("Users", ()):
        if one.get("UserStatus") == "EXTERNAL_PROVIDER" or not one.get("Enabled", True):
            why = "is disabled" if not one.get("Enabled", True) else "comes from a provider"
            notes.append(f"user pool {pool_id}: user {one['Username']} {why}")
    return {**table, **{name: entries for name, entries in inner.items() if entries}}


def _put_settings(table: Members, settings: Any, members: Document) -> None:
    """Each key whose member has a value, in the file's words."""
    for key, path, words in settings:
        value: Any = members
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value is None:
            continue
        if key == "recovery":
            ordered = sorted(value, key=lambda one: one.get("Priority", 0))
            value = [one["Name"] for one in ordered]
        if words is not None:
            spelt = {aws: word for word, aws in words.items()}
            listed = value if isinstance(value, list) else [value]
            if not all(one in spelt for one in listed):
                continue
            value = [spelt[one] for one in listed] if isinstance(value, list) else spelt[value]
        outer, _, last = key.rpartition(".")
        (table.setdefault(outer, {}) if outer else table)[last] = value


def _put_mfa(table: Members, mfa: Document) -> None:
    modes = {aws: word for word, aws in MFA_MODES.items()}
    table["mfa"] = modes.get(mfa.get("MfaConfiguration", "OFF"), "off")
    apps = mfa.get(SECOND_FACTORS["app"], {}).get("Enabled")
    has = {"app": bool(apps), "sms": SECOND_FACTORS["sms"] in mfa, "email": SECOND_FACTORS["email"] in mfa}
    if table["mfa"] != "off":
        table["mfa_factors"] = [factor for factor, there in has.items() if there]
    _put_settings(table, PASSKEY_SETTINGS, mfa.get("WebAuthnConfiguration", {}))
    for key, member in SIGN_IN_EMAIL.items():
        if value := mfa.get(SECOND_FACTORS["email"], {}).get(member):
            table.setdefault("messages", {})[key.partition(".")[2]] = value


def _put_password(table: Members, policy: Document) -> None:
    for key, member in (
        ("minimum_length", "MinimumLength"),
        ("uppercase", "RequireUppercase"),
        ("lowercase", "RequireLowercase"),
        ("numbers", "RequireNumbers"),
        ("symbols", "RequireSymbols"),
        ("temporary_days", "TemporaryPasswordValidityDays"),
    ):
        if policy.get(member) is not None:
            table.setdefault("password", {})[key] = policy[member]


def _put_aws(table: Members, entry: Document, account: str) -> None:
    """What the keys do not say, in UpdateUserPool's own members."""
    wanted = PoolWriter.settings_of(entry["UserPool"], "UpdateUserPoolRequest")
    said = update_members(table, {}, table["id"], account)
    usual = {f"Level{n}": {"AcrValue": f"urn:cognito:loa:{n}"} for n in (1, 2, 3, 4)}
    said = {"AcrConfiguration": usual, "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"}, **said}
    left = {
        name: value
        for name, value in wanted.items()
        if name not in ("UserPoolTags", "PoolName") and not _is_within(value, said.get(name))
    }
    if left:
        table["aws"] = left
    told = (
        {"AccountRecoverySetting", *said} - wanted.keys() - {"UserPoolTags", "EmailConfiguration", "AcrConfiguration"}
    )
    if told:
        table["unsaid"] = sorted(told)  # what the file's other keys, or a new pool, would have


def _is_within(value: Any, said: Any) -> bool:
    if isinstance(value, Mapping) and isinstance(said, Mapping):
        return all(_is_within(each, said.get(name)) for name, each in value.items())
    return bool(value == said)
