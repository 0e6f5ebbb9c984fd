"""User pools of a document, with all that stands in them but users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.protocol.identifiers import POOL_ID_PATTERN, region_of_pool
from halfday.server.domain.user_pools.app_clients import ClientSecret
from halfday.server.domain.user_pools.attributes import STANDARD, STANDARD_NAMES
from halfday.server.domain.user_pools.pools import DEFAULT_MOST_SESSIONS
from halfday.server.domain.user_pools.providers import KINDS, ExternalProvider
from halfday.server.operations.app_clients import app_clients
from halfday.server.operations.framework.model import service_model
from halfday.server.operations.user_pools import pools
from halfday.server.operations.user_pools.pool_schema import schema_shape
from halfday.server.transfer.asking import plain
from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.formed import checked
from halfday.server.transfer.writing import Members, Writer

IDP = "cognito-idp"

_OTHERWISE = {"MfaConfiguration", "SmsVerificationMessage", "EmailVerificationMessage", "EmailVerificationSubject"}
"""Given by SetUserPoolMfaConfig, and in VerificationMessageTemplate."""
_ATTRIBUTES_A_CALL = 25
_USUAL = {attribute.name: schema_shape(attribute) for attribute in STANDARD}
PLACEHOLDER = "left-out-of-the-export"
DEFAULT_SSO_MINUTES = 60
_NO_METADATA = "Error retrieving metadata from"
_HOW_TO_BRING = (
    "Once it answers, CreateIdentityProvider makes the provider, and UpdateUserPoolClient names it in its clients; "
    "or put the metadata into the document as MetadataFile, in place of MetadataURL, and import into a server "
    "without this pool"
)
UNFINISHED_TAG = "_unfinished_import_"
"""On a pool that is being made. Where one is found, its import was killed, and it is made again."""


class PoolWriter:
    def __init__(self, writer: Writer, entry: Mapping[str, Any]) -> None:
        self._w, self._entry, self._pool = writer, entry, dict(entry["UserPool"])
        self.pool_id: str = self._pool["Id"]
        self.place = f"user pool {self.pool_id}"
        self._own: Mapping[str, Any] = entry.get("Halfday", {})
        self._absent: set[str] = set()
        """Providers that were left out."""

    async def write(self) -> bool:
        """Whether the pool was made; one that is there is left as it is. Raises TransferRefused; then it is gone."""
        if not POOL_ID_PATTERN.fullmatch(self.pool_id):
            raise TransferRefused(self.place, "is no user pool id: REGION_NAME, such as us-east-1_AbCdEf123")
        known = await self._w.store.pools.find(self.pool_id)
        if known is not None and UNFINISHED_TAG not in known.tags:
            self._w.told.there_already.append(self.place)
            return False
        if known is not None:
            await self._w.store.pools.delete(self.pool_id)
        await self._create()
        try:
            await self._fill()
        except BaseException:
            await self._w.store.pools.delete(self.pool_id)
            raise
        self._w.told.count("user pools")
        return True

    async def _create(self) -> None:
        settings = self.settings_of(self._pool, "CreateUserPoolRequest")
        clients = [one["UserPoolClient"] for one in self._entry.get("Clients", ())]
        names = [client["ClientName"] for client in clients]
        self._pins = {app_clients.CUSTOM_ID_TAG + c["ClientName"]: c["ClientId"] for c in clients}
        self._twice = {name for name in names if names.count(name) > 1}
        kind = self._own.get("IssuerKind")
        tags = {pools.CUSTOM_ID_TAG: self.pool_id, UNFINISHED_TAG: "", **({pools.ISSUER_TAG: kind} if kind else {})}
        schema = declared_attributes(self._pool)
        first, more = _first_attributes(schema)
        given = {**settings, "UserPoolTags": tags, "DeletionProtection": "INACTIVE"}
        await self._call("CreateUserPool", {**given, **({"Schema": first} if first else {})}, named=False)
        for start in range(0, len(more), _ATTRIBUTES_A_CALL):
            await self._call("AddCustomAttributes", {"CustomAttributes": more[start : start + _ATTRIBUTES_A_CALL]})

    async def _fill(self) -> None:
        mfa = dict(self._entry.get("MfaConfig", {})) or {"MfaConfiguration": self._pool.get("MfaConfiguration", "OFF")}
        if mfa != {"MfaConfiguration": "OFF"}:
            await self._call("SetUserPoolMfaConfig", mfa)
        update = {
            **self.settings_of(self._pool, "UpdateUserPoolRequest"),
            "UserPoolTags": self._pool.get("UserPoolTags", {}),
        }
        async with self._w.store.unit(self.pool_id):
            await self._call("UpdateUserPool", update)
            await self._tag(UNFINISHED_TAG, "")
        w, e = self._w, self._entry
        await w.each(_copies(e.get("Domains")), "domains", self.place, self._domain, "Domain")
        await w.each(
            _copies(e.get("ResourceServers")), "resource servers", self.place, self._resource_server, "Identifier"
        )
        await w.each(
            _copies(e.get("IdentityProviders")), "identity providers", self.place, self._provider, "ProviderName"
        )
        for one in e.get("Clients", ()):
            where = f"{self.place}: client {one['UserPoolClient'].get('ClientId')}"
            await self._client(dict(one), where)
            w.told.count("clients")
        await w.each(_copies(e.get("Groups")), "groups", self.place, self._group, "GroupName")
        await self._extras()
        await w.store.pools.change(self.pool_id, self._finished)

    def _finished(self, pool: Any) -> Any:
        """The tags that the document has, in place of those that pinned ids."""
        tags = {name: text for name, text in self._pool.get("UserPoolTags", {}).items() if name != UNFINISHED_TAG}
        return replace(pool, tags=tags)

    async def _tag(self, name: str, text: str) -> None:
        await self._w.store.pools.change(self.pool_id, lambda pool: replace(pool, tags={**pool.tags, name: text}))

    @staticmethod
    def settings_of(pool: Mapping[str, Any], request: str) -> Members:
        """The members of DescribeUserPool's answer that the request takes too, by the model."""
        model = service_model(IDP)
        taken = {*model.members_of(request)} - _OTHERWISE
        both = [name for name in model.members_of("UserPoolType") if name in taken]
        settings: Members = {"PoolName": pool.get("Name", pool["Id"])}
        settings |= {name: pool[name] for name in both if pool.get(name) not in (None, [], {})}
        invitation = dict(settings.get("AdminCreateUserConfig", {}))
        if "TemporaryPasswordValidityDays" in settings.get("Policies", {}).get("PasswordPolicy", {}):
            invitation.pop("UnusedAccountValidityDays", None)
        if invitation:
            settings["AdminCreateUserConfig"] = invitation
        return settings

    async def _domain(self, given: Members, where: str) -> bool:
        custom = given.get("CustomDomainConfig") or None
        await self._call(
            "CreateUserPoolDomain",
            {
                "Domain": given.get("Domain", ""),
                "ManagedLoginVersion": given.get("ManagedLoginVersion", 1),
                **({"CustomDomainConfig": custom} if custom else {}),
            },
            where,
        )
        return True

    async def _resource_server(self, given: Members, where: str) -> bool:
        await self._call("CreateResourceServer", given, where)
        return True

    async def _provider(self, given: Members, where: str) -> bool:
        name, kind = str(given.get("ProviderName", "")), str(given.get("ProviderType"))
        whole = self._own.get("ProviderDetails", {}).get(name)
        if whole is not None and kind in KINDS:
            await self._keep_provider(given, dict(whole))
            return True
        details = dict(given.get("ProviderDetails", {}))
        if kind in KINDS:
            taken = KINDS[kind].known - set(KINDS[kind].computed)
            details = {one: value for one, value in details.items() if one in taken}
            for lacking in sorted(set(KINDS[kind].required) - details.keys()):
                details[lacking] = PLACEHOLDER
                self._w.told.left_out.append(
                    f"{where}: {lacking} is not in the document: {PLACEHOLDER!r} stands for it"
                )
            if kind not in ("SAML",) and "client_secret" not in details and given.get("HasSecret"):
                details["client_secret"] = PLACEHOLDER
                self._w.told.left_out.append(f"{where}: client_secret: {PLACEHOLDER!r} stands for it")
        try:
            await self._call("CreateIdentityProvider", {**given, "ProviderDetails": details}, where)
        except TransferRefused as refused:
            if _NO_METADATA not in refused.sentence or not details.get("MetadataURL"):
                raise
            self._w.told.left_out.append(f"{where}: {refused.sentence} {_HOW_TO_BRING}")
            self._absent.add(name)
            return False
        return True

    async def _keep_provider(self, given: Members, details: dict[str, str]) -> None:
        """As this server kept it: what a provider publishes was read then, and it may be out of reach now."""
        now = self._w.services.clock()
        provider = ExternalProvider(
            self.pool_id,
            given["ProviderName"],
            given["ProviderType"],
            now,
            now,
            details,
            dict(given.get("AttributeMapping", {})),
            tuple(given.get("IdpIdentifiers", ())),
            dict(given.get("AcrMapping", {})),
        )
        await self._w.store.providers.insert(checked(provider))

    async def _client(self, entry: Members, where: str) -> None:
        client = dict(entry["UserPoolClient"])
        client_id, secret = client.get("ClientId"), client.pop("ClientSecret", None)
        if not isinstance(client_id, str) or not isinstance(client.get("ClientName"), str):
            raise TransferRefused(where, "has no UserPoolClient.ClientId and ClientName")
        if secret is not None:
            client["ClientSecret"] = secret
        elif entry.get("HasSecret"):
            client["GenerateSecret"] = True
            self._w.told.left_out.append(f"{where}: its secret is not in the document: it has a new one")
        named = client.get("SupportedIdentityProviders") or ()
        if absent := [one for one in named if one in self._absent]:
            client["SupportedIdentityProviders"] = [one for one in named if one not in self._absent]
            self._w.told.left_out.append(f"{where}: SupportedIdentityProviders: {', '.join(absent)}")
        await self._tag(app_clients.CUSTOM_ID_TAG + client["ClientName"], client_id)
        await self._call("CreateUserPoolClient", client, where)
        more = self._own.get("ClientSecrets", {}).get(client_id)
        if more:
            kept = tuple(checked(ClientSecret(*one)) for one in more)
            await self._w.store.app_clients.change_secrets(self.pool_id, client_id, lambda _: kept)

    async def _group(self, given: Members, where: str) -> bool:
        await self._call("CreateGroup", given, where)
        return True

    async def _sessions(self) -> None:
        """Cognito takes a client's SSO session only while the pool tracks sessions, and keeps it afterwards."""
        given = self._entry.get("Sessions", {})
        tracking, inner = given.get("UserSessionTracking", "DISABLED"), given.get("TokenSession", {})
        policy = {"TokenSession": {"MaxPerUser": DEFAULT_MOST_SESSIONS, **inner}, "UserSessionTracking": tracking}
        clients = [
            {"ClientId": one["UserPoolClient"]["ClientId"], "SSOSession": {"MaxValidityMinutes": one["SSOMinutes"]}}
            for one in self._entry.get("Clients", ())
            if one.get("SSOMinutes", DEFAULT_SSO_MINUTES) != DEFAULT_SSO_MINUTES
        ]
        if clients:
            await self._call("SetUserPoolSessionConfiguration", {**policy, "UserSessionTracking": "ENABLED"})
        for one in clients:
            await self._call("SetUserPoolClientSessionConfiguration", one)
        if clients or tracking == "ENABLED" or policy["TokenSession"]["MaxPerUser"] != DEFAULT_MOST_SESSIONS:
            await self._call("SetUserPoolSessionConfiguration", policy)

    async def _extras(self) -> None:
        e, place = self._entry, self.place
        await self._sessions()
        for style in e.get("Styles", ()):
            where = f"{place}: style of {style.get('ClientId')}"
            if style.get("ImageUrl") and "ImageFile" not in style:
                self._w.told.left_out.append(f"{where}: its image: {style['ImageUrl']}")
            await self._call("SetUICustomization", style, where)
        for branding in e.get("Brandings", ()):
            where = f"{place}: managed login's style of {branding.get('ClientId')}"
            plainly = branding.get("UseCognitoProvidedValues")
            given = {k: v for k, v in branding.items() if not (plainly and k == "Settings")}
            if not plainly:
                given.pop("UseCognitoProvidedValues", None)
            await self._call(
                "CreateManagedLoginBranding", given, where, with_id=branding.get("ManagedLoginBrandingId", "")
            )
        for terms in e.get("Terms", ()):
            where = f"{place}: terms {terms.get('TermsName')}"
            await self._call("CreateTerms", terms, where, with_id=terms.get("TermsId", ""))
        for risk in e.get("Risks", ()):
            await self._call("SetRiskConfiguration", risk, f"{place}: risk configuration")
        if e.get("Logs"):
            await self._call("SetLogDeliveryConfiguration", {"LogConfigurations": e["Logs"]})
        for replica in e.get("Replicas", ()):
            await self._call("CreateUserPoolReplica", replica)
            if replica.get("Status") == "ACTIVE":
                await self._call("UpdateUserPoolReplica", {**replica, "Status": "ACTIVE"})

    async def _call(
        self, name: str, given: Mapping[str, Any], where: str = "", *, named: bool = True, with_id: str = ""
    ) -> Mapping[str, Any]:
        whole = {**given, "UserPoolId": self.pool_id} if named else given
        region = region_of_pool(self.pool_id)
        return await self._w.call(IDP, name, whole, where or self.place, region=region, with_id=with_id)


