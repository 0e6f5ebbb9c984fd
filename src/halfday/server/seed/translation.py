"""Translates tables of the seed file into the members of operations, as boto3 would send them. User pools have a file
of their own, pool_members.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.gateway.declared_routes import ECHO
from halfday.server.seed_file import SeedRefused

Table = Mapping[str, Any]

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ROLE_KINDS = ("authenticated", "unauthenticated")
_HTTP_URL = re.compile(r"https?://[^\s/?#]+[^\s?#]*")


def backend_of(table: Table) -> str:
    """A route's backend: an http(s) URL, or ECHO. Raises SeedRefused."""
    backend = required(table, "backend", "[[gateway]]")
    if backend != ECHO and not _HTTP_URL.fullmatch(backend):
        raise SeedRefused(f'[[gateway]] {table.get("path")}: backend must be a URL, http://… or https://…, or "{ECHO}"')
    return backend


def client_input(table: Table, pool_id: str, client_id: str) -> dict[str, Any]:
    flows, validity = table.get("flows", []), {}
    for ours, aws in (
        ("access_token_minutes", "AccessTokenValidity"),
        ("id_token_minutes", "IdTokenValidity"),
        ("refresh_token_days", "RefreshTokenValidity"),
    ):
        if ours in table:
            validity[aws] = table[ours]
    hide = table.get("hide_unknown_users", True)
    given = {
        "UserPoolId": pool_id,
        "ClientName": table.get("name", client_id),
        "CallbackURLs": table.get("callback_urls", []),
        "LogoutURLs": table.get("logout_urls", []),
        "AllowedOAuthFlows": flows,
        "AllowedOAuthFlowsUserPoolClient": bool(flows),
        "AllowedOAuthScopes": table.get("scopes", ["openid", "email", "profile"] if "code" in flows else []),
        "SupportedIdentityProviders": table.get("providers", ["COGNITO"]),
        "PreventUserExistenceErrors": "ENABLED" if hide else "LEGACY",
        "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"},
        **({"ExplicitAuthFlows": table["auth_flows"]} if "auth_flows" in table else {}),
        **validity,
        **table.get("aws", {}),
    }
    unsaid = table.get("unsaid", ())
    if unknown := [name for name in unsaid if name not in given]:
        raise SeedRefused(f"[[user_pool.client]] {client_id}: unsaid: no key says {unknown[0]}")
    return {name: value for name, value in given.items() if name not in unsaid}


def bucket_name(table: Table) -> str:
    """Raises SeedRefused for a name that S3 would not take (S3 user guide, Bucket naming rules)."""
    name = required(table, "name", "[[bucket]]")
    if not _BUCKET.fullmatch(name) or ".." in name:
        raise SeedRefused(f"[[bucket]] {name[:63]!r}: a bucket's name is 3 to 63 of a-z, 0-9, dots and hyphens")
    return name


ASSUME, TAG_SESSION = "sts:AssumeRoleWithWebIdentity", "sts:TagSession"


def trust_policy(table: Table) -> dict[str, Any]:
    """The declared trust policy, or the one that an identity pool's role needs (facts/identity.md §7)."""
    if "trust" in table:
        return policy_document(table["trust"])
    pool_id = required(table, "identity_pool", f"[[role]] {table.get('name')} without trust")
    if (kind := table.get("kind", "authenticated")) not in _ROLE_KINDS:
        raise SeedRefused(f"[[role]] {table.get('name')}: kind must be {' or '.join(_ROLE_KINDS)}, not {kind!r}")
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": [ASSUME, TAG_SESSION] if table.get("session_tags") else ASSUME,
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": pool_id},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": kind},
        },
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def policy_document(value: Any) -> dict[str, Any]:
    """A policy as JSON text, or as a TOML table."""
    if isinstance(value, Mapping):
        return dict(value)
    try:
        document: dict[str, Any] = json.loads(value)
    except (TypeError, ValueError) as problem:
        raise SeedRefused(f"a policy is neither a table nor JSON: {problem}") from problem
    return document


def required(table: Table, name: str, place: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value:
        raise SeedRefused(f"{place}: {name} is missing")
    return value


def named(given: Table) -> str:
    members = (
        *("Username", "ClientName", "RoleName", "UserName", "PolicyName", "PolicyArn", "Domain", "ProviderName"),
        *("GroupName", "Identifier", "PoolName"),
    )
    return next((str(given[member]) for member in members if member in given), "")
