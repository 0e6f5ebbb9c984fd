"""Rotation of refresh tokens in the store: one of many rotates, whole or not at all, and a kill loses nobody's session.

Over every database there is; a second one joins `DATABASES`.
"""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from databases import KEY, Open, run
from halfday.server.domain.sign_in.codes_and_sessions import BrowserSession, RefreshToken, TokenFamily
from halfday.server.storage.errors import Stale
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store

POOL, OTHER = "us-east-1_Store0001", "us-east-1_Other0001"


def family(jti: str = "origin", **changes: Any) -> TokenFamily:
    return replace(TokenFamily(POOL, jti, "client", "ada", ("openid",), 1.0, 9.0, "event", True), **changes)


def refresh_token(text: str = "refresh", jti: str = "origin") -> RefreshToken:
    return RefreshToken(POOL, text, jti, "ada", 9.0)


def follow(store: Store, old: str, new: str, *, serves_until: float = 1.0, jti: str = "origin") -> None:
    run(store.token_families.rotate(refresh_token(new, jti), replaced=old, serves_until=serves_until))


def token(store: Store, text: str) -> RefreshToken | None:
    found: RefreshToken | None = run(store.token_families.find_refresh_token(POOL, text))
    return found


@pytest.fixture
def begun(store: Store) -> Store:
    run(store.token_families.insert(family(), refresh_token("t0")))
    return store


def test_a_family_is_found_by_each_of_its_refresh_tokens_and_in_its_pool_only(begun: Store) -> None:
    follow(begun, "t0", "t1", serves_until=5.0)
    for text in ("t0", "t1"):
        assert run(begun.token_families.find_by_refresh_token(POOL, text)) == family()
        assert run(begun.token_families.find_by_refresh_token(OTHER, text)) is None
    assert run(begun.token_families.find_by_refresh_token(POOL, "t2")) is None
    assert token(begun, "t0") == replace(refresh_token("t0"), serves_until=5.0)
    assert token(begun, "t1") == refresh_token("t1")


def test_what_was_rotated_out_or_has_ended_cannot_be_rotated(begun: Store) -> None:
    follow(begun, "t0", "t1")
    for gone in ("t0", "never"):
        with pytest.raises(Stale):
            follow(begun, gone, "t2")
    assert token(begun, "t2") is None, "a rotation that fails leaves nothing"
    run(begun.token_families.revoke(POOL, "origin"))
    with pytest.raises(Stale):
        follow(begun, "t1", "t2")


def test_a_token_is_spent_when_its_grace_is_over_and_not_before() -> None:
    assert not refresh_token().is_spent(1e12)
    served = replace(refresh_token(), serves_until=5.0)
    assert [served.is_spent(now) for now in (4.9, 5.0, 5.1)] == [False, True, True]


@pytest.mark.parametrize("ending", ["revoke", "revoke_all_of"])
def test_the_refresh_tokens_of_a_family_that_ended_are_known_and_renew_nothing(begun: Store, ending: str) -> None:
    other = replace(family("other"), username="eve")
    run(begun.token_families.insert(other, replace(refresh_token("e0", "other"), username="eve")))
    follow(begun, "t0", "t1")
    if ending == "revoke":
        run(begun.token_families.revoke(POOL, "origin"))
    else:
        assert run(begun.token_families.revoke_all_of(POOL, "ada")) == 1
    for text in ("t0", "t1"):
        assert token(begun, text) is not None
        assert run(begun.token_families.find_by_refresh_token(POOL, text)) is None
    assert run(begun.token_families.find_by_refresh_token(POOL, "e0")) == other


def test_of_two_rotations_over_two_connections_at_once_one_is_stale(open_store: Open) -> None:
    store = open_store()
    for round_ in range(20):
        jti, old = f"origin-{round_}", f"old-{round_}"
        run(store.token_families.insert(family(jti), refresh_token(old, jti)))
        gate, outcomes = threading.Barrier(2), list[str | None]()

        def race(name: str, gate: Any = gate, outcomes: Any = outcomes, old: str = old, jti: str = jti) -> None:
            mine = open_store()
            gate.wait()
            try:
                follow(mine, old, name, jti=jti)
                outcomes.append(name)
            except Stale:
                outcomes.append(None)

        threads = [threading.Thread(target=race, args=(f"{old}-{side}",)) for side in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        winners = [name for name in outcomes if name]
        assert len(winners) == 1
        assert token(store, winners[0]) is not None
        assert sum(token(store, f"{old}-{side}") is not None for side in "ab") == 1


def test_a_rotation_and_a_revocation_at_once_leave_no_token_behind(open_store: Open) -> None:
    store = open_store()
    for round_ in range(20):
        jti, old = f"origin-{round_}", f"old-{round_}"
        run(store.token_families.insert(family(jti), refresh_token(old, jti)))
        gate = threading.Barrier(2)

        def rotate(gate: Any = gate, old: str = old, jti: str = jti) -> None:
            mine = open_store()
            gate.wait()
            with contextlib.suppress(Stale):
                follow(mine, old, f"{old}-new", jti=jti)

        thread = threading.Thread(target=rotate)
        thread.start()
        gate.wait()
        run(store.token_families.revoke(POOL, jti))
        thread.join()
        assert run(store.token_families.find_by_refresh_token(POOL, old)) is None
        assert run(store.token_families.find_by_refresh_token(POOL, f"{old}-new")) is None


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=12))
def test_every_token_rotates_once_in_whatever_order(steps: list[tuple[int, int]]) -> None:
    """Against a model: a token has been rotated out or it has not. (which token, how long the old one serves)"""
    store = Store(SqliteDatabase(":memory:"), Sealer(KEY))
    run(store.token_families.insert(family(), refresh_token("t0")))
    known: dict[str, float | None] = {"t0": None}
    for which, grace in steps:
        old, new = f"t{which}", f"t{len(known)}"
        try:
            follow(store, old, new, serves_until=float(grace))
        except Stale:
            assert known.get(old, 0.0) is not None
        else:
            assert known[old] is None
            known |= {old: float(grace), new: None}
    for text, serves_until in known.items():
        assert token(store, text) == replace(refresh_token(text), serves_until=serves_until)
    run(store.close())


