"""Writes a seed file that makes again what an export describes, and names what a seed file cannot say.

What it cannot say is not guessed: the file is applied to a server in memory, and what that answers otherwise is told.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

from halfday.protocol.identifiers import CLIENT_SECRET_BYTES, make_client_secret
from halfday.server.compose import make_services
from halfday.server.domain.user_pools.providers import KINDS
from halfday.server.seed import seeder
from halfday.server.seed.pool_members import update_members
from halfday.server.seed.pool_words import MFA_MODES, PASSKEY_SETTINGS, POOL_SETTINGS, SECOND_FACTORS, SIGN_IN_EMAIL
from halfday.server.seed.toml import toml_of
from halfday.server.seed.translation import client_input
from halfday.server.seed_file import SeedRefused, check
from halfday.server.settings import Settings
from halfday.server.transfer.exporting import export
from halfday.server.transfer.writing import taken_by
from halfday.server.transfer.writing_pools import PLACEHOLDER, PoolWriter, declared_attributes

Members = dict[str, Any]
Document = Mapping[str, Any]

_UNTOLD = frozenset(
    "CreationDate LastModifiedDate UserCreateDate UserLastModifiedDate CreateDate UpdateDate Version "
    "CSSVersion CloudFrontDistribution RoleId PolicyId EstimatedNumberOfUsers AttachmentCount Arn ImageUrl "
    "RoleLastUsed ManagedLoginBrandingId TermsId UserPoolTags Users Identities Halfday HasSecret "
    "DefaultVersionId WithSecrets".split()
)
_NAMES = (
    "IdentityPoolId Id ClientId GroupName ProviderName Identifier Domain RoleName PolicyName TermsName Name".split()
)


def seed_file_of(document: Document) -> tuple[str, list[str]]:
    """The file's text, and sentences about what it cannot say."""
    notes: list[str] = []
    tables = _tables(document, notes)
    notes += asyncio.run(_differences(document, tables))
    return toml_of(tables), notes


def _tables(document: Document, notes: list[str]) -> Members:
    tables: Members = {
        "user_pool": [_pool(one, notes) for one in document.get("UserPools", ())],
        "managed_policy": [_managed_policy(one) for one in document.get("Policies", ())],
        "role": [_role(one) for one in document.get("Roles", ())],
        "identity_pool": [_identity_pool(one, notes) for one in document.get("IdentityPools", ())],
    }
    return {name: entries for name, entries in tables.items() if entries}


def _pool(entry: Document, notes: list[str]) -> Members:
    pool, pool_id = entry["UserPool"], entry["UserPool"]["Id"]
    table: Members = {"id": pool_id, "name": pool.get("Name", pool_id)}
    if kind := entry.get("Halfday", {}).get("IssuerKind"):
        table["issuer"] = kind
    prefix = next((one for one in entry.get("Domains", ()) if not one.get("CustomDomainConfig")), None)
    if prefix is not None:
        table |= {
            "domain": prefix["Domain"],
            "pages": "managed" if prefix.get("ManagedLoginVersion") == 2 else "classic",
        }
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
    tags = {name: text for name, text in pool.get("UserPoolTags", {}).items() if not _is_ours(name)}
    if tags:
        table["tags"] = tags
    _put_password(table, pool.get("Policies", {}).get("PasswordPolicy", {}))
    attributes = {one.pop("Name"): one for one in declared_attributes(pool)}
    if attributes:
        table["attributes"] = attributes
    css = [one["CSS"] for one in entry.get("Styles", ()) if one.get("ClientId") == "ALL" and one.get("CSS")]
    if css and table.get("pages") == "classic":
        table["branding"] = {"css": css[0]}
    _put_aws(table, entry)
    inner = {
        "resource_server": [_resource_server(one) for one in entry.get("ResourceServers", ())],
        "provider": [_provider(one, pool_id, notes) for one in entry.get("IdentityProviders", ())],
        "client": [_client(one, pool_id, notes) for one in entry.get("Clients", ())],
        "group": [_group(one) for one in entry.get("Groups", ())],
        "user": [_user(one, table) for one in entry.get("Users", ()) if one.get("UserStatus") != "EXTERNAL_PROVIDER"],
    }
    if inner["user"]:
        notes.append(f"user pool {pool_id}: subs, states, passwords and second factors of its users")
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


