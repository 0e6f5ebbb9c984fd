"""A lock that another process holds: who needs it waits, others go on, and nobody waits within a unit."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from databases import KEY, run
from halfday.server.compose import DATABASE_FILE
from halfday.server.domain.aws.identity_pools import Identity
from halfday.server.domain.user_pools.pools import Pool, SigningKey
from halfday.server.domain.users.users import Group, User, UserStatus
from halfday.server.serving import ServerThread
from halfday.server.settings import Settings
from halfday.server.storage.errors import Busy
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store
from ports import free_port
from world import PASSWORD, Browser, World, running

POOL = "us-east-1_Store0001"


@contextmanager
def write_lock(path: Path) -> Iterator[Callable[[], None]]:
    """Another connection holds the database's write lock until the end of the block, or until what is given is called.

    To SQLite a connection is what a process is: locks are between connections.
    """
    outside = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    outside.execute("BEGIN IMMEDIATE")
    freed = threading.Event()

    def free() -> None:
        if not freed.is_set():
            freed.set()
            outside.execute("ROLLBACK")

    try:
        yield free
    finally:
        free()
        outside.close()


def a_pool() -> Pool:
    return Pool(POOL, "store", "local", 1.0, 1.0)


def a_user(name: str = "ada") -> User:
    return User(POOL, name, f"sub-{name}", UserStatus.CONFIRMED, 1.0, 1.0)


def opened(path: Path, patience_s: float = 5.0) -> tuple[SqliteDatabase, Store]:
    database = SqliteDatabase(path, patience_s=patience_s)
    return database, Store(database, Sealer(KEY))


WRITES: dict[str, Callable[[Store], Coroutine[Any, Any, Any]]] = {
    "one statement": lambda store: store.signing_keys.insert(SigningKey("owner", "id", "kid", "pem", 1.0)),
    "a transaction": lambda store: store.pools.insert(a_pool(), [SigningKey(POOL, "id", "kid", "pem", 1.0)]),
    "a user": lambda store: store.users.insert(replace(a_user(), pool_id="other"), {"ada@example.com": "email"}),
    "a change": lambda store: store.pools.change("other", lambda pool: replace(pool, name="new")),
    "an identity": lambda store: store.identities.insert(Identity("p", "i", 1.0, 1.0, logins={"idp": "ada"})),
    "a group": lambda store: store.groups.insert(Group("other", "g", 1.0, 1.0)),
    "a deletion": lambda store: store.pools.delete("other"),
    "a sweep": lambda store: store.purge(1.0),
}


@pytest.mark.parametrize("what", WRITES)
def test_nobody_waits_while_a_transaction_is_open(tmp_path: Path, what: str) -> None:
    """Each time that the work suspends it holds nothing; freed, it goes through to its end without suspending again."""
    database, store = opened(tmp_path / "store.sqlite3")
    run(store.pools.insert(replace(a_pool(), pool_id="other"), []))

    async def watched() -> int:
        suspended = 0
        with write_lock(tmp_path / "store.sqlite3") as free:
            work = asyncio.ensure_future(WRITES[what](store))
            while not work.done():
                await asyncio.sleep(0)
                if not work.done():
                    assert not database._connection.in_transaction
                    suspended += 1
                    if suspended == 20:
                        free()
            await work
        return suspended

    assert run(watched()) >= 20, "it did wait"
    run(database.close())


def test_reading_waits_for_no_writer(tmp_path: Path) -> None:
    database, store = opened(tmp_path / "store.sqlite3", patience_s=0.0)
    run(store.pools.insert(a_pool(), []))
    with write_lock(tmp_path / "store.sqlite3"):
        assert run(store.pools.get(POOL)) == a_pool()
    run(database.close())


def test_who_has_waited_for_too_long_is_told_and_has_done_nothing(tmp_path: Path) -> None:
    database, store = opened(tmp_path / "store.sqlite3", patience_s=0.05)
    with write_lock(tmp_path / "store.sqlite3"):
        for write in (WRITES["one statement"], WRITES["a transaction"]):
            with pytest.raises(Busy):
                run(write(store))
    assert run(store.pools.find(POOL)) is None
    assert run(store.signing_keys.of("owner")) == []
    run(store.pools.insert(a_pool(), []))
    run(database.close())


def test_a_unit_that_waits_for_something_else_is_undone_and_nobody_else_is_refused(tmp_path: Path) -> None:
    database, store = opened(tmp_path / "store.sqlite3")

    async def slow() -> None:
        async with store.unit(POOL):
            await store.pools.insert(a_pool(), [])
            await asyncio.sleep(0.01)

    async def both() -> None:
        task = asyncio.create_task(slow())
        await asyncio.sleep(0)
        assert await store.pools.find(POOL) is None, "it waited for the unit to end"
        with pytest.raises(RuntimeError, match="something else"):
            await task

    run(both())
    run(database.close())


def test_transactions_of_many_tasks_and_of_another_connection_leave_nothing_half_done(tmp_path: Path) -> None:
    """Forty tasks add one each to the same record, while another connection takes the lock again and again."""
    path = tmp_path / "store.sqlite3"
    database, store = opened(path)
    run(store.pools.insert(replace(a_pool(), tags={}), []))
    over = threading.Event()

    def hold_now_and_then() -> None:
        while not over.is_set():
            with write_lock_patiently(path):
                time.sleep(0.002)
            time.sleep(0.002)

    async def add(name: str) -> None:
        await store.pools.change(POOL, lambda pool: replace(pool, tags={**pool.tags, name: "x"}))
        await store.users.insert(a_user(name), {f"{name}@example.com": "email"})

    async def all_of_them() -> None:
        await asyncio.gather(*(add(f"task-{number}") for number in range(40)))

    thread = threading.Thread(target=hold_now_and_then)
    thread.start()
    try:
        run(all_of_them())
    finally:
        over.set()
        thread.join()
    assert len(run(store.pools.get(POOL)).tags) == 40
    assert len(run(database.fetch("SELECT * FROM user_names WHERE kind = 'email'"))) == 40
    run(database.close())


@contextmanager
def write_lock_patiently(path: Path) -> Iterator[None]:
    outside = sqlite3.connect(path, isolation_level=None, timeout=10)
    try:
        outside.execute("BEGIN IMMEDIATE")
        yield
        outside.execute("ROLLBACK")
    finally:
        outside.close()


@pytest.fixture
def impatient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A server that waits for a lock no longer than a moment."""
    monkeypatch.setattr("halfday.server.storage.sqlite.PATIENCE_S", 0.2)
    with running(tmp_path / "data") as up:
        yield up


