"""Applies `[[identity_pool]]`: the providers whose people it takes, its roles, how they are chosen, and its tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from halfday.protocol.identifiers import login_provider, role_arn
from halfday.server.domain.aws.trusted_providers import OidcProvider, SamlProvider
from halfday.server.seed.calls import call
from halfday.server.seed.stand_ins import RunningStandIn
from halfday.server.seed.translation import required
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services
from halfday.server.storage.errors import Taken

Table = Mapping[str, Any]

_KINDS = {"token": "Token", "rules": "Rules"}
_OTHERWISE = {"authenticated_role": "AuthenticatedRole", "deny": "Deny"}
_MATCHES = {"equals": "Equals", "contains": "Contains", "starts_with": "StartsWith", "not_equal": "NotEqual"}


class IdentityPools:
    """Makes the identity pools of the file, or changes them to what it says."""

    def __init__(self, services: Services, stand_ins: Iterable[RunningStandIn]) -> None:
        self._services, self._store = services, services.store
        self._account = services.settings.account_id
        self._stand_ins = {(one.declared.type, one.declared.name): one for one in stand_ins}

    async def declare(self, table: Table) -> None:
        pool_id = required(table, "id", "[[identity_pool]]")
        given = {
            "IdentityPoolName": table.get("name", "halfday"),
            "AllowUnauthenticatedIdentities": table.get("guests", False),
            "AllowClassicFlow": table.get("classic_flow", False),
            "CognitoIdentityProviders": [
                await self._accepted(client_id, table) for client_id in table.get("clients", ())
            ],
            "SupportedLoginProviders": table.get("login_providers", {}),
            "OpenIdConnectProviderARNs": [await self._oidc(one, table) for one in table.get("oidc", ())],
            "SamlProviderARNs": [await self._saml(one, table) for one in table.get("saml", ())],
            **({"DeveloperProviderName": name} if (name := table.get("developer_provider")) else {}),
            "IdentityPoolTags": {"_custom_id_": pool_id},
        }
        if await self._store.identity_pools.find(pool_id) is None:
            await self._call("CreateIdentityPool", given)
        else:
            await self._call("UpdateIdentityPool", {"IdentityPoolId": pool_id, **given})
        await self._call("SetIdentityPoolRoles", {"IdentityPoolId": pool_id, **await self._roles(table)})
        for one in table.get("principal_tags", ()):
            tags = {"UseDefaults": one.get("defaults", False), "PrincipalTags": one.get("tags", {})}
            named = {"IdentityPoolId": pool_id, "IdentityProviderName": await self._provider(one, table)}
            await self._call("SetPrincipalTagAttributeMap", {**named, **tags})

    async def _roles(self, table: Table) -> dict[str, Any]:
        roles = {
            kind: role_arn(self._account, table[f"{kind}_role"])
            for kind in ("authenticated", "unauthenticated")
            if f"{kind}_role" in table
        }
        mappings = {}
        for one in table.get("role_mapping", ()):
            client = f":{one['client']}" if "client" in one else ""
            mappings[await self._provider(one, table) + client] = self._mapping(one, table)
        return {"Roles": roles, "RoleMappings": mappings}

    def _mapping(self, one: Table, table: Table) -> dict[str, Any]:
        place = f"[[identity_pool.role_mapping]] of {table['id']}"
        rules = [
            {
                "Claim": required(rule, "claim", place),
                "MatchType": _chosen(_MATCHES, rule.get("match", "equals"), f"{place}: match"),
                "Value": required(rule, "value", place),
                "RoleARN": role_arn(self._account, required(rule, "role", place)),
            }
            for rule in one.get("rules", ())
        ]
        return {
            "Type": _chosen(_KINDS, one.get("type", "rules" if rules else "token"), f"{place}: type"),
            "AmbiguousRoleResolution": _chosen(_OTHERWISE, one.get("otherwise", "deny"), f"{place}: otherwise"),
            **({"RulesConfiguration": {"Rules": rules}} if rules else {}),
        }

    async def _provider(self, one: Table, table: Table) -> str:
        """The key of Logins that `client` or `provider` stands for."""
        if "client" in one:
            return str((await self._accepted(one["client"], table))["ProviderName"])
        return required(one, "provider", f"[[identity_pool]] {table['id']}: a table without client")

    async def _accepted(self, client_id: str, table: Table) -> dict[str, Any]:
        client = await self._store.app_clients.find(client_id)
        if client is None:
            raise SeedRefused(f"[[identity_pool]] {table['id']}: there is no app client {client_id}")
        check = table.get("server_side_token_check", False)
        return {
            "ProviderName": login_provider(client.pool_id),
            "ClientId": client_id,
            "ServerSideTokenCheck": check,
        }

    async def _oidc(self, one: Table, table: Table) -> str:
        """The ARN of the IAM OIDC provider, made or changed."""
        issuer, client_ids = one.get("issuer"), tuple(one.get("client_ids", ()))
        if "stand_in" in one:
            found = self._stand_in("OIDC", one["stand_in"], table)
            issuer, client_ids = issuer or found.issuer, client_ids or (found.declared.client_id,)
        place = f"[[identity_pool.oidc]] of {table['id']}"
        url = required({"issuer": issuer}, "issuer", place).partition("://")[2].rstrip("/")
        if not urlsplit(f"//{url}").hostname or not client_ids:
            raise SeedRefused(f"{place}: issuer must be an https URL, and client_ids say whom its tokens are for")
        provider = OidcProvider(self._account, url, self._services.clock(), client_ids)
        try:
            await self._store.oidc_providers.insert(provider)
        except Taken:
            await self._store.oidc_providers.change(self._account, url, lambda _: provider)
        return provider.arn

    async def _saml(self, one: Table, table: Table) -> str:
        """The ARN of the IAM SAML provider, made or changed."""
        place = f"[[identity_pool.saml]] of {table['id']}"
        if "stand_in" in one:
            found = self._stand_in("SAML", one["stand_in"], table)
            name, metadata = one.get("name", found.declared.name), found.provider_details()["MetadataFile"]
        else:
            name = required(one, "name", place)
            metadata = _document(Path(required(one, "metadata", place)), place)
        known = await self._store.saml_providers.find(self._account, name)
        if known is None:
            provider_id = self._services.random(16).hex().upper()
            known = SamlProvider(self._account, name, provider_id, metadata, self._services.clock())
            await self._store.saml_providers.insert(known)
        elif known.metadata != metadata:
            changed = SamlProvider(self._account, name, known.provider_id, metadata, known.created_at, tags=known.tags)
            await self._store.saml_providers.change(self._account, name, lambda _: changed)
        return known.arn

    def _stand_in(self, kind: str, name: str, table: Table) -> RunningStandIn:
        found = self._stand_ins.get((kind, name))
        if found is None:
            raise SeedRefused(f"[[identity_pool]] {table['id']}: the file has no [[stand_in]] {name} of type {kind}")
        return found

    async def _call(self, name: str, given: dict[str, Any]) -> None:
        await call(self._services, "cognito-identity", name, given, whole=name == "SetPrincipalTagAttributeMap")


def _document(path: Path, place: str) -> str:
    from halfday.server.outside.saml.documents import Unreadable
    from halfday.server.outside.saml.metadata import parse_metadata

    try:
        document = path.read_bytes()
        parse_metadata(document)
        return document.decode()
    except (OSError, Unreadable, UnicodeDecodeError) as problem:
        raise SeedRefused(f"{place}: metadata {path}: {problem}") from problem


def _chosen(known: Mapping[str, str], value: str, place: str) -> str:
    if value not in known:
        raise SeedRefused(f"{place} must be one of {', '.join(known)}, not {value!r}")
    return known[value]