ROTATE_ON_AND_ON = """
import asyncio, os, sys
from halfday.server.domain.sign_in.codes_and_sessions import RefreshToken
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.store import Store

path, pool_id, end = sys.argv[1:]
store = Store(SqliteDatabase(path), Sealer(bytes(32)))
if end == "between":
    store.token_families._insert = lambda table, record: os._exit(9)
number = 0
while True:
    print(number, flush=True)
    successor = RefreshToken(pool_id, f"t{number + 1}", "origin", "ada", 9.0)
    asyncio.run(store.token_families.rotate(successor, replaced=f"t{number}", serves_until=0.0))
    number += 1
"""


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[list[tuple[Store, int]]]:
    """Stores whose server was killed while it rotated, each with the number of the token that it rotated last.

    The first in the very middle, the others at any moment.
    """
    chance, left = random.Random(4), []
    for attempt in range(6):
        path = tmp_path / f"{attempt}.sqlite3"
        store = Store(SqliteDatabase(path), Sealer(KEY))
        run(store.token_families.insert(family(), refresh_token("t0")))
        end = "between" if attempt == 0 else "any moment"
        command = [sys.executable, "-c", ROTATE_ON_AND_ON, str(path), POOL, end]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.05))
        if attempt:
            process.send_signal(signal.SIGKILL)
        said = process.stdout.read().split()
        process.wait()
        left.append((store, int(said[-1]) if said else 0))
    yield left
    for store, _ in left:
        run(store.close())


def test_a_kill_while_rotating_leaves_the_old_token_or_the_new_one(killed: list[tuple[Store, int]]) -> None:
    for store, last in killed:
        old, new = token(store, f"t{last}"), token(store, f"t{last + 1}")
        assert old is not None
        assert (old.serves_until is None) is (new is None), "one of the two is good, never both, never none"
        follow(store, f"t{last}" if new is None else f"t{last + 1}", "after")


def session(number: int, **changes: Any) -> TokenFamily:
    known = {"session_id": f"tkn{number:025d}", "created_at": 1.0, "active_at": float(number)}
    return family(f"jti-{number}", **{**known, **changes})


def test_more_sessions_than_allowed_end_those_that_rested_longest(store: Store) -> None:
    run(store.token_families.insert(family("untracked"), refresh_token("untracked", "untracked")))
    for number in range(5):
        run(store.token_families.insert(session(number), refresh_token(f"r{number}", f"jti-{number}"), at_most=3))
    left = run(store.token_families.sessions_of(POOL, "ada", now=1.0))
    assert sorted(found.origin_jti for found in left) == ["jti-2", "jti-3", "jti-4"]
    assert run(store.token_families.find_by_refresh_token(POOL, "r0")) is None
    run(store.token_families.set_active(POOL, "jti-2", 9.0))
    run(store.token_families.insert(session(7), refresh_token("r7", "jti-7"), at_most=2))
    left = run(store.token_families.sessions_of(POOL, "ada", now=1.0))
    assert sorted(found.origin_jti for found in left) == ["jti-2", "jti-7"]
    assert run(store.token_families.find(POOL, "untracked")), "what is not tracked is not counted"


def test_sessions_that_expired_or_are_not_tracked_are_not_listed(store: Store) -> None:
    run(store.token_families.insert(session(1), refresh_token("r1", "jti-1")))
    run(store.token_families.insert(session(2, expires_at=2.0), refresh_token("r2", "jti-2")))
    run(store.token_families.insert(session(3, username="eve"), refresh_token("r3", "jti-3")))
    assert [found.origin_jti for found in run(store.token_families.sessions_of(POOL, "ada", now=2.0))] == ["jti-1"]
    named = BrowserSession(POOL, "hash", "ada", 1.0, 9.0, session_id="sso" + "1" * 25)
    for browser in (named, replace(named, session_hash="old", expires_at=2.0), BrowserSession(POOL, "h", "ada", 1, 9)):
        run(store.browser_sessions.insert(browser))
    assert run(store.browser_sessions.sessions_of(POOL, "ada", now=2.0)) == [named]
    run(store.browser_sessions.set_active(POOL, "ada", "sso" + "1" * 25, 5.0))
    assert run(store.browser_sessions.find(POOL, "hash")).active_at == 5.0
    run(store.browser_sessions.delete_session(POOL, "eve", "sso" + "1" * 25))
    assert run(store.browser_sessions.find(POOL, "hash")), "it is another's"
    run(store.browser_sessions.delete_session(POOL, "ada", "sso" + "1" * 25))
    assert run(store.browser_sessions.find(POOL, "hash")) is None
