"""Configuration is held, and what is answered is what the tables hold: over every database, and whoever changes it."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from databases import KEY, Open, run, trace
from halfday.server.domain.aws.functions import LambdaFunction
from halfday.server.domain.aws.iam_users import AccessKey, IamUser
from halfday.server.domain.aws.identity_pools import IdentityPool
from halfday.server.domain.aws.managed_policies import ManagedPolicy, PolicyVersion
from halfday.server.domain.aws.principal_tags import PrincipalTagMap
from halfday.server.domain.aws.role_mapping import MappingRule, RoleMapping
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.trusted_providers import OidcProvider
from halfday.server.domain.gateway.apis import Api, ApiDeployment, ApiStage
from halfday.server.domain.user_pools.app_clients import AppClient, ClientSecret
from halfday.server.domain.user_pools.pools import Pool, PoolDomain, ResourceServer, SigningKey
from halfday.server.domain.user_pools.providers import ExternalProvider
from halfday.server.storage.errors import Missing
from halfday.server.storage.frozen import FrozenDict, FrozenList, frozen
from halfday.server.storage.rows import TABLES
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.snapshots import MOST_ABSENT, Snapshots, scope_of
from halfday.server.storage.sqlite import SqliteDatabase, migrate
from halfday.server.storage.store import Store
from halfday.server.storage.tables.pools import POOLS
from stored_configuration import ACCOUNT, answers, names_in
from suspending import SuspendingDatabase

POOL = "us-east-1_Store0001"
CLIENT, SECRET = "client0000000000000000001", ClientSecret("one", "s3cret", 1.0)

POLICY = ManagedPolicy(ACCOUNT, "p", "ANPA", 1.0, 1.0)
VERSION = PolicyVersion(ACCOUNT, "p", 1, {"Statement": [{"Action": ["s3:GetObject"]}]}, 1.0)
FUNCTION = LambdaFunction(
    ACCOUNT,
    "us-east-1",
    "f",
    "python3.12",
    "app.handler",
    "arn",
    "id",
    "sha",
    1,
    "revision",
    1.0,
    environment={"A": "b"},
)
DEVELOPER = IamUser(ACCOUNT, "dev", "AIDA", 1.0)

MAPPINGS = {"login.example.com": RoleMapping("Rules", "Deny", (MappingRule("a", "Equals", "b", "arn"),))}
TAGS = {"login.example.com": PrincipalTagMap(tags=(("tag", "claim"),))}

Step = Callable[[Store], Awaitable[Any]]


def a_pool() -> Pool:
    return Pool(POOL, "store", "local", 1.0, 1.0, declared={"Policies": [{"any": ["list"]}]}, tags={"a": "b"})


CHANGES: dict[str, tuple[Step, ...]] = {
    "pools": (lambda store: store.pools.change(POOL, lambda pool: replace(pool, tags={"new": "tag"})),),
    "signing_keys": (
        lambda store: store.signing_keys.insert(SigningKey("service", "openid", "kid", "pem", 1.0)),
        lambda store: store._database.execute("UPDATE signing_keys SET kid = 'other' WHERE owner = $1", POOL),
        lambda store: store._database.execute("DELETE FROM signing_keys WHERE owner = $1 AND purpose = 'id'", POOL),
    ),
    "pool_domains": (
        lambda store: store.domains.insert(PoolDomain("us-east-1", "shop", POOL, 1, 1.0)),
        lambda store: store.domains.change("shop", "us-east-1", lambda old: replace(old, managed_login_version=2)),
        lambda store: store.domains.insert(PoolDomain("eu-west-1", "shop", "eu-west-1_Store0002", 1, 1.0)),
        lambda store: store.domains.delete(POOL, "shop"),
    ),
    "resource_servers": (
        lambda store: store.resource_servers.insert(ResourceServer(POOL, "api", "API", {"read": "Read"})),
        lambda store: store.resource_servers.change(POOL, "api", lambda old: replace(old, scopes={"w": "Write"})),
        lambda store: store.resource_servers.delete(POOL, "api"),
    ),
    "app_clients": (
        lambda store: store.app_clients.change_secrets(POOL, CLIENT, lambda _: ()),
        lambda store: store.app_clients.change(POOL, CLIENT, lambda old: replace(old, scopes=("openid",))),
        lambda store: store.app_clients.delete(POOL, CLIENT),
        lambda store: store.app_clients.insert(AppClient(POOL, CLIENT, "again", 1.0, 1.0)),
    ),
    "external_providers": (
        lambda store: store.providers.insert(ExternalProvider(POOL, "Google", "Google", 1.0, 1.0, {"a": "b"})),
        lambda store: store.providers.change(POOL, "Google", lambda old: replace(old, identifiers=("x",))),
        lambda store: store.providers.delete(POOL, "Google"),
    ),
    "identity_pools": (
        lambda store: store.identity_pools.insert(IdentityPool("us-east-1:1", "people", 1.0)),
        lambda store: store.identity_pools.change("us-east-1:1", lambda old: replace(old, roles={"a": "arn"})),
        lambda store: store.identity_pools.change("us-east-1:1", lambda old: replace(old, role_mappings=MAPPINGS)),
        lambda store: store.identity_pools.change("us-east-1:1", lambda old: replace(old, principal_tags=TAGS)),
        lambda store: store.identity_pools.delete("us-east-1:1"),
    ),
    "gateway_apis": (
        lambda store: store.apis.insert(Api("api1", "REST", ACCOUNT, "us-east-1", "api", 1.0, {"a": []})),
        lambda store: store.apis.change("api1", lambda old: replace(old, document={"a": [1]})),
        lambda store: store.apis.delete("api1"),
    ),
    "gateway_deployments": (
        lambda store: store.api_deployments.insert(ApiDeployment("api1", "d1", 1.0, {"a": []})),
        lambda store: store.api_deployments.change("api1", "d1", lambda old: replace(old, description="new")),
        lambda store: store.api_deployments.delete("api1", "d1"),
    ),
    "gateway_stages": (
        lambda store: store.api_stages.insert(ApiStage("api1", "prod", "d1", 1.0, 1.0)),
        lambda store: store.api_stages.change("api1", "prod", lambda old: replace(old, variables={"a": "b"})),
        lambda store: store.api_stages.delete("api1", "prod"),
    ),
    "roles": (
        lambda store: store.roles.insert(Role(ACCOUNT, "r", "AROA", {"Statement": []}, 1.0)),
        lambda store: store.roles.change(ACCOUNT, "r", lambda old: replace(old, policies={"p": {}})),
        lambda store: store.roles.change(ACCOUNT, "r", lambda old: replace(old, attached_policies=("arn",))),
        lambda store: store.roles.delete(ACCOUNT, "r"),
    ),
    "lambda_functions": (
        lambda store: store.lambda_functions.insert(FUNCTION),
        lambda store: store.lambda_functions.change(FUNCTION, lambda old: replace(old, statements={"s": {}})),
        lambda store: store.lambda_functions.take(ACCOUNT, "us-east-1", "f"),
    ),
    "managed_policies": (
        lambda store: store.managed_policies.insert(POLICY, VERSION),
        lambda store: store.managed_policies.change(ACCOUNT, "p", lambda old: replace(old, tags={"a": "b"})),
        lambda store: store.managed_policies.delete(ACCOUNT, "p"),
    ),
    "policy_versions": (
        lambda store: store.managed_policies.insert(POLICY, VERSION),
        lambda store: store.managed_policies.insert_version(replace(VERSION, number=2)),
        lambda store: store.managed_policies.delete_version(ACCOUNT, "p", 1),
    ),
    "oidc_providers": (
        lambda store: store.oidc_providers.insert(OidcProvider(ACCOUNT, "idp.example", 1.0)),
        lambda store: store.oidc_providers.change(
            ACCOUNT, "idp.example", lambda old: replace(old, client_ids=("app",))
        ),
        lambda store: store.oidc_providers.delete(ACCOUNT, "idp.example"),
    ),
    "iam_users": (
        lambda store: store.iam_users.insert(DEVELOPER),
        lambda store: store.iam_users.change(ACCOUNT, "dev", lambda old: replace(old, policies={"p": {}})),
        lambda store: store.iam_users.rename(DEVELOPER, replace(DEVELOPER, name="ops")),
        lambda store: store.iam_users.delete(ACCOUNT, "ops"),
    ),
    "access_keys": (
        lambda store: store.iam_users.insert(DEVELOPER),
        lambda store: store.access_keys.insert(AccessKey("AKIA1", "s3cret", ACCOUNT, "dev", 1.0)),
        lambda store: store.access_keys.change("AKIA1", lambda old: replace(old, active=False)),
        lambda store: store.iam_users.rename(DEVELOPER, replace(DEVELOPER, name="ops")),
        lambda store: store.access_keys.delete("AKIA1"),
    ),
}


async def set_up(store: Store) -> None:
    await store.pools.insert(a_pool(), [SigningKey(POOL, purpose, purpose, "pem", 1.0) for purpose in ("id", "access")])
    await store.pools.insert(replace(a_pool(), pool_id="eu-west-1_Store0002"), [])
    await store.app_clients.insert(AppClient(POOL, CLIENT, "web", 1.0, 1.0, secrets=(SECRET,)))


@pytest.fixture(autouse=True)
def a_pool_with_a_client(store: Store) -> None:
    run(set_up(store))


async def another_turn() -> None:
    """What another process does is seen from the next turn of the event loop on: no request is older than that."""
    await asyncio.sleep(0)


def test_every_table_that_is_held_is_changed_here() -> None:
    assert set(CHANGES) == {name for name, table in TABLES.items() if table.held_by}


@pytest.mark.parametrize("table", CHANGES)
def test_what_somebody_changes_is_seen_by_everybody_at_the_next_question(open_store: Open, table: str) -> None:
    """By who changed it in the same turn of the event loop, and by another connection, as of another process."""
    mine, other = open_store(), open_store()

    async def change_and_ask() -> None:
        names = await names_in(mine)
        for step in CHANGES[table]:
            before = [await answers(store, names) for store in (mine, other)]
            assert before[0] == before[1]
            await step(mine)
            names = await names_in(mine, names)
            fresh = await answers(open_store(), names)
            assert fresh != before[0], "the step changes what is answered"
            assert await answers(mine, names) == fresh
            await another_turn()
            assert await answers(other, names) == fresh

    run(change_and_ask())


def test_a_deleted_pool_is_nobodys_configuration(open_store: Open) -> None:
    mine, other = open_store(), open_store()

    async def delete() -> None:
        assert await answers(other)
        await mine.pools.delete(POOL)
        await another_turn()
        assert await other.pools.find(POOL) is None
        assert await other.app_clients.find(CLIENT) is None
        assert await other.signing_keys.of(POOL) == []
        with pytest.raises(Missing):
            await other.signing_keys.get(POOL, "id")

    run(delete())


@pytest.mark.parametrize("table", CHANGES)
def test_what_a_unit_changes_is_seen_within_and_by_nobody_else_and_undone_by_nobody_at_all(
    open_store: Open, table: str
) -> None:
    store, other = open_store(), open_store()
    first, *_ = CHANGES[table]

    async def undone(before: Any) -> None:
        async with store.unit(POOL):
            await first(store)
            assert await answers(store) != before, "it sees its own change"
            raise KeyError("undone")

    async def within() -> None:
        before = await answers(store)
        with pytest.raises(KeyError):
            await undone(before)
        await another_turn()
        assert (await answers(store), await answers(other)) == (before, before)
        async with store.unit(POOL):
            with pytest.raises(KeyError):
                await undone(before)
            assert await answers(store) == before, "a part was undone"
        await another_turn()
        assert (await answers(store), await answers(other)) == (before, before)
        async with store.unit(POOL):
            await first(store)
        after = await answers(store)
        await another_turn()
        assert await answers(other) == after != before

    run(within())


def test_others_are_told_nothing_of_a_unit_that_is_open(tmp_path: Path) -> None:
    """Over a database that suspends within the unit, so that others do ask meanwhile."""
    store = Store(SuspendingDatabase(tmp_path / "other.sqlite3"), Sealer(KEY))
    begun, names = asyncio.Event(), []

    async def rename() -> None:
        async with store.unit(POOL):
            await store.pools.change(POOL, lambda pool: replace(pool, name="new"))
            begun.set()
            for _ in range(20):
                await store.pools.get(POOL)
        names.append("committed")

    async def read() -> None:
        await begun.wait()
        while "committed" not in names:
            asked = await store.pools.get(POOL)
            names.append(asked.name)

    async def both() -> None:
        await set_up(store)
        await asyncio.gather(rename(), read())
        assert (await store.pools.get(POOL)).name == "new"

    run(both())
    assert len(names) > 3
    assert set(names[: names.index("committed")]) == {"store"}
    run(store.close())


@pytest.mark.parametrize("seed", range(6))
def test_no_answer_is_older_than_its_question(tmp_path: Path, seed: int) -> None:
    """Tasks of two stores change and ask in a random order, over a database that gives all others a turn each time."""
    path, order = tmp_path / "other.sqlite3", random.Random(seed)
    stores = [Store(SuspendingDatabase(path), Sealer(KEY)) for _ in range(2)]
    committed, asked = 0, 0

    def counted(pool: Pool) -> Pool:
        return replace(pool, modified_at=pool.modified_at + 1)

    async def change(store: Store) -> None:
        nonlocal committed
        for _ in range(12):
            committed = max(committed, int((await store.pools.change(POOL, counted)).modified_at))
            for _ in range(order.randrange(12)):
                await asyncio.sleep(0)

    async def ask(store: Store) -> None:
        nonlocal asked
        for _ in range(40):
            at_least = committed
            got = int((await store.pools.get(POOL)).modified_at)
            assert got >= at_least, "a change that was committed before the question is missing"
            asked += 1
            for _ in range(order.randrange(3)):
                await asyncio.sleep(0)

    async def all_of_them() -> None:
        await set_up(stores[0])
        tasks = [work(store) for store in stores for work in (change, ask, ask)]
        order.shuffle(tasks)
        await asyncio.gather(*tasks)
        assert [int((await store.pools.get(POOL)).modified_at) for store in stores] == [25, 25], "none was lost"

    run(all_of_them())
    assert asked == 160
    for store in stores:
        run(store.close())


def test_what_was_read_before_a_change_and_comes_after_it_is_not_held(store: Store) -> None:
    """A database that answers late: the change was seen, and what had been held dropped, before the answer came."""
    read, late = asyncio.Event(), asyncio.Event()

    async def slowly() -> tuple[Pool, ...]:
        found = await store.pools._all(POOLS, POOLS.by_held["pool_id"], POOL)
        read.set()
        await late.wait()
        return tuple(found)

    async def change_meanwhile() -> None:
        reading = asyncio.create_task(store.pools._snapshots.answer(("pools", "pool_id"), POOL, slowly))
        await read.wait()
        await store.pools.change(POOL, lambda pool: replace(pool, name="new"))
        assert await store.pools.find("us-east-1_None") is None, "whatever is asked for, the change is seen"
        late.set()
        assert (await reading)[0].name == "store"
        assert (await store.pools.get(POOL)).name == "new"

    run(change_meanwhile())


@pytest.fixture
def told(store: Store) -> Iterator[list[str]]:
    """Each statement, from now on."""
    seen: list[str] = []
    trace(store._database, seen.append)
    yield seen
    trace(store._database, None)


def test_what_is_held_is_read_once_and_nothing_but_the_number_of_the_latest_change_is_asked_for(
    store: Store, told: list[str]
) -> None:
    async def ask_again() -> None:
        names = await names_in(store)
        first = await answers(store, names)
        await another_turn()
        told.clear()
        assert await answers(store, names) == first
        assert {sql.split(" WHERE")[0] for sql in told} == {"SELECT version FROM configuration_version"}

    run(ask_again())
    if isinstance(store._database, SqliteDatabase):
        assert len(told) == 1, "once a turn"


def test_a_change_of_one_pool_leaves_the_others_held(store: Store, told: list[str]) -> None:
    async def change_the_other() -> None:
        held = await store.pools.get(POOL)
        await store.pools.change("eu-west-1_Store0002", lambda pool: replace(pool, name="new"))
        assert await store.pools.get(POOL) is held

    run(change_the_other())


def test_names_that_nobody_has_take_no_room_from_what_is_held(store: Store) -> None:
    async def ask() -> None:
        held = await store.pools.get(POOL)
        for number in range(300):
            assert await store.pools.find(f"us-east-1_{number}") is None
            assert await store.app_clients.find(str(number)) is None
            assert await store.domains.find_anywhere(f"{number}.example.com" + "x" * 500, rather="us-east-1") is None
        assert await store.pools.get(POOL) is held

    run(ask())
    snapshots = store.pools._snapshots
    assert list(snapshots._found._snapshots) == [POOL]
    assert snapshots._absent._records == len(snapshots._absent._snapshots) == MOST_ABSENT
    assert max(map(len, snapshots._absent._snapshots)) < 20


def test_who_had_nobodys_name_is_found_once_they_are_there(open_store: Open) -> None:
    mine, other = open_store(), open_store()

    async def come() -> None:
        for store in (mine, other):
            assert await store.pools.find("us-east-1_New000001") is None
        await mine.pools.insert(replace(a_pool(), pool_id="us-east-1_New000001"), [])
        assert await mine.pools.find("us-east-1_New000001") is not None
        await another_turn()
        assert await other.pools.find("us-east-1_New000001") is not None

    run(come())


def test_no_more_is_held_than_the_bound_and_what_was_asked_for_last_stays(store: Store) -> None:
    snapshots = store.pools._snapshots = Snapshots(store._database, most_records=10)
    pools = [f"us-east-1_Many{number:04}" for number in range(30)]

    async def ask() -> None:
        for pool_id in pools:
            await store.pools.insert(replace(a_pool(), pool_id=pool_id), [])
        kept = await store.pools.get(pools[0])
        for pool_id in pools[1:]:
            assert (await store.pools.get(pool_id)).pool_id == pool_id
            assert await store.pools.get(pools[0]) is kept, "it is asked for all the time"

    run(ask())
    assert list(snapshots._found._snapshots) == [*pools[-9:], pools[0]]
    assert snapshots._found._records == 10


def test_what_is_handed_out_cannot_be_changed(store: Store) -> None:
    pool = run(store.pools.get(POOL))
    for change in (
        lambda: pool.tags.update(a="c"),
        lambda: pool.tags.__setitem__("a", "c"),
        lambda: pool.tags.__ior__({"a": "c"}),
        lambda: pool.tags.pop("a"),
        lambda: pool.declared["Policies"].append(1),
        lambda: pool.declared["Policies"][0].clear(),
        lambda: pool.declared["Policies"][0]["any"].sort(),
        lambda: pool.declared["Policies"].__iadd__([1]),
    ):
        with pytest.raises(TypeError, match="copy"):
            change()
    assert run(store.pools.get(POOL)) == a_pool()
    assert {**pool.tags, "a": "c"} == {"a": "c"}, "a copy can"


def test_every_way_to_change_a_list_or_a_mapping_is_closed() -> None:
    """By what Python's own can do, so that a new way is found."""
    reading = {"copy", "fromkeys", "get", "items", "keys", "values", "count", "index"}
    for kind, plain in ((FrozenDict, dict), (FrozenList, list)):
        ways = {name for name in vars(plain) if not name.startswith("_")} - reading
        ways |= {"__setitem__", "__delitem__", "__ior__", "__iadd__", "__imul__"} & set(vars(plain))
        assert ways <= set(vars(kind)), kind
    assert frozen(({"a": [1]},)) == ({"a": [1]},)


