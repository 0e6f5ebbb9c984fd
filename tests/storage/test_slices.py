"""Long deletes let others have their turn, and one that was broken off is ended later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from databases import Open, run
from halfday.server.domain.sign_in.codes_and_sessions import TokenFamily
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import Group, User, UserStatus
from halfday.server.storage import long_deletes as slices
from halfday.server.storage.errors import Missing, Taken
from halfday.server.storage.long_deletes import delete_in_slices
from halfday.server.storage.store import Store

POOL = "us-east-1_AbCdEfGhI"
ROWS = 5
MANY = 23


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "ROWS", ROWS)


def pool(pool_id: str = POOL) -> Pool:
    return Pool(pool_id, "people", "local", created_at=0.0, modified_at=0.0)


def user(number: int) -> User:
    return User(POOL, f"user-{number:03}", f"sub-{number}", UserStatus.CONFIRMED, 0.0, 0.0)


def family(number: int) -> TokenFamily:
    """Of the first user: who signs in often has many."""
    return TokenFamily(POOL, f"jti-{number}", "client", user(0).username, (), 0.0, 99.0, f"event-{number}", False)


async def peopled(store: Store) -> None:
    await store.pools.insert(pool(), [])
    await store.groups.insert(Group(POOL, "crew", 0.0, 0.0))
    for number in range(MANY):
        await store.users.insert(user(number), {})
        await store.groups.add_member(POOL, "crew", user(number).username)
        await store.attempts.count(POOL, user(number).username, "x", now=0.0, window_s=9.0)
        await store.token_families.insert(family(number), None)


Work = Callable[[Store], Coroutine[Any, Any, Any]]

LONG: dict[str, Work] = {
    "a pool": lambda store: store.pools.delete(POOL),
    "a group": lambda store: store.groups.delete(POOL, "crew"),
    "a person": lambda store: store.users.delete(POOL, user(0).username),
    "a sign-out": lambda store: store.token_families.revoke_all_of(POOL, user(0).username),
    "a sweep": lambda store: store.purge(100.0),
}


@pytest.mark.parametrize("what", LONG)
def test_a_long_delete_does_not_keep_others_waiting(store: Store, what: str) -> None:
    async def turns_of_another() -> int:
        await peopled(store)
        ended, turns = asyncio.Event(), 0

        async def delete() -> None:
            await LONG[what](store)
            ended.set()

        deleting = asyncio.create_task(delete())
        while not ended.is_set():
            turns += 1
            await asyncio.sleep(0)
        await deleting
        return turns

    assert run(turns_of_another()) >= MANY // ROWS


def test_no_statement_deletes_more_than_a_slice(store: Store) -> None:
    async def counts() -> list[int]:
        await peopled(store)
        database, seen = store.users._database, []
        execute = database.execute

        async def watched(sql: str, *values: Any) -> int:
            count = await execute(sql, *values)
            if sql.startswith("DELETE"):
                seen.append(count)
            return count

        database.execute = watched  # type: ignore[method-assign]
        await store.pools.delete(POOL)
        return seen

    seen = run(counts())
    assert sum(seen) > 4 * MANY
    assert max(seen) == ROWS


class Killed(BaseException):
    pass


def killed_after(monkeypatch: pytest.MonkeyPatch, store: Store, calls: int, work: Work) -> None:
    """`work`, broken off before its nth slice."""
    left = calls

    async def until(*given: Any) -> int:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return await delete_in_slices(*given)

    with monkeypatch.context() as patched:
        patched.setattr("halfday.server.storage.tables.table_group.delete_in_slices", until)
        with pytest.raises(Killed):
            run(work(store))


@pytest.mark.parametrize("calls", [0, 1, 3])
def test_a_pool_whose_deletion_was_broken_off_is_gone_and_its_people_go_with_the_next_sweep(
    monkeypatch: pytest.MonkeyPatch, open_store: Open, calls: int
) -> None:
    store = open_store()
    run(peopled(store))
    killed_after(monkeypatch, store, calls, LONG["a pool"])
    again = open_store()
    assert run(again.pools.find(POOL)) is None
    with pytest.raises(Taken):
        run(again.pools.insert(pool(), []))
    with pytest.raises(Missing):
        run(again.pools.delete(POOL))
    assert run(again.purge(0.0)) > 0
    assert run(again.users.count(POOL)) == 0
    run(again.pools.insert(pool(), []))
    assert run(again.groups.page_of_members(POOL, "crew", limit=9)) == []


def test_a_sweep_leaves_other_pools_alone(store: Store) -> None:
    other = replace(user(0), pool_id="us-east-1_OtherPool")
    run(peopled(store))
    run(store.pools.insert(pool(other.pool_id), []))
    run(store.users.insert(other, {}))
    run(store.pools.delete(POOL))
    run(store.purge(0.0))
    assert run(store.users.find(other.pool_id, other.username)) == other


def test_a_group_whose_deletion_was_broken_off_is_still_there_to_be_deleted(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    run(peopled(store))
    killed_after(monkeypatch, store, 0, LONG["a group"])
    assert run(store.groups.find(POOL, "crew")) is not None
    run(store.groups.delete(POOL, "crew"))
    run(store.groups.insert(Group(POOL, "crew", 1.0, 1.0)))
    assert run(store.groups.page_of_members(POOL, "crew", limit=9)) == []


def test_members_come_in_pages_of_their_own_group(store: Store) -> None:
    run(peopled(store))
    run(store.groups.insert(Group(POOL, "others", 0.0, 0.0)))
    run(store.groups.add_member(POOL, "others", user(1).username))
    first = run(store.groups.page_of_members(POOL, "crew", limit=10))
    then = run(store.groups.page_of_members(POOL, "crew", limit=99, after=first[-1].username))
    assert [member.username for member in first + then] == [user(number).username for number in range(MANY)]
    assert [member.username for member in run(store.groups.page_of_members(POOL, "others", limit=9))] == ["user-001"]


def test_a_name_that_was_typed_is_not_kept_with_its_attempts(store: Store) -> None:
    run(store.attempts.count(POOL, "correct horse battery staple", "x", now=0.0, window_s=9.0))
    ((kept,),) = run(store.users._database.fetch("SELECT username FROM attempts"))
    assert len(kept) == 64
    assert "horse" not in kept


def test_attempts_go_with_the_person(store: Store) -> None:
    run(peopled(store))
    run(store.users.delete(POOL, "user-001"))
    assert run(store.attempts.find(POOL, "user-001", "x")) is None
    assert run(store.attempts.find(POOL, "user-002", "x")) is not None
