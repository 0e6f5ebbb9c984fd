"""Applies `[[identity_pool]]`: the providers whose people it takes, its roles, how they are chosen, and its tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from halfday.protocol.identifiers import login_provider
from halfday.server.seed.calls import call
from halfday.server.seed.role_arns import RoleArns
from halfday.server.seed.stand_ins import RunningStandIn
from halfday.server.seed.translation import required
from halfday.server.seed.trusted_providers import TrustedProviders
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]

KINDS = {"token": "Token", "rules": "Rules"}
OTHERWISE = {"authenticated_role": "AuthenticatedRole", "deny": "Deny"}
MATCHES = {"equals": "Equals", "contains": "Contains", "starts_with": "StartsWith", "not_equal": "NotEqual"}


class IdentityPools:
    """Makes the identity pools of the file, or changes them to what it says."""

    def __init__(self, services: Services, stand_ins: Iterable[RunningStandIn], roles: RoleArns) -> None:
        self._services, self._store, self._role_arns = services, services.store, roles
        self._trusted = TrustedProviders(services)
        self._stand_ins = {(one.declared.type, one.declared.name): one for one in stand_ins}

    async def declare(self, table: Table) -> None:
        pool_id = required(table, "id", "[[identity_pool]]")
        given = {
            "IdentityPoolName": table.get("name", "halfday"),
            "AllowUnauthenticatedIdentities": table.get("guests", False),
            "AllowClassicFlow": table.get("classic_flow", False),
            "CognitoIdentityProviders": await self._cognito(table),
            "SupportedLoginProviders": table.get("login_providers", {}),
            "OpenIdConnectProviderARNs": [await self._oidc(one, table) for one in table.get("oidc", ())],
            "SamlProviderARNs": [await self._saml(one, table) for one in table.get("saml", ())],
            **({"DeveloperProviderName": name} if (name := table.get("developer_provider")) else {}),
        }
        found = await self._store.identity_pools.find(pool_id)
        if found is None:
            tags = {"_custom_id_": pool_id, **table.get("tags", {})}
            await self._call("CreateIdentityPool", {**given, "IdentityPoolTags": tags})
        else:
            tags = {"_custom_id_": pool_id, **table.get("tags", found.tags)}
            await self._call("UpdateIdentityPool", {"IdentityPoolId": pool_id, **given, "IdentityPoolTags": tags})
        await self._call("SetIdentityPoolRoles", {"IdentityPoolId": pool_id, **await self._roles(table)})
        for one in table.get("principal_tags", ()):
            tags = {"UseDefaults": one.get("defaults", False), "PrincipalTags": one.get("tags", {})}
            named = {"IdentityPoolId": pool_id, "IdentityProviderName": await self._provider(one, table)}
            await self._call("SetPrincipalTagAttributeMap", {**named, **tags})

    async def _roles(self, table: Table) -> dict[str, Any]:
        roles = {
            kind: await self._role_arns.of(table[f"{kind}_role"])
            for kind in ("authenticated", "unauthenticated")
            if f"{kind}_role" in table
        }
        mappings = {}
        for one in table.get("role_mapping", ()):
            client = f":{one['client']}" if "client" in one else ""
            mappings[await self._provider(one, table) + client] = await self._mapping(one, table)
        return {"Roles": roles, "RoleMappings": mappings}

    async def _mapping(self, one: Table, table: Table) -> dict[str, Any]:
        place = f"[[identity_pool.role_mapping]] of {table['id']}"
        rules = [
            {
                "Claim": required(rule, "claim", place),
                "MatchType": _chosen(MATCHES, rule.get("match", "equals"), f"{place}: match"),
                "Value": required(rule, "value", place),
                "RoleARN": await self._role_arns.of(required(rule, "role", place)),
            }
            for rule in one.get("rules", ())
        ]
        return {
            "Type": _chosen(KINDS, one.get("type", "rules" if rules else "token"), f"{place}: type"),
            "AmbiguousRoleResolution": _chosen(OTHERWISE, one.get("otherwise", "deny"), f"{place}: otherwise"),
            **({"RulesConfiguration": {"Rules": rules}} if rules else {}),
        }

    async def _provider(self, one: Table, table: Table) -> str:
        """The key of Logins that `client` or `provider` stands for."""
        if "client" in one:
            return str((await self._accepted(one["client"], table))["ProviderName"])
        return required(one, "provider", f"[[identity_pool]] {table['id']}: a table without client")

    async def _cognito(self, table: Table) -> list[dict[str, Any]]:
        """Clients of this server by their ids, and after them those that are named with their pool."""
        place = f"[[identity_pool.cognito]] of {table['id']}"
        named = [
            {
                "ProviderName": required(one, "provider", place),
                "ClientId": required(one, "client_id", place),
                "ServerSideTokenCheck": one.get("server_side_token_check", False),
            }
            for one in table.get("cognito", ())
        ]
        return [*[await self._accepted(client_id, table) for client_id in table.get("clients", ())], *named]

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
        """The ARN of the IAM OIDC provider, made or changed; one that is there may be named by it."""
        if "arn" in one:
            return str(one["arn"])
        issuer, client_ids = one.get("issuer"), list(one.get("client_ids", ()))
        if "stand_in" in one:
            found = self._stand_in("OIDC", one["stand_in"], table)
            issuer, client_ids = issuer or found.issuer, client_ids or [found.declared.client_id]
        place = f"[[identity_pool.oidc]] of {table['id']}"
        url = required({"issuer": issuer}, "issuer", place)
        if not urlsplit(url).hostname or not client_ids:
            raise SeedRefused(f"{place}: issuer must be an https URL, and client_ids say whom its tokens are for")
        return await self._trusted.oidc({"url": url.rstrip("/"), "client_ids": client_ids}, place)

    async def _saml(self, one: Table, table: Table) -> str:
        """The ARN of the IAM SAML provider, made or changed; one that is there may be named by it."""
        if "arn" in one:
            return str(one["arn"])
        place = f"[[identity_pool.saml]] of {table['id']}"
        if "stand_in" not in one:
            return await self._trusted.saml(one, place)
        found = self._stand_in("SAML", one["stand_in"], table)
        named = {"name": one.get("name", found.declared.name)}
        return await self._trusted.saml({**named, "metadata_document": found.provider_details()["MetadataFile"]}, place)

    def _stand_in(self, kind: str, name: str, table: Table) -> RunningStandIn:
        found = self._stand_ins.get((kind, name))
        if found is None:
            raise SeedRefused(f"[[identity_pool]] {table['id']}: the file has no [[stand_in]] {name} of type {kind}")
        return found

    async def _call(self, name: str, given: dict[str, Any]) -> None:
        await call(self._services, "cognito-identity", name, given, whole=name == "SetPrincipalTagAttributeMap")


def _chosen(known: Mapping[str, str], value: str, place: str) -> str:
    if value not in known:
        raise SeedRefused(f"{place} must be one of {', '.join(known)}, not {value!r}")
    return known[value]