def no_retries(world: World, service: str) -> Any:
    config = Config(retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=world.origin, region_name="us-east-1", config=config, **keys)


_ANYBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [_ANYBODY]})


def test_a_lock_held_outside_is_a_refusal_that_may_be_tried_again_at_every_entrance(impatient: World) -> None:
    pool = impatient.pool()
    pool.user()
    client = pool.client()
    browser = Browser(impatient.origin)
    page = browser.session.get(f"{impatient.origin}{browser.authorize(client).headers['Location']}")
    idp, iam = no_retries(impatient, "cognito-idp"), no_retries(impatient, "iam")
    with write_lock(impatient.data / DATABASE_FILE):
        for call in (
            lambda: idp.create_group(UserPoolId=pool.pool_id, GroupName="g"),
            lambda: iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST),
        ):
            with pytest.raises(ClientError) as refused:
                call()
            told = refused.value.response
            assert told["Error"]["Code"] == "ServiceUnavailable"
            assert told["ResponseMetadata"]["HTTPStatusCode"] == 503
        signed_in = browser.post(page, username="ada", password=PASSWORD)
        assert (signed_in.status_code, signed_in.json()["error"]) == (503, "temporarily_unavailable")
        browser.session.headers["Accept"] = "text/html"
        shown = browser.post(page, username="ada", password=PASSWORD)
        assert (shown.status_code, shown.headers["Retry-After"]) == (503, "1")
        assert "<h1>Please try again</h1>" in shown.text
        assert signed_in.headers["Retry-After"] == "1"
        form = {"grant_type": "refresh_token", "client_id": client["ClientId"], "refresh_token": "x"}
        read = requests.post(f"{impatient.origin}/oauth2/token", data=form, timeout=10)
        assert (read.status_code, read.json()) == (400, {"error": "invalid_grant"}), "what only reads goes on"


def test_boto3_tries_again_by_itself_until_the_lock_is_free(impatient: World) -> None:
    pool = impatient.pool()
    with write_lock(impatient.data / DATABASE_FILE) as free:
        threading.Timer(0.3, free).start()
        impatient.idp.create_group(UserPoolId=pool.pool_id, GroupName="g")
    assert [group["GroupName"] for group in impatient.idp.list_groups(UserPoolId=pool.pool_id)["Groups"]] == ["g"]


def test_while_one_waits_for_a_lock_others_are_answered(tmp_path: Path) -> None:
    with running(tmp_path / "data") as world:
        pool = world.pool()
        with write_lock(world.data / DATABASE_FILE) as free:
            done = threading.Event()

            def write() -> None:
                world.idp.create_group(UserPoolId=pool.pool_id, GroupName="g")
                done.set()

            thread = threading.Thread(target=write)
            thread.start()
            for _ in range(20):
                assert world.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Id"] == pool.pool_id
            assert not done.is_set(), "it still waits, and we were answered"
            free()
            thread.join()
        assert done.is_set()


def test_two_servers_on_one_folder_write_at_once(tmp_path: Path) -> None:
    ports = free_port(), free_port()
    shared = {"data": tmp_path / "data", "public_url": f"http://localhost:{ports[0]}", "management_port": "off"}
    one, other = (ServerThread(Settings(port=port, google_port=0, **shared)) for port in ports)
    dummy = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    with one, other:
        idps = [boto3.client("cognito-idp", endpoint_url=f"http://127.0.0.1:{port}", **dummy) for port in ports]
        pool_id = idps[0].create_user_pool(PoolName="p")["UserPool"]["Id"]
        problems: list[BaseException] = []

        def work(idp: Any, names: range) -> None:
            try:
                for name in names:
                    idp.admin_create_user(UserPoolId=pool_id, Username=f"user-{name}", MessageAction="SUPPRESS")
            except BaseException as problem:
                problems.append(problem)

        threads = [threading.Thread(target=work, args=(idps[n % 2], range(n * 20, n * 20 + 20))) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []
        described = idps[1].describe_user_pool(UserPoolId=pool_id)["UserPool"]
        assert described["EstimatedNumberOfUsers"] == 80
