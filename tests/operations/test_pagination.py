"""Pages of a listing while people come and go: who was there all the time is shown once, whatever happens between."""

from __future__ import annotations

import threading

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from databases import KEY, run
from halfday.server.domain.user_pools import pools
from halfday.server.domain.users.user_filter import parse_filter
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.operations.framework import paging
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store
from world import Pool, World

POOL = "us-east-1_Pages0001"
names = st.text("abcXYZ_é", min_size=1, max_size=4)
changes = st.lists(st.tuples(st.booleans(), names), max_size=6)


def user(name: str) -> User:
    attributes = {"email": f"{name}@example.com", "family_name": "Lovelace"}
    return User(POOL, name, f"sub-{name}", UserStatus.CONFIRMED, 1.0, 1.0, attributes=attributes)


@given(
    there=st.sets(names, max_size=12),
    between=st.lists(changes, max_size=8),
    limit=st.integers(1, 5),
    text=st.sampled_from(["", 'family_name = "Lovelace"', 'username ^= "a"', 'status = "Enabled"', 'email ^= "a"']),
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whoever_stays_is_shown_exactly_once(
    there: set[str], between: list[list[tuple[bool, str]]], limit: int, text: str
) -> None:
    store = Store(SqliteDatabase(":memory:"), Sealer(KEY))
    present = set(there)
    run(store.pools.insert(pools.Pool(POOL, "store", "local", 1.0, 1.0), []))
    for name in there:
        run(store.users.insert(user(name), {}))
    stayed, seen, todo = set(there), list[str](), iter(between)
    token: str | None = None
    only = parse_filter(text)
    while True:
        found = run(store.users.page(POOL, limit=limit + 1, after=paging.place(token), only=only))
        shown, token = paging.cut(found, limit, lambda each: f"{only.place(each) if only else ''}\0{each.username}")
        assert len(shown) <= limit
        seen += [each.username for each in shown]
        if token is None:
            break
        for coming, name in next(todo, []):
            if coming and name not in present:
                run(store.users.insert(user(name), {}))
                present.add(name)
            elif not coming and name in present:
                run(store.users.delete(POOL, name))
                present.discard(name)
                stayed.discard(name)
    run(store.close())
    wanted = {name for name in stayed if not ("^=" in text and not name.startswith("a"))}
    assert len(seen) == len(set(seen)), "nobody twice"
    assert wanted <= set(seen)


def test_pages_over_the_wire_while_users_are_created(world: World, pool: Pool) -> None:
    there = [f"user{number:02}" for number in range(30)]
    for name in there:
        pool.user(name, password=None)
    stop = threading.Event()

    def keep_coming() -> None:
        for number in range(200):
            if stop.is_set():
                return
            pool.user(f"{'az'[number % 2]}late{number:04}", password=None)

    coming = threading.Thread(target=keep_coming)
    coming.start()
    try:
        pages = world.idp.get_paginator("list_users").paginate(
            UserPoolId=pool.pool_id, PaginationConfig={"PageSize": 3}
        )
        seen = [found["Username"] for page in pages for found in page["Users"]]
    finally:
        stop.set()
        coming.join()
    assert len(seen) == len(set(seen))
    assert set(there) <= set(seen)