def _put_aws(table: Members, entry: Document) -> None:
    """What the keys do not say, in UpdateUserPool's own members."""
    wanted = PoolWriter.settings_of(entry["UserPool"], "UpdateUserPoolRequest")
    said = update_members(table, {}, table["id"], Settings().account_id)
    usual = {f"Level{n}": {"AcrValue": f"urn:cognito:loa:{n}"} for n in (1, 2, 3, 4)}
    said = {"AcrConfiguration": usual, "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"}, **said}
    left = {
        name: value
        for name, value in wanted.items()
        if name not in ("UserPoolTags", "PoolName") and not _is_within(value, said.get(name))
    }
    if left:
        table["aws"] = left


def _is_within(value: Any, said: Any) -> bool:
    if isinstance(value, Mapping) and isinstance(said, Mapping):
        return all(_is_within(each, said.get(name)) for name, each in value.items())
    return bool(value == said)


def _client(entry: Document, pool_id: str, notes: list[str]) -> Members:
    client = entry["UserPoolClient"]
    client_id = client["ClientId"]
    table: Members = {"id": client_id, "name": client["ClientName"]}
    if "ClientSecret" in client:
        table["secret"] = client["ClientSecret"]
    elif entry.get("HasSecret"):
        table["secret"] = _new_secret()
        notes.append(f"client {client_id}: its secret was left out: the file has a new one")
    for key, member in (
        ("callback_urls", "CallbackURLs"),
        ("logout_urls", "LogoutURLs"),
        ("flows", "AllowedOAuthFlows"),
        ("scopes", "AllowedOAuthScopes"),
        ("auth_flows", "ExplicitAuthFlows"),
        ("providers", "SupportedIdentityProviders"),
    ):
        if client.get(member):
            table[key] = client[member]
    if client.get("PreventUserExistenceErrors") != "ENABLED":
        table["hide_unknown_users"] = False
    said = client_input(table, pool_id, client_id)
    taken = taken_by("cognito-idp", "UpdateUserPoolClient", client)
    left = {name: v for name, v in taken.items() if v != said.get(name) and name not in ("ClientId", "UserPoolId")}
    left |= {
        name: []
        for name in ("SupportedIdentityProviders", "AllowedOAuthScopes")
        if said.get(name) and name not in taken
    }
    return {**table, **({"aws": left} if left else {})}


def _new_secret() -> str:
    import secrets

    return make_client_secret(secrets.token_bytes(CLIENT_SECRET_BYTES))


def _group(group: Document) -> Members:
    table = {"name": group["GroupName"], "description": group.get("Description"), "precedence": group.get("Precedence")}
    if arn := group.get("RoleArn"):
        table["role"] = arn.rpartition(":role/")[2]
    return {name: value for name, value in table.items() if value is not None}


def _user(user: Document, pool: Members) -> Members:
    attributes = {one["Name"]: one.get("Value", "") for one in user.get("Attributes", ())}
    kinds = [kind for kind in pool.get("sign_in_with", ()) if attributes.get(kind)]
    name = attributes[kinds[0]] if kinds else user["Username"]
    left_out = {"sub", "identities", *kinds[:1]}
    kept = {key: value for key, value in attributes.items() if key not in left_out}
    groups = {"groups": list(user["Groups"])} if user.get("Groups") else {}
    return {"username": name, **groups, **({"attributes": kept} if kept else {})}


def _provider(provider: Document, pool_id: str, notes: list[str]) -> Members:
    kind, name = provider["ProviderType"], provider["ProviderName"]
    known = KINDS[kind].known - set(KINDS[kind].computed) if kind in KINDS else frozenset()
    details = {key: value for key, value in provider.get("ProviderDetails", {}).items() if key in known}
    for lacking in set(KINDS[kind].required) - details.keys() if kind in KINDS else ():
        details[lacking] = PLACEHOLDER
        notes.append(f"user pool {pool_id}: provider {name}: {lacking} was left out: {PLACEHOLDER!r} stands for it")
    mapping = dict(provider.get("AttributeMapping", {}))
    if kind in KINDS and KINDS[kind].subject_claim:
        mapping.pop("username", None)
    table = {"type": kind, "name": name, "details": details, "attribute_mapping": mapping}
    return {**table, **({"identifiers": provider["IdpIdentifiers"]} if provider.get("IdpIdentifiers") else {})}


def _resource_server(server: Document) -> Members:
    scopes = {one["ScopeName"]: one["ScopeDescription"] for one in server.get("Scopes", ())}
    return {"identifier": server["Identifier"], "name": server["Name"], "scopes": scopes}


