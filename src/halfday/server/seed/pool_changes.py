"""Makes a user pool of a seed file, or changes one to what the file says: its own settings, not what stands in it.

The operations are those that boto3 would call. A pool that is already as the file says is not called at all, so that
its LastModifiedDate stays; of a file that is refused nothing is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.protocol.identifiers import POOL_ID_PATTERN
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.attributes import STANDARD_NAMES, full_schema
from halfday.server.domain.user_pools.pools import IssuerKind, Pool
from halfday.server.operations.framework.model import service_model
from halfday.server.operations.user_pools import pools
from halfday.server.operations.user_pools.pool_schema import schema_of, schema_shape
from halfday.server.seed.calls import call, checked
from halfday.server.seed.pool_members import FIXED, create_members, mfa_members, update_members, without_empty
from halfday.server.seed.translation import required
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]
Members = dict[str, Any]

_ELSEWHERE = {"MfaConfiguration", "SmsVerificationMessage", "EmailVerificationMessage", "EmailVerificationSubject"}
"""Members that both have, and that are given otherwise: by SetUserPoolMfaConfig, and in VerificationMessageTemplate."""

_ATTRIBUTES_A_CALL = 25
"""AddCustomAttributes takes no more at once."""


class PoolChanges:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def check(self, table: Table) -> None:
        """Raises SeedRefused for what could not be declared, and for what AWS keeps fixed. Makes nothing."""
        pool_id, place, given = self._read(table)
        checked("cognito-idp", "CreateUserPool", given, place)
        try:
            pools.issuer_kind(given["UserPoolTags"], self._services.settings.issuer)
            schema = full_schema(schema_of(given["Schema"]))
        except Refused as refused:
            raise SeedRefused(f"{place}: {refused.sentence}") from refused
        has_mfa: Members = {}
        if (pool := await self._store.pools.find(pool_id)) is not None:
            _check_fixed(pool, table)
            _check_attributes(pool, {attribute.name: schema_shape(attribute) for attribute in schema})
            _, has_mfa = await self._settings(pool_id)
        mfa = {"UserPoolId": pool_id, **mfa_members(table, has_mfa, given, pool_id)}
        checked("cognito-idp", "SetUserPoolMfaConfig", mfa, place)

    async def declare(self, table: Table) -> None:
        """Raises SeedRefused, and then the pool is as it was before; one that is new is gone."""
        pool_id, place, given = self._read(table)
        is_new = await self._store.pools.find(pool_id) is None
        if is_new:
            await call(self._services, "cognito-idp", "CreateUserPool", given, place=place)
        try:
            await self._follow(table, pool_id, given)
        except SeedRefused:
            if is_new:
                await self._store.pools.delete(pool_id)
            raise

    def _read(self, table: Table) -> tuple[str, str, Members]:
        """The pool's id, its place in the file, and CreateUserPool's members."""
        pool_id = required(table, "id", "[[user_pool]]")
        place = f"[[user_pool]] {pool_id}"
        if not POOL_ID_PATTERN.fullmatch(pool_id):
            raise SeedRefused(f"{place}: id is not a user pool id: REGION_NAME, such as us-east-1_AbCdEf123")
        return pool_id, place, create_members(table, pool_id, self._services.settings.account_id)

    async def _follow(self, table: Table, pool_id: str, given: Members) -> None:
        has, has_mfa = await self._settings(pool_id)
        wanted = update_members(table, has, pool_id, self._services.settings.account_id)
        wanted_mfa = mfa_members(table, has_mfa, wanted, pool_id)
        kind = pools.issuer_kind(given["UserPoolTags"], self._services.settings.issuer)
        async with self._store.unit(pool_id):
            if wanted_mfa != has_mfa:
                await self._change_mfa(pool_id, _with_what_goes(wanted, has), wanted_mfa)
            if wanted_mfa != has_mfa or wanted != has:
                await self._call("UpdateUserPool", pool_id, _with_what_goes(wanted, has))
            await self._add_attributes(pool_id, given["Schema"])
            await self._set_issuer(pool_id, kind)

    async def _settings(self, pool_id: str) -> tuple[Members, Members]:
        """What UpdateUserPool and SetUserPoolMfaConfig would have to be given for the pool to stay as it is."""
        pool: Members = (await self._call("DescribeUserPool", pool_id, {}))["UserPool"]
        settings: Members = {"PoolName": pool["Name"], **{name: pool.get(name) for name in _told_and_taken()}}
        days = "UnusedAccountValidityDays"  # the older name of a member of the password policy: one of them is given
        invitation = {name: value for name, value in pool["AdminCreateUserConfig"].items() if name != days}
        settings["AdminCreateUserConfig"] = invitation
        mfa = await self._call("GetUserPoolMfaConfig", pool_id, {})
        return without_empty(settings), {name: _without_none(value) for name, value in mfa.items() if value is not None}

    async def _change_mfa(self, pool_id: str, wanted: Members, wanted_mfa: Members) -> None:
        """By way of a pool without MFA, since factors, tier and first factors of before and after need not go together.

        SetUserPoolMfaConfig takes the pool's text of SMS away where SMS is no factor: UpdateUserPool comes once more.
        """
        passkeys = wanted_mfa.get("WebAuthnConfiguration")
        neutral = {"WebAuthnConfiguration": {**passkeys, "FactorConfiguration": "SINGLE_FACTOR"}} if passkeys else {}
        await self._call("SetUserPoolMfaConfig", pool_id, {"MfaConfiguration": "OFF", **neutral})
        await self._call("UpdateUserPool", pool_id, {**wanted, "MfaConfiguration": "OFF"})
        await self._call("SetUserPoolMfaConfig", pool_id, wanted_mfa)

    async def _add_attributes(self, pool_id: str, declared: list[Members]) -> None:
        pool = await self._store.pools.get(pool_id)
        known = STANDARD_NAMES | {attribute.name.removeprefix("custom:") for attribute in pool.schema}
        new = [each for each in declared if each["Name"] not in known]
        for first in range(0, len(new), _ATTRIBUTES_A_CALL):
            some = new[first : first + _ATTRIBUTES_A_CALL]
            await self._call("AddCustomAttributes", pool_id, {"CustomAttributes": some})

    async def _set_issuer(self, pool_id: str, kind: IssuerKind) -> None:
        """AWS has no such setting, and so no operation for it."""
        if (await self._store.pools.get(pool_id)).issuer_kind != kind:
            now = self._services.clock()
            await self._store.pools.change(pool_id, lambda old: replace(old, issuer_kind=kind, modified_at=now))

    async def _call(self, operation: str, pool_id: str, given: Members) -> Mapping[str, Any]:
        place, named = f"[[user_pool]] {pool_id}", {"UserPoolId": pool_id, **given}
        return await call(self._services, "cognito-idp", operation, named, place=place, whole=True)


def _with_what_goes(wanted: Members, has: Members) -> Members:
    """Of what an update keeps where it is left out (operations/user_pools/pool_settings), the empty list ends it."""
    kept = "UserAttributeUpdateSettings"
    gone = kept in has and kept not in wanted
    return {**wanted, kept: {"AttributesRequireVerificationBeforeUpdate": []}} if gone else wanted


def _told_and_taken() -> set[str]:
    """The members of DescribeUserPool's answer that UpdateUserPool takes too, by the model."""
    model = service_model("cognito-idp")
    return {*model.members_of("UserPoolType")} & {*model.members_of("UpdateUserPoolRequest")} - _ELSEWHERE


