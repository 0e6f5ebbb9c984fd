"""A store over each database in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from databases import DATABASES, KEY, Open, run
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.store import Store


@pytest.fixture(params=DATABASES)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Each call is a connection of its own to the same database."""
    opened: list[Store] = []

    def open_one() -> Store:
        opened.append(Store(DATABASES[request.param](tmp_path), Sealer(KEY)))
        return opened[-1]

    yield open_one
    for store in opened:
        run(store.close())


@pytest.fixture
def store(open_store: Open) -> Store:
    return open_store()


@pytest.fixture
def its_pools(request: pytest.FixtureRequest, store: Store) -> None:
    """The pools that the test's module names are there: configuration and users are written into no other."""
    for pool_id in dict.fromkeys((request.module.POOL, "us-east-1_Other")):
        run(store.pools.insert(Pool(pool_id, "store", "local", 1.0, 1.0), []))