def _copies(entries: Any) -> list[Members]:
    return [dict(one) for one in entries or ()]


def declared_attributes(pool: Mapping[str, Any]) -> list[Members]:
    """The attributes of the pool that are not as every pool has them, as CreateUserPool takes them."""
    return [_declared(one) for one in pool.get("SchemaAttributes", ()) if _is_declared(one)]


def _is_declared(attribute: Mapping[str, Any]) -> bool:
    """Standard attributes that were not changed are every pool's, and `identities` of every pool with a provider."""
    name = attribute.get("Name")
    return name not in ("sub", "identities") and plain(attribute) != plain(_USUAL.get(str(name), {}))


def _declared(attribute: Mapping[str, Any]) -> Members:
    """As CreateUserPool takes it: custom attributes without their prefix."""
    name = str(attribute.get("Name", ""))
    given = {key: value for key, value in attribute.items() if value is not None}
    bounds = ("StringAttributeConstraints", "NumberAttributeConstraints")
    given = {k: v for k, v in given.items() if k not in bounds or v}
    return {**given, "Name": name if name in STANDARD_NAMES else name.removeprefix("custom:")}


def _first_attributes(schema: list[Members]) -> tuple[list[Members], list[Members]]:
    """CreateUserPool takes 50; custom ones beyond are added after."""
    standard = [one for one in schema if one["Name"] in STANDARD_NAMES]
    custom = [one for one in schema if one["Name"] not in STANDARD_NAMES]
    room = 50 - len(standard)
    return [*standard, *custom[:room]], custom[room:]
