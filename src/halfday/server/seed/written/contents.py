"""App clients, groups, people, providers and resource servers as tables of the seed file."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from halfday.protocol.identifiers import CLIENT_SECRET_BYTES, make_client_secret
from halfday.server.domain.user_pools.providers import KINDS
from halfday.server.seed.translation import client_input
from halfday.server.transfer.writing import taken_by
from halfday.server.transfer.writing_pools import DEFAULT_SSO_MINUTES, PLACEHOLDER

Members = dict[str, Any]
Document = Mapping[str, Any]


def client(entry: Document, pool_id: str, notes: list[str]) -> Members:
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
    if "PreventUserExistenceErrors" not in client:
        table["unsaid"] = ["PreventUserExistenceErrors"]
    elif client["PreventUserExistenceErrors"] != "ENABLED":
        table["hide_unknown_users"] = False
    if entry.get("SSOMinutes", DEFAULT_SSO_MINUTES) != DEFAULT_SSO_MINUTES:
        table["sso_minutes"] = entry["SSOMinutes"]
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
    return make_client_secret(secrets.token_bytes(CLIENT_SECRET_BYTES))


def group(group: Document, roles: Mapping[str, str]) -> Members:
    table = {"name": group["GroupName"], "description": group.get("Description"), "precedence": group.get("Precedence")}
    if arn := group.get("RoleArn"):
        table["role"] = roles.get(arn, arn)
    return {name: value for name, value in table.items() if value is not None}


def user(user: Document, pool: Members) -> Members:
    attributes = {one["Name"]: one.get("Value", "") for one in user.get("Attributes", ())}
    kinds = [kind for kind in pool.get("sign_in_with", ()) if attributes.get(kind)]
    name = attributes[kinds[0]] if kinds else user["Username"]
    left_out = {"sub", "identities", *kinds[:1]}
    kept = {key: value for key, value in attributes.items() if key not in left_out}
    groups = {"groups": list(user["Groups"])} if user.get("Groups") else {}
    return {"username": name, **groups, **({"attributes": kept} if kept else {})}


def provider(provider: Document, pool_id: str, notes: list[str]) -> Members:
    kind, name = provider["ProviderType"], provider["ProviderName"]
    known = KINDS[kind].known - set(KINDS[kind].computed) if kind in KINDS else frozenset()
    details = {key: value for key, value in provider.get("ProviderDetails", {}).items() if key in known}
    for lacking in sorted(set(KINDS[kind].required) - details.keys()) if kind in KINDS else ():
        details[lacking] = PLACEHOLDER
        notes.append(f"user pool {pool_id}: provider {name}: {lacking} was left out: {PLACEHOLDER!r} stands for it")
    mapping = dict(provider.get("AttributeMapping", {}))
    if kind in KINDS and KINDS[kind].subject_claim:
        mapping.pop("username", None)
    table = {"type": kind, "name": name, "details": dict(sorted(details.items())), "attribute_mapping": mapping}
    for key, member in (("identifiers", "IdpIdentifiers"), ("acr_mapping", "AcrMapping")):
        if provider.get(member):
            table[key] = provider[member]
    return table


def resource_server(server: Document) -> Members:
    scopes = {one["ScopeName"]: one["ScopeDescription"] for one in server.get("Scopes", ())}
    return {"identifier": server["Identifier"], "name": server["Name"], "scopes": scopes}
