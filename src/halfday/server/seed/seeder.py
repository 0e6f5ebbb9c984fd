"""Applies the seed file: pools, clients, users, roles … that a person declares. It can be applied again safely.

It calls the same operations that boto3 would call, so that what is declared is checked like any call. When the file is
applied again, settings follow it; users' passwords and attributes are left as they are.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.protocol.identifiers import login_provider, role_arn
from halfday.server.domain.aws.callers import Root
from halfday.server.domain.aws.policies import Kind, check_policy
from halfday.server.domain.aws.roles import DEFAULT_SESSION_DURATION_S, Role
from halfday.server.domain.gateway import GatewayRoute
from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.app_clients import MOST_SECRETS, ClientSecret, make_secret
from halfday.server.domain.user_pools.attributes import grown_schema
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import KINDS
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.operations.framework import wire_json
from halfday.server.operations.framework.dispatch import dispatch
from halfday.server.operations.framework.registry import Operation
from halfday.server.operations.user_pools import pool_settings, pools
from halfday.server.outside.upstream import UpstreamFailed
from halfday.server.seed import references
from halfday.server.seed.translation import (
    backend_of,
    bucket_name,
    client_input,
    named,
    policy_document,
    pool_input,
    required,
    trust_policy,
)
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]

log = logging.getLogger("halfday.seed")

_OF_THE_FILE = (
    "name issuer_kind modified_at username_attributes alias_attributes case_sensitive admin_create_user_only tags"
).split()


async def apply(services: Services, document: Table, *, google_issuer: str) -> None:
    """Makes what a seed file declares, or changes it to that. Raises SeedRefused with AWS's sentence and the place.

    A name that names nothing is refused before anything is made.
    """
    await references.check(services, document)
    seeder = _Seeder(services, google_issuer, document.get("stand_in_google", {}))
    for table in document.get("user_pool", ()):
        await seeder.user_pool(table)
    for table in document.get("identity_pool", ()):
        await seeder.identity_pool(table)
    for table in document.get("role", ()):
        await seeder.role(table)
    for table in document.get("bucket", ()):
        await seeder.bucket(table)
    for table in document.get("gateway", ()):
        await seeder.gateway(table)


class _Seeder:
    def __init__(self, services: Services, google_issuer: str, google: Table) -> None:
        self._services = services
        self._store = services.store
        self._google_issuer = google_issuer
        self._google = google

    async def user_pool(self, table: Table) -> None:
        pool_id = required(table, "id", "[[user_pool]]")
        given = pool_input(table, pool_id)
        pool = await self._store.pools.find(pool_id)
        if pool is None:
            await self._call("cognito-idp", "CreateUserPool", given)
        else:
            await self._store.pools.change(pool_id, lambda known: self._changed(known, given))
        await self._domain(pool_id, table.get("domain"))
        for name, each in (
            ("resource_server", self._resource_server),
            ("provider", self._provider),
            ("client", self._client),
            ("group", self._group),
            ("user", self._user),
        ):
            for inner in table.get(name, ()):
                await each(pool_id, inner)

    def _changed(self, pool: Pool, given: dict[str, Any]) -> Pool:
        """The pool with the file's settings. What the file has no keys for, such as MFA, stays as it is."""
        try:
            kind = pools.issuer_kind(given["UserPoolTags"], self._services.settings.issuer)
            blank = Pool(pool.pool_id, given["PoolName"], kind, pool.created_at, modified_at=self._services.clock())
            made = pool_settings.created(blank, given)
        except Refused as refused:
            raise SeedRefused(f"[[user_pool]] {pool.pool_id}: {refused.sentence}") from refused
        policy = replace(made.password_policy, history_size=pool.password_policy.history_size)
        followed = {name: getattr(made, name) for name in _OF_THE_FILE}
        return replace(pool, **followed, password_policy=policy, schema=grown_schema(made.schema, pool.schema))

    async def identity_pool(self, table: Table) -> None:
        pool_id = required(table, "id", "[[identity_pool]]")
        given = {
            "IdentityPoolName": table.get("name", "halfday"),
            "AllowUnauthenticatedIdentities": table.get("guests", False),
            "AllowClassicFlow": table.get("classic_flow", False),
            "CognitoIdentityProviders": [
                await self._accepted(client_id, table) for client_id in table.get("clients", ())
            ],
            "IdentityPoolTags": {"_custom_id_": pool_id},
        }
        if await self._store.identity_pools.find(pool_id) is None:
            await self._call("cognito-identity", "CreateIdentityPool", given)
        else:
            await self._call("cognito-identity", "UpdateIdentityPool", {"IdentityPoolId": pool_id, **given})
        account = self._services.settings.account_id
        roles = {
            kind: role_arn(account, table[f"{kind}_role"])
            for kind in ("authenticated", "unauthenticated")
            if f"{kind}_role" in table
        }
        await self._call("cognito-identity", "SetIdentityPoolRoles", {"IdentityPoolId": pool_id, "Roles": roles})

    async def role(self, table: Table) -> None:
        name = required(table, "name", "[[role]]")
        trust = trust_policy(table)
        found = await self._store.roles.find(self._services.settings.account_id, name)
        lasts, description = table.get("max_session_s", DEFAULT_SESSION_DURATION_S), table.get("description")
        if found is None:
            given = {
                "RoleName": name,
                "AssumeRolePolicyDocument": json.dumps(trust),
                "MaxSessionDuration": lasts,
                **({"Description": description} if description is not None else {}),
            }
            await self._call("iam", "CreateRole", given)
        else:
            try:
                check_policy(trust, kind=Kind.TRUST)
            except Refused as refused:
                raise SeedRefused(f"[[role]] {name}: {refused.sentence}") from refused
            changes = {"max_session_duration_s": lasts, "description": description, "trust_policy": trust}
            declared = table.get("policies", {})

            def followed(role: Role) -> Role:
                return replace(role, policies={n: p for n, p in role.policies.items() if n in declared}, **changes)

            await self._store.roles.change(found.account, name, followed)
        for policy_name, document in table.get("policies", {}).items():
            given = {
                "RoleName": name,
                "PolicyName": policy_name,
                "PolicyDocument": json.dumps(policy_document(document)),
            }
            await self._call("iam", "PutRolePolicy", given)

    async def bucket(self, table: Table) -> None:
        """Makes the bucket in the S3 behind the front door. Where there is none, the log says so."""
        name = bucket_name(table)
        if self._services.upstream is None:
            log.warning("bucket %s is not made: there is no S3 behind the front door: pip install 'halfday[aws]'", name)
            return
        try:
            await self._services.upstream.declare_bucket(name)
        except UpstreamFailed as failed:
            log.warning("bucket %s is not made: %s", name, failed)

    async def gateway(self, table: Table) -> None:
        route = GatewayRoute(
            path=required(table, "path", "[[gateway]]"),
            pool_id=required(table, "pool", "[[gateway]]"),
            backend=backend_of(table),
            scopes=tuple(table.get("scopes", ())),
            headers=dict(table.get("headers", {})),
        )
        if await self._store.pools.find(route.pool_id) is None:
            raise SeedRefused(f"[[gateway]] {route.path}: there is no user pool {route.pool_id}")
        await self._store.gateway_routes.put(route)

    async def _domain(self, pool_id: str, name: str | None) -> None:
        domains = await self._store.domains.all_of_pool(pool_id)
        old = next((domain for domain in domains if not domain.custom), None)
        if old is not None and old.domain != name:
            await self._store.domains.delete(pool_id, old.domain)
        if name is not None and (old is None or old.domain != name):
            await self._call("cognito-idp", "CreateUserPoolDomain", {"UserPoolId": pool_id, "Domain": name})

    async def _resource_server(self, pool_id: str, table: Table) -> None:
        identifier = required(table, "identifier", "[[user_pool.resource_server]]")
        given = {
            "UserPoolId": pool_id,
            "Identifier": identifier,
            "Name": table.get("name", identifier),
            "Scopes": [{"ScopeName": n, "ScopeDescription": d} for n, d in table.get("scopes", {}).items()],
        }
        known = {server.identifier: server for server in await self._store.resource_servers.of_pool(pool_id)}
        if identifier in known:
            change = partial(replace, name=given["Name"], scopes=dict(table.get("scopes", {})))
            await self._store.resource_servers.change(pool_id, identifier, change)
        else:
            await self._call("cognito-idp", "CreateResourceServer", given)

    async def _provider(self, pool_id: str, table: Table) -> None:
        kind = required(table, "type", "[[user_pool.provider]]")
        name = table.get("name", kind)
        details = {
            **self._usual_details(kind, table),
            **(self._stand_in_details() if table.get("stand_in") else {}),
            **table.get("details", {}),
        }
        given = {
            "UserPoolId": pool_id,
            "ProviderName": name,
            "ProviderType": kind,
            "ProviderDetails": details,
            "AttributeMapping": table.get("attribute_mapping", {"email": "email", "email_verified": "email_verified"}),
            "IdpIdentifiers": table.get("identifiers", []),
        }
        if await self._store.providers.find(pool_id, name) is not None:
            await self._store.providers.delete(pool_id, name)
        await self._call("cognito-idp", "CreateIdentityProvider", given)

    def _usual_details(self, kind: str, table: Table) -> dict[str, str]:
        """The details that have their own keys in the file. Defaults are for kinds of provider that take the detail."""
        words = {"client_id": "client_id", "client_secret": "client_secret", "authorize_scopes": "scopes"}
        defaults = {
            "client_id": self._google.get("client_id", ""),
            "client_secret": self._google.get("client_secret", ""),
            "authorize_scopes": "openid email profile",
        }
        taken = KINDS[kind].known if kind in KINDS else defaults
        given = {detail: table[word] for detail, word in words.items() if word in table}
        return {**{name: value for name, value in defaults.items() if name in taken}, **given}

    def _stand_in_details(self) -> dict[str, str]:
        """The addresses of the stand-in Google, in place of the real one's."""
        return {"oidc_issuer": self._google_issuer, "authorize_url": "", "token_url": "", "attributes_url": ""}

    async def _client(self, pool_id: str, table: Table) -> None:
        client_id = required(table, "id", "[[user_pool.client]]")
        secret = table.get("secret")
        given = client_input(table, pool_id, client_id)
        found = await self._store.app_clients.find(client_id)
        if found is None:
            chosen = {"ClientSecret": secret} if secret else {}
            await self._call("cognito-idp", "CreateUserPoolClient", {**given, **chosen})
        else:
            await self._store.app_clients.change_secrets(pool_id, client_id, lambda old: self._secrets(table, old))
            await self._call("cognito-idp", "UpdateUserPoolClient", {**given, "ClientId": client_id})

    def _secrets(self, table: Table, old: tuple[ClientSecret, ...]) -> tuple[ClientSecret, ...]:
        """The declared secret first. A secret that was added through the API stays beside it."""
        if not table.get("secret"):
            return ()
        kept = tuple(secret for secret in old if secret.value == table["secret"])
        added = old[1:] if not kept else tuple(secret for secret in old if secret not in kept)
        declared = kept or (make_secret(table["id"], table["secret"], self._services.clock(), old),)
        return (*declared, *added)[:MOST_SECRETS]

    async def _group(self, pool_id: str, table: Table) -> None:
        name = required(table, "name", "[[user_pool.group]]")
        role = role_arn(self._services.settings.account_id, table["role"]) if "role" in table else None
        description, precedence = table.get("description"), table.get("precedence")
        found = await self._store.groups.find(pool_id, name)
        if found is None:
            given = {"Description": description, "RoleArn": role, "Precedence": precedence}
            named = {"UserPoolId": pool_id, "GroupName": name}
            await self._call("cognito-idp", "CreateGroup", {**named, **given})
        else:
            settings = {"description": description, "role_arn": role, "precedence": precedence}
            change = partial(replace, **settings, modified_at=self._services.clock())
            await self._store.groups.change(pool_id, name, change)

    async def _user(self, pool_id: str, table: Table) -> None:
        """Makes the user, adds it to its groups, and sets its password last. A user that is finished is left alone.

        If an earlier start was cut short, the user is there and unchanged since: this start finishes it.
        """
        name = required(table, "username", "[[user_pool.user]]")
        pool = await self._store.pools.get(pool_id)
        found = await self._store.users.find_by_any_name(pool_id, pool.fold(name))
        if found is not None and not _left_unfinished(found):
            return
        whose = {"UserPoolId": pool_id, "Username": name}
        if found is None:
            await self._call("cognito-idp", "AdminCreateUser", {**whose, **_as_created(table)})
        for group in table.get("groups", ()):
            await self._call("cognito-idp", "AdminAddUserToGroup", {**whose, "GroupName": group})
        for key, permanent in (("temporary_password", False), ("password", True)):
            if key in table:
                chosen = {"Password": table[key], "Permanent": permanent}
                await self._call("cognito-idp", "AdminSetUserPassword", {**whose, **chosen})

    async def _accepted(self, client_id: str, table: Table) -> dict[str, Any]:
        client = await self._store.app_clients.find(client_id)
        if client is None:
            raise SeedRefused(f"[[identity_pool]] {table['id']}: there is no app client {client_id}")
        check = table.get("server_side_token_check", False)
        provider = login_provider(client.pool_id)
        return {"ProviderName": provider, "ClientId": client_id, "ServerSideTokenCheck": check}

    async def _call(self, service: str, name: str, given: dict[str, Any]) -> None:
        """Calls an operation as the account's root user, in the Region of what is declared."""
        settings = self._services.settings

        async def root() -> Root:
            return Root(settings.account_id)

        def parse(known: Operation) -> dict[str, Any]:
            required = known.model.input_shape.required_members if known.model.input_shape else ()
            members = {name: value for name, value in given.items() if value not in ([], {}) or name in required}
            return wire_json.parse(known.model, json.dumps(members, default=str).encode())

        try:
            await dispatch(
                self._services,
                service,
                name,
                region=_region_of(given, settings.region),
                context=RequestContext(),
                prove=root,
                parse=parse,
            )
        except ServiceError as error:
            raise SeedRefused(f"{name} {named(given)}: {error.message}") from error


def _region_of(given: Mapping[str, Any], default: str) -> str:
    """The Region of the pool or identity pool that a call names, or whose id it pins."""
    tags = {**given.get("UserPoolTags", {}), **given.get("IdentityPoolTags", {})}
    named = given.get("UserPoolId") or given.get("IdentityPoolId") or tags.get(pools.CUSTOM_ID_TAG)
    return default if named is None else re.split("[_:]", named)[0]


def _as_created(table: Table) -> dict[str, Any]:
    attributes = [{"Name": n, "Value": v} for n, v in table.get("attributes", {}).items()]
    return {"MessageAction": "SUPPRESS", "UserAttributes": attributes}


def _left_unfinished(user: User) -> bool:
    """Whether the user was made and never changed since, by a password in the file, the person or an administrator."""
    nobody_chose_a_password = user.status is UserStatus.FORCE_CHANGE_PASSWORD or not user.srp_verifier
    return nobody_chose_a_password and user.modified_at == user.created_at
