"""Every database that the store's promises are held against. A second one joins DATABASES, and the tests stay."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from halfday.server.storage.database import Database
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store
from suspending import SuspendingDatabase

KEY = os.urandom(32)
DATABASES: dict[str, Callable[[Path], Database]] = {
    "sqlite": lambda folder: SqliteDatabase(folder / "store.sqlite3"),
    "suspending": lambda folder: SuspendingDatabase(folder / "store.sqlite3"),
}

Open = Callable[[], Store]
T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def trace(database: Database, seen: Callable[[str], object] | None) -> None:
    """`seen` is given each statement from now on; None ends it."""
    if isinstance(database, SuspendingDatabase):
        database.trace(seen)
    else:
        assert isinstance(database, SqliteDatabase)
        database._connection.set_trace_callback(seen)


def race(open_store: Open, work: Callable[[Store], Any]) -> list[Any]:
    """What two connections get that do the same at once: results, or the exceptions' types."""
    stores, gate, results = [open_store(), open_store()], threading.Barrier(2), []

    def one(store: Store) -> None:
        gate.wait()
        try:
            results.append(work(store))
        except Exception as problem:
            results.append(type(problem))

    threads = [threading.Thread(target=one, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
