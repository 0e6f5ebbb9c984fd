"""An identity pool as a table of the seed file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.protocol.identifiers import login_provider
from halfday.server.seed.identity_pools import KINDS, MATCHES, OTHERWISE
from halfday.server.seed.written.differences import is_ours

Members = dict[str, Any]
Document = Mapping[str, Any]


def identity_pool(entry: Document, document: Document, roles: Mapping[str, str], notes: list[str]) -> Members:
    pool = entry["IdentityPool"]
    if entry.get("Identities"):
        notes.append(f"identity pool {pool['IdentityPoolId']}: its {len(entry['Identities'])} identities")
    table = {
        "id": pool["IdentityPoolId"],
        "name": pool["IdentityPoolName"],
        "guests": pool.get("AllowUnauthenticatedIdentities", False),
        "classic_flow": pool.get("AllowClassicFlow") or None,
        **_of_user_pools(pool, document),
        "login_providers": pool.get("SupportedLoginProviders") or None,
        "developer_provider": pool.get("DeveloperProviderName"),
        **{f"{kind}_role": roles.get(arn, arn) for kind, arn in entry.get("Roles", {}).items()},
        "tags": {name: text for name, text in pool.get("IdentityPoolTags", {}).items() if not is_ours(name)} or None,
        "oidc": [{"arn": arn} for arn in pool.get("OpenIdConnectProviderARNs", ())] or None,
        "saml": [{"arn": arn} for arn in pool.get("SamlProviderARNs", ())] or None,
        "role_mapping": [_mapping(name, one, roles) for name, one in entry.get("RoleMappings", {}).items()] or None,
        "principal_tags": [_principal_tags(one) for one in entry.get("PrincipalTags", ())] or None,
    }
    return {name: value for name, value in table.items() if value is not None}


def _of_user_pools(pool: Document, document: Document) -> Members:
    """By the ids of clients, where the file has them all and their tokens are checked alike; else one by one."""
    accepted = pool.get("CognitoIdentityProviders", ())
    checks = {one.get("ServerSideTokenCheck", False) for one in accepted}
    clients = [one["UserPoolClient"] for each in document.get("UserPools", ()) for one in each.get("Clients", ())]
    known = {(login_provider(client["UserPoolId"]), client["ClientId"]) for client in clients}
    if len(checks) == 1 and {(one["ProviderName"], one["ClientId"]) for one in accepted} <= known:
        check = {"server_side_token_check": True} if True in checks else {}
        return {"clients": [one["ClientId"] for one in accepted], **check}
    return {"cognito": [_cognito(one) for one in accepted]} if accepted else {}


def _cognito(given: Document) -> Members:
    table = {"provider": given["ProviderName"], "client_id": given["ClientId"]}
    return {**table, "server_side_token_check": True} if given.get("ServerSideTokenCheck") else table


def _mapping(provider: str, mapping: Document, roles: Mapping[str, str]) -> Members:
    table = {"provider": provider, "type": _word(KINDS, mapping["Type"])}
    if "AmbiguousRoleResolution" in mapping:
        table["otherwise"] = _word(OTHERWISE, mapping["AmbiguousRoleResolution"])
    rules = [
        {
            "claim": rule["Claim"],
            "match": _word(MATCHES, rule["MatchType"]),
            "value": rule["Value"],
            "role": roles.get(rule["RoleARN"], rule["RoleARN"]),
        }
        for rule in mapping.get("RulesConfiguration", {}).get("Rules", ())
    ]
    return {**table, **({"rules": rules} if rules else {})}


def _principal_tags(given: Document) -> Members:
    table = {"provider": given["IdentityProviderName"], "tags": given.get("PrincipalTags") or None}
    table["defaults"] = given.get("UseDefaults") or None
    return {name: value for name, value in table.items() if value is not None}


def _word(words: Mapping[str, str], value: str) -> str:
    return next(word for word, aws in words.items() if aws == value)
