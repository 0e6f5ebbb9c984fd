"""What stands beside a pool's clients: its custom domain, terms, risk settings, log delivery, sessions, replicas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from halfday.server.domain.user_pools.pools import DEFAULT_MOST_SESSIONS, PoolDomain
from halfday.server.seed.calls import call, of_model
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]

RISKS = {
    "compromised_credentials": "CompromisedCredentialsRiskConfiguration",
    "account_takeover": "AccountTakeoverRiskConfiguration",
    "exceptions": "RiskExceptionConfiguration",
}
DESTINATIONS = {
    "log_group": ("CloudWatchLogsConfiguration", "LogGroupArn"),
    "bucket": ("S3Configuration", "BucketArn"),
    "firehose": ("FirehoseConfiguration", "StreamArn"),
}
_LEVELS = {"userAuthEvents": "INFO"}


class PoolExtras:
    """Of one pool. Each raises SeedRefused; what is as the file says is not called."""

    def __init__(self, services: Services, pool_id: str) -> None:
        self._services, self._store, self._pool_id = services, services.store, pool_id
        self._place = f"[[user_pool]] {pool_id}"

    async def custom_domain(self, table: Table, version: int | None, usual: int) -> int:
        """The version of its pages: `version`, if the file says one; `usual` is for one that is new.

        A domain whose name is another one gives way, as a prefix does.
        """
        place, old = f"{self._place}: custom_domain", await self._custom()
        named, config = {"Domain": table["name"]}, {"CertificateArn": table["certificate"]}
        if "security_policy" in table:
            config["SecurityPolicy"] = table["security_policy"]
        if old is not None and old.domain != table["name"]:
            await self._store.domains.delete(self._pool_id, old.domain)
            old = None
        wanted = version or (old.managed_login_version if old else usual)
        given = {**named, "CustomDomainConfig": config, "ManagedLoginVersion": wanted}
        if old is None:
            await self._call("CreateUserPoolDomain", given, place)
        elif (
            old.certificate_arn != table["certificate"]
            or config.get("SecurityPolicy", old.security_policy) != old.security_policy
            or old.managed_login_version != wanted
        ):
            await self._call("UpdateUserPoolDomain", given, place)
        return wanted

    async def _custom(self) -> PoolDomain | None:
        domains = await self._store.domains.all_of_pool(self._pool_id)
        return next((domain for domain in domains if domain.custom), None)

    async def risk(self, table: Table) -> None:
        client_id = table.get("client", "")
        place = f"[[user_pool.risk]] of {client_id or self._pool_id}"
        named = {"ClientId": client_id} if client_id else {}
        parts = {RISKS[key]: value for key, value in table.items() if key in RISKS}
        given = of_model("cognito-idp", "SetRiskConfiguration", {**named, **parts}, place)
        found = await self._store.risk_configurations.find(self._pool_id, client_id)
        if found is None or {**named, **found.document} != given:
            await self._call("SetRiskConfiguration", given, place)

    async def terms(self, table: Table) -> None:
        place = f"[[user_pool.terms]] {table['name']} of {table['client']}"
        found = await self._store.terms.find_by_name(self._pool_id, table["client"], table["name"])
        if found is None:
            given = {"ClientId": table["client"], "TermsName": table["name"], "Links": table["links"]}
            given |= {"TermsSource": "LINK", "Enforcement": "NONE"}
            await self._call("CreateTerms", given, place, with_id=uuid_of(table, place))
            return
        check_id(table, found.terms_id, place)
        if found.links != table["links"]:
            await self._call("UpdateTerms", {"TermsId": found.terms_id, "Links": table["links"]}, place)

    async def log_delivery(self, tables: list[Table]) -> None:
        wanted = [_delivery(table) for table in tables]
        found = await self._store.log_deliveries.find(self._pool_id)
        if wanted != (list(found.configurations) if found else []):
            place = f"{self._place}: log_delivery"
            await self._call("SetLogDeliveryConfiguration", {"LogConfigurations": wanted}, place)

    async def sessions(self, pool: Table) -> None:
        """The pool's table `sessions`, and `sso_minutes` of clients, which Cognito takes while sessions are tracked."""
        has, table = (await self._store.pools.get(self._pool_id)).sessions, pool.get("sessions", {})
        kept = has.most_per_user or DEFAULT_MOST_SESSIONS
        tracked, most = table.get("tracked", has.tracked), table.get("most", kept)
        changed = [one for one in pool.get("client", ()) if "sso_minutes" in one and await self._lasts_otherwise(one)]
        now = (has.tracked, kept)
        if changed and not (has.tracked and tracked):
            now = (True, most)
            await self._track(*now)
        for one in changed:
            given = {"ClientId": one["id"], "SSOSession": {"MaxValidityMinutes": one["sso_minutes"]}}
            place = f"[[user_pool.client]] {one['id']}: sso_minutes"
            await self._call("SetUserPoolClientSessionConfiguration", given, place)
        if now != (tracked, most):
            await self._track(tracked, most)

    async def _lasts_otherwise(self, client: Table) -> bool:
        known = await self._store.app_clients.get(self._pool_id, client["id"])
        return bool(known.sso_minutes != client["sso_minutes"])

    async def _track(self, tracked: bool, most: int) -> None:
        given = {"UserSessionTracking": "ENABLED" if tracked else "DISABLED", "TokenSession": {"MaxPerUser": most}}
        await self._call("SetUserPoolSessionConfiguration", given, f"{self._place}: sessions")

    async def replica(self, table: Table) -> None:
        place, named = f"[[user_pool.replica]] of {self._pool_id}", {"RegionName": table["region"]}
        found = await self._store.replicas.find(self._pool_id, table["region"])
        if found is None:
            await self._call("CreateUserPoolReplica", named, place)
        status = "ACTIVE" if table.get("active", False) else "INACTIVE"
        if status != (found.status if found else "INACTIVE"):
            await self._call("UpdateUserPoolReplica", {**named, "Status": status}, place)

    async def _call(self, name: str, given: dict[str, Any], place: str, *, with_id: str = "") -> None:
        whole = {"UserPoolId": self._pool_id, **given}
        await call(self._services, "cognito-idp", name, whole, place=place, whole=True, with_id=with_id)


def uuid_of(table: Table, place: str) -> str:
    """The id that the file gives to what is made; empty where it gives none. Raises SeedRefused."""
    try:
        return str(UUID(table["id"])) if "id" in table else ""
    except ValueError as problem:
        raise SeedRefused(f"{place}: id must be a UUID, not {table['id']!r}") from problem


def check_id(table: Table, has: str, place: str) -> None:
    """Raises SeedRefused: an id is given once."""
    if table.get("id", has) != has:
        raise SeedRefused(f"{place}: id is fixed once it is made: it is {has}, and not {table['id']}")


def _delivery(table: Table) -> dict[str, Any]:
    given = {"EventSource": table["events"], "LogLevel": table.get("level", _LEVELS.get(table["events"], "ERROR"))}
    destinations = {key: names for key, names in DESTINATIONS.items() if key in table}
    return {**given, **{member: {inner: table[key]} for key, (member, inner) in destinations.items()}}
