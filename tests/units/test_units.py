"""What a unit promises by itself: all or nothing, parts, what is done afterwards, and nothing else awaited."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from databases import Open, run
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.storage.errors import Missing, Taken
from halfday.server.storage.store import Store

POOL = "us-east-1_Store0001"
A_POOL = Pool(POOL, "store", "local", 1.0, 1.0)
OTHER = replace(A_POOL, pool_id="us-east-1_Store0002")


def test_what_is_raised_out_of_a_unit_undoes_all_of_it(store: Store) -> None:
    async def work() -> None:
        async with store.unit(POOL):
            await store.pools.insert(A_POOL, [])
            await store.pools.change(POOL, lambda pool: replace(pool, name="new"))
            await store.pools.insert(A_POOL, [])

    with pytest.raises(Taken):
        run(work())
    assert run(store.pools.find(POOL)) is None


def test_a_part_that_fails_is_undone_alone(store: Store) -> None:
    async def work() -> None:
        async with store.unit(POOL):
            await store.pools.insert(A_POOL, [])
            with contextlib.suppress(Missing):
                async with store.unit(POOL):
                    await store.pools.insert(OTHER, [])
                    await store.pools.get("nobody")

    run(work())
    assert run(store.pools.find(POOL)) == A_POOL
    assert run(store.pools.find(OTHER.pool_id)) is None


def test_afterwards_comes_once_the_unit_is_kept_and_not_at_all_where_it_is_undone(open_store: Open) -> None:
    store, seen = open_store(), open_store()

    async def look() -> None:
        found.append(await seen.pools.find(POOL) is not None)

    async def work(fail: bool) -> None:
        async with store.unit(POOL):
            async with store.unit(POOL):
                await store.afterwards(look)
            await store.pools.insert(A_POOL, [])
            if fail:
                raise ValueError

    found: list[bool] = []
    with pytest.raises(ValueError, match=r"^$"):
        run(work(fail=True))
    assert found == []
    run(work(fail=False))
    assert found == [True], "another connection sees what is kept"
    run(store.afterwards(look))
    assert found == [True, True], "without a unit it is done at once"


def test_a_unit_held_over_anything_else_is_undone(store: Store) -> None:
    async def work() -> None:
        async with store.unit(POOL):
            await store.pools.insert(A_POOL, [])
            await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="something else"):
        run(work())
    assert run(store.pools.find(POOL)) is None


def test_another_task_is_no_part_of_a_unit(store: Store) -> None:
    """Even one that is made within: it inherits nothing."""

    async def work() -> None:
        async with store.unit(POOL):
            await store.pools.insert(A_POOL, [])
            task = asyncio.create_task(store.pools.insert(OTHER, []))
            raise_later.append(task)
            raise ValueError

    async def both() -> None:
        with pytest.raises(ValueError, match=r"^$"):
            await work()
        await asyncio.gather(*raise_later)

    raise_later: list[asyncio.Task[None]] = []
    run(both())
    assert run(store.pools.find(POOL)) is None
    assert run(store.pools.find(OTHER.pool_id)) == OTHER


def test_a_change_may_not_move_the_key(store: Store) -> None:
    run(store.pools.insert(A_POOL, []))
    with pytest.raises(ValueError, match="keeps the key"):
        run(store.pools.change(POOL, lambda _: OTHER))
    assert run(store.pools.get(POOL)) == A_POOL