def test_what_is_within_a_held_record_is_plain_or_frozen() -> None:
    """A record within a record has no list and no mapping: `frozen` does not look into it."""
    for table in TABLES.values():
        for hint in map(str, table._hints.values()) if table.held_by else ():
            for record in {r for r in _records_within(table._record) if r.__name__ in hint}:
                kinds = " ".join(map(str, (field.type for field in dataclasses.fields(record))))
                assert "dict" not in kinds, record
                assert "list" not in kinds, record


def _records_within(record: Any) -> set[Any]:
    names = vars(sys.modules[record.__module__]).values()
    return {one for one in names if dataclasses.is_dataclass(one) and one is not record}


def test_no_record_of_people_is_held() -> None:
    held = {name for name, table in TABLES.items() if table.held_by}
    assert {name for name, table in TABLES.items() if table.belongs_to == "user"} & held == set()
    assert {"identities", "identity_logins", "issued_credentials", "user_groups", "attempts", "codes"} & held == set()


@pytest.mark.parametrize("name", CHANGES)
def test_the_database_notes_each_change_whoever_makes_it(name: str) -> None:
    """By its triggers, for each column by which the table is held: of a row that comes, changes its place, and goes."""
    database, table = sqlite3.connect(":memory:", isolation_level=None), TABLES[name]
    migrate(database)
    columns = list(database.execute(f"PRAGMA table_info({name})"))
    row = {c: f"{c}-{i:02}" if "CHAR" in kind or kind == "TEXT" else 1 for i, c, kind, *_ in columns}
    numbers = ", ".join("?" * len(row))
    column = columns[-1][1]

    def noted(sql: str, *values: Any) -> set[str]:
        at = database.execute("SELECT version FROM configuration_version").fetchone()[0]
        database.execute(sql, values)
        found = database.execute("SELECT scope, version FROM configuration_changes WHERE version > ?", [at])
        scopes = {scope for scope, _ in found}
        assert database.execute("SELECT version FROM configuration_version").fetchone()[0] >= at + len(scopes)
        return scopes

    scopes = {scope_of(str(row[held])) for held in table.held_by}
    assert noted(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({numbers})", *row.values()) == scopes
    assert noted(f"UPDATE OR IGNORE {name} SET {column} = {column}") == scopes
    for held in table.held_by:
        moved = noted(f"UPDATE {name} SET {held} = {held} || '-moved'")
        assert moved >= {scope_of(str(row[held])), "ed"}, "where it was, and where it is"
    assert noted(f"DELETE FROM {name}") == {"ed"}
    database.close()


def test_what_is_noted_is_bounded(store: Store) -> None:
    """By the ends of names: ten thousand pools that come and go leave no more than those."""

    async def come_and_go() -> int:
        for number in range(60):
            await store.pools.insert(replace(a_pool(), pool_id=f"us-east-1_{number}Aa"), [])
            await store.pools.delete(f"us-east-1_{number}Aa")
        return int((await store._database.fetch("SELECT count(*) FROM configuration_changes"))[0][0])

    assert run(come_and_go()) < 10
