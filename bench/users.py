"""Whether a hundred thousand users are found as fast as a hundred: ListUsers by e-mail, and AdminGetUser.

Two pools in one database, asked in turns: in the store alone, where nothing hides the search, and over a socket, as
people ask. The bound is the small pool in the same run; what is wanted is a ratio of at most 1.5.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from halfday.server.compose import DATABASE_FILE
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.user_filter import parse_filter
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.serving import ServerThread
from halfday.server.settings import Settings
from halfday.server.storage.sealing import Sealer, load_master_key
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store

SIZES = {"us-east-1_Small0001": 100, "us-east-1_Large0001": 100_000}
SMALL, LARGE = SIZES
ROUNDS, QUESTIONS = 9, 300
WANTED = 1.5


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="halfday-bench-") as name:
        data = Path(name)
        with ServerThread(Settings(port=0, data=data, upstream="none", management_port="off")) as up:
            asyncio.run(_with_store(data, _fill))
            print(f"users found, {SIZES[LARGE]:,} beside {SIZES[SMALL]:,} (median of {ROUNDS} rounds, in turns)")
            asyncio.run(_with_store(data, _in_the_store))
            _over_a_socket(up.origin.removeprefix("http://"))


async def _with_store(data: Path, work: Callable[[Store], Awaitable[None]]) -> None:
    store = Store(SqliteDatabase(data / DATABASE_FILE), Sealer(load_master_key(data / "master.key")))
    try:
        await work(store)
    finally:
        await store.close()


async def _fill(store: Store) -> None:
    for pool_id, size in SIZES.items():
        await store.pools.insert(Pool(pool_id, "bench", "local", 1.0, 1.0), [])
        for number in range(size):
            attributes = {"email": f"user{number}@example.com", "name": f"User {number}", "email_verified": "true"}
            user = User(pool_id, f"user{number:06}", f"{pool_id}-{number}", UserStatus.CONFIRMED, 1.0, 1.0)
            await store.users.insert(User(**{**_fields(user), "attributes": attributes}), {})


def _fields(user: User) -> dict[str, object]:
    return {name: getattr(user, name) for name in User.__dataclass_fields__}


async def _in_the_store(store: Store) -> None:
    async def by_email(pool_id: str, number: int) -> None:
        found = await store.users.page(pool_id, limit=61, only=parse_filter(f'email = "user{number}@example.com"'))
        assert len(found) == 1

    async def by_name(pool_id: str, number: int) -> None:
        assert await store.users.find_by_any_name(pool_id, f"user{number:06}")

    for label, ask in (("store, email = …", by_email), ("store, by username", by_name)):
        rounds: dict[str, list[float]] = {pool_id: [] for pool_id in SIZES}
        for _ in range(ROUNDS):
            for pool_id, size in SIZES.items():
                started = time.perf_counter()
                for question in range(QUESTIONS):
                    await ask(pool_id, question * 7919 % size)
                rounds[pool_id].append((time.perf_counter() - started) / QUESTIONS)
        _report(label, rounds)


def _over_a_socket(host: str) -> None:
    connection = http.client.HTTPConnection(host)

    def list_users(pool_id: str, number: int) -> None:
        given = {"UserPoolId": pool_id, "Filter": f'email = "user{number}@example.com"'}
        assert len(_call(connection, "ListUsers", given)["Users"]) == 1

    def admin_get_user(pool_id: str, number: int) -> None:
        given = {"UserPoolId": pool_id, "Username": f"user{number:06}"}
        assert _call(connection, "AdminGetUser", given)["Username"] == given["Username"]

    for label, ask in (("ListUsers by e-mail", list_users), ("AdminGetUser", admin_get_user)):
        rounds: dict[str, list[float]] = {pool_id: [] for pool_id in SIZES}
        for _ in range(ROUNDS):
            for pool_id, size in SIZES.items():
                started = time.perf_counter()
                for question in range(QUESTIONS):
                    ask(pool_id, question * 7919 % size)
                rounds[pool_id].append((time.perf_counter() - started) / QUESTIONS)
        _report(label, rounds)


def _call(connection: http.client.HTTPConnection, operation: str, given: dict[str, str]) -> dict[str, list[object]]:
    """With a dummy signature, which a relaxed server does not check: signing is not what is measured here."""
    now = time.gmtime()
    scope = f"test/{time.strftime('%Y%m%d', now)}/us-east-1/cognito-idp/aws4_request"
    headers = {
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
        "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", now),
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
    }
    connection.request("POST", "/", json.dumps(given), headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {body.decode()}")
    found: dict[str, list[object]] = json.loads(body)
    return found


def _report(label: str, rounds: dict[str, list[float]]) -> None:
    small, large = (statistics.median(rounds[pool_id]) * 1e6 for pool_id in (SMALL, LARGE))
    ratio = large / small
    verdict = "" if ratio <= WANTED else f"   MORE THAN {WANTED}"
    print(f"  {label:22s} {large:8.0f} µs   beside {small:6.0f} µs   ratio {ratio:.2f}{verdict}")
