"""Changes of pools and app clients are whole: none is lost to another, and what fails undoes itself."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from databases import Open, run
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.attributes import SchemaAttribute
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.storage.errors import Missing
from halfday.server.storage.store import Store

POOL = "us-east-1_Store0001"
EACH = 20


@pytest.fixture(autouse=True)
def a_pool_with_a_client(store: Store) -> None:
    run(store.pools.insert(Pool(POOL, "store", "local", 1.0, 1.0), []))
    run(store.app_clients.insert(AppClient(POOL, "client", "web", 1.0, 1.0)))


def with_attribute(pool: Pool, name: str) -> Pool:
    return replace(pool, schema=(*pool.schema, SchemaAttribute(name)))


def with_url(client: AppClient, url: str) -> AppClient:
    return replace(client, callback_urls=(*client.callback_urls, url))


def grow(store: Store, mine: str) -> None:
    for number in range(EACH):
        name = f"{mine}{number}"
        run(store.pools.change(POOL, lambda pool, name=name: with_attribute(pool, name)))
        run(store.app_clients.change(POOL, "client", lambda client, name=name: with_url(client, name)))


def test_changes_of_two_at_once_all_hold(open_store: Open) -> None:
    threads = [threading.Thread(target=grow, args=(open_store(), mine)) for mine in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store, made = open_store(), {f"{mine}{number}" for mine in "ab" for number in range(EACH)}
    assert {attribute.name for attribute in run(store.pools.get(POOL)).schema} == made
    assert set(run(store.app_clients.get(POOL, "client")).callback_urls) == made


def test_a_change_that_fails_undoes_itself_and_what_is_missing_is_not_made(open_store: Open) -> None:
    store = open_store()

    def fails(_: object) -> Any:
        raise ValueError("no")

    for changing in (store.pools.change(POOL, fails), store.app_clients.change(POOL, "client", fails)):
        with pytest.raises(ValueError, match="no"):
            run(changing)
    for changing in (store.pools.change("x", fails), store.app_clients.change(POOL, "x", fails)):
        with pytest.raises(Missing):
            run(changing)
    assert run(store.pools.get(POOL)).schema == ()


def test_pools_and_clients_are_counted(open_store: Open) -> None:
    store = open_store()
    run(store.pools.insert(Pool("us-east-1_Store0002", "store", "local", 1.0, 1.0), []))
    run(store.app_clients.insert(AppClient(POOL, "second", "web", 1.0, 1.0)))
    assert run(store.pools.count(None)) == 2
    assert (run(store.app_clients.count(POOL)), run(store.app_clients.count("us-east-1_Store0002"))) == (2, 0)