def _managed_policy(entry: Document) -> Members:
    policy = entry["Policy"]
    table = {"name": policy["PolicyName"], "description": policy.get("Description"), "tags": _tags(policy)}
    return {k: v for k, v in table.items() if v} | {"document": json.dumps(entry["Document"])}


def _role(entry: Document) -> Members:
    role = entry["Role"]
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    table = {
        "name": role["RoleName"],
        "description": role.get("Description"),
        "trust": json.dumps(role["AssumeRolePolicyDocument"]),
        "max_session_s": role.get("MaxSessionDuration"),
        "managed_policies": [_policy_name(arn) for arn in entry.get("Attached", ())],
        "permissions_boundary": boundary and _policy_name(boundary),
        "policies": {name: json.dumps(one) for name, one in entry.get("Policies", {}).items()},
        "tags": _tags(role),
    }
    return {name: value for name, value in table.items() if value}


def _policy_name(arn: str) -> str:
    return arn if arn.startswith("arn:aws:iam::aws:") else arn.rpartition("/")[2]


def _tags(entry: Document) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in entry.get("Tags", ())}


def _identity_pool(entry: Document, notes: list[str]) -> Members:
    pool, roles = entry["IdentityPool"], entry.get("Roles", {})
    if entry.get("Identities"):
        notes.append(f"identity pool {pool['IdentityPoolId']}: its {len(entry['Identities'])} identities")
    clients = [one["ClientId"] for one in pool.get("CognitoIdentityProviders", ())]
    table = {
        "id": pool["IdentityPoolId"],
        "name": pool["IdentityPoolName"],
        "guests": pool.get("AllowUnauthenticatedIdentities", False),
        "classic_flow": pool.get("AllowClassicFlow") or None,
        "clients": clients or None,
        "login_providers": pool.get("SupportedLoginProviders") or None,
        "developer_provider": pool.get("DeveloperProviderName"),
        **{f"{kind}_role": arn.rpartition(":role/")[2] for kind, arn in roles.items()},
    }
    return {name: value for name, value in table.items() if value is not None}


async def _differences(document: Document, tables: Members) -> list[str]:
    """What a server answers otherwise that was made from these tables."""
    services = make_services(Settings(ephemeral=True), origin="http://127.0.0.1")
    try:
        check(tables)
        await seeder.apply(services, tables)
        made = await export(services)
    except SeedRefused as refused:
        return [f"this file is refused as it is: {refused}"]
    finally:
        await asyncio.gather(*services.keys_under_way.values(), return_exceptions=True)
        services.key_pairs.close()
        await services.store.close()
    return list(_unlike(document, made, ""))


def _unlike(wanted: Any, made: Any, place: str) -> Iterator[str]:
    if isinstance(wanted, Mapping) and isinstance(made, Mapping):
        for name in {**wanted, **made}:
            if name not in _UNTOLD and not _is_ours(str(name)):
                yield from _unlike(wanted.get(name), made.get(name), f"{place}.{name}" if place else str(name))
    elif _is_named(wanted) or _is_named(made):
        ours, theirs = ({_name(one): one for one in entries or ()} for entries in (wanted, made))
        for name in {**ours, **theirs}:
            yield from _unlike(ours.get(name), theirs.get(name), f"{place}[{name}]")
    elif (wanted or None) != (made or None):
        if isinstance(wanted, list) and isinstance(made, list) and _sorted(wanted) == _sorted(made):
            return
        yield (
            f"{place}: {_shown(wanted)}" if made in (None, [], {}) else f"{place}: {_shown(wanted)}, not {_shown(made)}"
        )


def _is_named(entries: Any) -> bool:
    return isinstance(entries, list) and bool(entries) and all(isinstance(one, Mapping) for one in entries)


def _name(entry: Document) -> str:
    for inner in (entry, *(one for one in entry.values() if isinstance(one, Mapping))):
        for key in _NAMES:
            if isinstance(inner.get(key), str):
                return str(inner[key])
    return json.dumps({k: v for k, v in entry.items() if k not in _UNTOLD}, sort_keys=True, default=str)[:80]


def _sorted(values: list[Any]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True, default=str) for one in values)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:117] + "…"


def _is_ours(tag: str) -> bool:
    return tag.startswith("_custom_id_") or tag == "_issuer_"
