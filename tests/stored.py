"""What a running server keeps, looked at or changed over a second connection: for what no operation tells or sets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from halfday.server.compose import DATABASE_FILE
from halfday.server.storage.sealing import Sealer, load_master_key
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store
from world import World

T = TypeVar("T")


def stored(world: World, work: Callable[[Store], Awaitable[T]]) -> T:
    """What `work` answers, given a store of its own over the server's database."""

    async def with_a_store() -> T:
        store = Store(SqliteDatabase(world.data / DATABASE_FILE), Sealer(load_master_key(world.data / "master.key")))
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(with_a_store())