def _check_fixed(pool: Pool, table: Table) -> None:
    has: Members = {
        "sign_in_with": sorted(pool.username_attributes),
        "aliases": sorted(pool.alias_attributes),
        "case_sensitive": pool.case_sensitive,
    }
    for key, member in FIXED.items():
        wanted = table.get(key, False) if key == "case_sensitive" else sorted(table.get(key, ()))
        if wanted != has[key]:
            raise _fixed(pool, key, member, has[key], wanted)


def _check_attributes(pool: Pool, declared: Mapping[str, Members]) -> None:
    """Standard attributes that the file does not name have their standard form; custom ones stay as they are."""
    for attribute in full_schema(pool.schema):
        has, wanted = schema_shape(attribute), declared.get(attribute.name)
        for member in () if wanted is None else {**has, **wanted}:
            if has.get(member) != (wanted or {}).get(member):
                key = f"attributes.{attribute.name.removeprefix('custom:')}"
                raise _fixed(pool, key, member, has.get(member), (wanted or {}).get(member))


def _fixed(pool: Pool, key: str, member: str, has: Any, wanted: Any) -> SeedRefused:
    sentence = (
        f"[[user_pool]] {pool.pool_id}: {key} is fixed once the pool is made, as on AWS: "
        f"{member} is {_told(has)} and cannot become {_told(wanted)}"
    )
    return SeedRefused(sentence, hint="put the old value back, or start on another --data folder: a new pool is made")


def _told(value: Any) -> str:
    """A value as the file spells it."""
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _without_none(value: Any) -> Any:
    """A structure without its empty members; itself it counts, even where it is empty."""
    return {name: each for name, each in value.items() if each is not None} if isinstance(value, Mapping) else value
