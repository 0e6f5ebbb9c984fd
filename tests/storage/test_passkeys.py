"""The promises of passkeys, over every database there is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from halfday.server.domain.factors import Passkey
from halfday.server.storage.database import Database, Missing, SqliteDatabase, Stale, Taken
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.store import Store

POOL = "us-east-1_Passkey01"
KEY = os.urandom(32)
DATABASES: dict[str, Callable[[Path], Database]] = {"sqlite": lambda folder: SqliteDatabase(folder / "store.sqlite3")}
ADAS = Passkey(POOL, "ada", "cred-b", "cose", 3, "localhost", "Passkey", 7.0, ("internal", "hybrid"), "platform")

T = TypeVar("T")
Open = Callable[[], Store]


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


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


def test_a_passkey_is_found_by_its_credential_and_belongs_to_one_person(open_store: Open) -> None:
    passkeys = open_store().passkeys
    run(passkeys.insert(ADAS))
    assert run(passkeys.find_by_credential(POOL, "cred-b")) == ADAS
    assert run(passkeys.find_by_credential("us-east-1_Passkey02", "cred-b")) is None
    for username in ("ada", "eve"):
        with pytest.raises(Taken):
            run(passkeys.insert(replace(ADAS, username=username, public_key="another")))
    assert run(passkeys.of_user(POOL, "eve")) == []
    run(passkeys.insert(replace(ADAS, pool_id="us-east-1_Passkey02")))


def test_passkeys_are_paged_in_the_order_of_their_credentials(open_store: Open) -> None:
    passkeys = open_store().passkeys
    for credential in ("cred-c", "cred-a", "cred-b"):
        run(passkeys.insert(replace(ADAS, credential_id=credential)))
    assert [p.credential_id for p in run(passkeys.page(POOL, "ada", limit=2))] == ["cred-a", "cred-b"]
    assert [p.credential_id for p in run(passkeys.page(POOL, "ada", limit=2, after="cred-b"))] == ["cred-c"]


def test_of_two_uses_seen_at_the_same_count_over_two_connections_one_holds(open_store: Open) -> None:
    ours, theirs = open_store().passkeys, open_store().passkeys
    run(ours.insert(ADAS))
    run(theirs.count_use(ADAS, 5))
    with pytest.raises(Stale):
        run(ours.count_use(ADAS, 4))
    kept = run(ours.find_by_credential(POOL, "cred-b"))
    assert kept is not None
    assert kept.sign_count == 5


def test_a_deleted_passkey_is_used_by_nobody(open_store: Open) -> None:
    passkeys = open_store().passkeys
    run(passkeys.insert(ADAS))
    with pytest.raises(Missing):
        run(passkeys.delete(POOL, "eve", "cred-b"))
    run(passkeys.delete(POOL, "ada", "cred-b"))
    with pytest.raises(Stale):
        run(passkeys.count_use(ADAS, 4))
    with pytest.raises(Missing):
        run(passkeys.delete(POOL, "ada", "cred-b"))
