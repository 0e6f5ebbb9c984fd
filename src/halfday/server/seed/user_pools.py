"""Makes the user pools of a seed file, with all that stands in them, or changes them to what the file says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from halfday.server.domain.user_pools.app_clients import MOST_SECRETS, AppClient, ClientSecret, make_secret
from halfday.server.domain.user_pools.providers import KINDS, ExternalProvider
from halfday.server.domain.users.users import Group, User, UserStatus
from halfday.server.operations.app_clients import app_clients
from halfday.server.seed.branding import (
    declare_classic_style,
    declare_styles,
    usual_version,
    version_of_pages,
    version_of_word,
)
from halfday.server.seed.calls import call
from halfday.server.seed.pool_changes import PoolChanges
from halfday.server.seed.pool_extras import PoolExtras
from halfday.server.seed.role_arns import RoleArns
from halfday.server.seed.stand_ins import RunningStandIn
from halfday.server.seed.translation import client_input, required
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

MANAGED = 2

Table = Mapping[str, Any]
R = TypeVar("R", AppClient, Group)


class UserPools:
    def __init__(self, services: Services, stand_ins: Iterable[RunningStandIn], roles: RoleArns) -> None:
        self._services, self._store, self._role_arns = services, services.store, roles
        self._stand_ins = {(one.declared.type, one.declared.name): one for one in stand_ins}

    async def declare(self, table: Table) -> None:
        pool_id = required(table, "id", "[[user_pool]]")
        await PoolChanges(self._services).declare(table)
        versions = await self._domains(pool_id, table)
        await declare_classic_style(self._services, pool_id, table.get("branding", {}))
        for name, each in (
            ("resource_server", self._resource_server),
            ("provider", self._provider),
            ("client", self._client),
            ("group", self._group),
            ("user", self._user),
        ):
            for inner in table.get(name, ()):
                await each(pool_id, inner)
        await declare_styles(self._services, pool_id, table, managed=MANAGED in versions)
        await self._extras(pool_id, table)

    async def _extras(self, pool_id: str, table: Table) -> None:
        extras = PoolExtras(self._services, pool_id)
        for name, each in (("terms", extras.terms), ("risk", extras.risk), ("replica", extras.replica)):
            for inner in table.get(name, ()):
                await each(inner)
        if "log_delivery" in table:
            await extras.log_delivery(table["log_delivery"])
        await extras.sessions(table)

    async def _domains(self, pool_id: str, table: Table) -> set[int]:
        """The versions of the pages at the pool's domains, which are as the file says; none without one."""
        place, version = f"[[user_pool]] {pool_id}", version_of_pages(table)
        custom = table.get("custom_domain")
        if version is not None and not ("domain" in table or custom):
            raise SeedRefused(f"{place}: pages and their style need a domain")
        shown = {await self._domain(pool_id, table, version)}
        if custom:
            own = version_of_word(custom.get("pages"), f"{place}: custom_domain")
            extras = PoolExtras(self._services, pool_id)
            shown.add(await extras.custom_domain(custom, own or version, usual_version(table)))
        return {number for number in shown if number is not None}

    async def _domain(self, pool_id: str, table: Table, version: int | None) -> int | None:
        """The version of the pages at the pool's prefix domain, which is as the file says; None without one."""
        name = table.get("domain")
        domains = await self._store.domains.all_of_pool(pool_id)
        old = next((domain for domain in domains if not domain.custom), None)
        if old is not None and old.domain != name:
            await self._store.domains.delete(pool_id, old.domain)
            old = None
        if name is None:
            return None
        named = {"UserPoolId": pool_id, "Domain": name}
        if old is None:
            version = version or usual_version(table)
            await self._call("CreateUserPoolDomain", {**named, "ManagedLoginVersion": version})
        elif version not in (None, old.managed_login_version):
            await self._call("UpdateUserPoolDomain", {**named, "ManagedLoginVersion": version})
        return version or (old.managed_login_version if old else None)

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
            await self._call("CreateResourceServer", given)

    async def _provider(self, pool_id: str, table: Table) -> None:
        kind = required(table, "type", "[[user_pool.provider]]")
        name = table.get("name", kind)
        given = {
            "UserPoolId": pool_id,
            "ProviderName": name,
            "ProviderType": kind,
            "ProviderDetails": self._details(kind, name, table),
            "AttributeMapping": table.get("attribute_mapping", _usual_mapping(kind)),
            "IdpIdentifiers": table.get("identifiers", []),
            **({"AcrMapping": table["acr_mapping"]} if "acr_mapping" in table else {}),
        }
        found = await self._store.providers.find(pool_id, name)
        if found is not None and found.kind == kind:
            if not _is_as_declared(found, given):
                changes = {member: value for member, value in given.items() if member != "ProviderType"}
                await self._call("UpdateIdentityProvider", changes, whole=True)
            return
        if found is not None:
            await self._store.providers.delete(pool_id, name)
        await self._call("CreateIdentityProvider", given)

    def _details(self, kind: str, name: str, table: Table) -> dict[str, str]:
        """The details that have their own keys in the file, over the stand-in's, over the usual scopes."""
        words = {"client_id": "client_id", "client_secret": "client_secret", "authorize_scopes": "scopes"}
        usual = KINDS[kind].usual_scopes if kind in KINDS else ""
        of_stand_in = self._stand_ins[kind, name].provider_details() if table.get("stand_in") else {}
        defaults = {**({"authorize_scopes": usual} if usual else {}), **of_stand_in}
        taken = KINDS[kind].known if kind in KINDS else frozenset(defaults)
        given = {detail: table[word] for detail, word in words.items() if word in table}
        return {**{n: v for n, v in defaults.items() if n in taken}, **given, **table.get("details", {})}

    async def _client(self, pool_id: str, table: Table) -> None:
        client_id = required(table, "id", "[[user_pool.client]]")
        secret = table.get("secret")
        given = client_input(table, pool_id, client_id)
        clients = self._store.app_clients
        if await clients.find(client_id) is None:
            chosen = {"ClientSecret": secret} if secret else {}
            await self._pin(pool_id, given["ClientName"], client_id)
            await self._call("CreateUserPoolClient", {**given, **chosen})
            return
        async with self._store.unit(pool_id):
            found = await clients.get(pool_id, client_id)
            await clients.change_secrets(pool_id, client_id, lambda old: self._secrets(table, old))
            await self._call("UpdateUserPoolClient", {**given, "ClientId": client_id})
            await clients.change(pool_id, client_id, partial(_as_it_was, found))

    async def _pin(self, pool_id: str, name: str, client_id: str) -> None:
        """The id that the next client of this name gets: several clients may have one name."""
        pin = {app_clients.CUSTOM_ID_TAG + name: client_id}
        pool = await self._store.pools.get(pool_id)
        if not pin.items() <= pool.tags.items():
            await self._store.pools.change(pool_id, lambda known: replace(known, tags={**known.tags, **pin}))

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
        role = await self._role_arns.of(table["role"]) if "role" in table else None
        description, precedence = table.get("description"), table.get("precedence")
        found = await self._store.groups.find(pool_id, name)
        if found is None:
            given = {"Description": description, "RoleArn": role, "Precedence": precedence}
            named = {"UserPoolId": pool_id, "GroupName": name}
            await self._call("CreateGroup", {**named, **given})
        else:
            settings: dict[str, Any] = {"description": description, "role_arn": role, "precedence": precedence}
            changed = replace(found, **settings, modified_at=self._services.clock())
            await self._store.groups.change(pool_id, name, lambda _: _as_it_was(found, changed))

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
            await self._call("AdminCreateUser", {**whose, **_as_created(table)})
        for group in table.get("groups", ()):
            await self._call("AdminAddUserToGroup", {**whose, "GroupName": group})
        for key, permanent in (("temporary_password", False), ("password", True)):
            if key in table:
                chosen = {"Password": table[key], "Permanent": permanent}
                await self._call("AdminSetUserPassword", {**whose, **chosen})

    async def _call(self, operation: str, given: dict[str, Any], *, whole: bool = False) -> None:
        await call(self._services, "cognito-idp", operation, given, whole=whole)


def _is_as_declared(found: ExternalProvider, given: Table) -> bool:
    """Whether nothing has changed: then what the provider publishes is not read again, and it may be out of reach."""
    rules = KINDS[found.kind]
    chosen = rules.known - set(rules.computed)
    details = {name: value for name, value in found.details.items() if name in chosen}
    subject = {"username": rules.subject_claim} if rules.subject_claim else {}
    return (details, found.attribute_mapping, list(found.identifiers), found.acr_mapping) == (
        rules.completed(given["ProviderDetails"]),
        {**given["AttributeMapping"], **subject},
        given["IdpIdentifiers"],
        given.get("AcrMapping", found.acr_mapping),
    )


def _usual_mapping(kind: str) -> dict[str, str]:
    return dict(KINDS[kind].usual_mapping) if kind in KINDS else {}


def _as_it_was(before: R, after: R) -> R:
    """`before`, with its date of change, where nothing was changed but that."""
    return before if replace(after, modified_at=before.modified_at) == before else after


def _as_created(table: Table) -> dict[str, Any]:
    attributes = [{"Name": n, "Value": v} for n, v in table.get("attributes", {}).items()]
    return {"MessageAction": "SUPPRESS", "UserAttributes": attributes}


def _left_unfinished(user: User) -> bool:
    """Whether the user was made and never changed since, by a password in the file, the person or an administrator."""
    nobody_chose_a_password = user.status is UserStatus.FORCE_CHANGE_PASSWORD or not user.srp_verifier
    return nobody_chose_a_password and user.modified_at == user.created_at
