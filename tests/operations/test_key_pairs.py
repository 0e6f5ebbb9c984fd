"""Signing keys are made beside the event loop: who makes a pool keeps nobody waiting."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from halfday.server import key_pairs
from halfday.server.key_pairs import SPARE, KeyPairs
from world import World


class Held:
    """Key generation that stops until it is let go; `threads` are those that it ran in."""

    def __init__(self) -> None:
        self.goes_on, self.threads, self.made = threading.Event(), set[str](), 0
        self._generate = rsa.generate_private_key

    def __call__(self, **wanted: Any) -> Any:
        self.threads.add(threading.current_thread().name)
        self.made += 1
        assert self.goes_on.wait(30)
        return self._generate(**wanted)


@pytest.fixture(autouse=True)
def _really_made(made_once: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KeyPairs, "_ask", made_once)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    held = Held()
    monkeypatch.setattr(rsa, "generate_private_key", held)
    return held


@pytest.fixture
def none_ahead(world: World) -> Iterator[None]:
    services = world.running.services
    kept, services.key_pairs = services.key_pairs, KeyPairs()
    yield
    services.key_pairs.close()
    services.key_pairs = kept


def new_pool(world: World, **given: Any) -> str:
    made: str = world.idp.create_user_pool(PoolName="new", **given)["UserPool"]["Id"]
    return made


def in_the_server(world: World, work: Coroutine[Any, Any, Any]) -> Any:
    assert world.server is not None
    assert world.server._loop is not None
    return asyncio.run_coroutine_threadsafe(work, world.server._loop).result(10)


def key_set(world: World, pool_id: str) -> list[dict[str, str]]:
    answer = requests.get(f"{world.origin}/{pool_id}/.well-known/jwks.json", timeout=30)
    found: list[dict[str, str]] = answer.json().get("keys", [])
    return found


@pytest.mark.usefixtures("none_ahead")
def test_a_pool_is_there_before_its_keys_and_who_needs_them_waits(world: World, held: Held) -> None:
    pool_id = new_pool(world)
    with ThreadPoolExecutor() as threads:
        asking = [threads.submit(key_set, world, pool_id) for _ in range(3)]
        try:
            while not held.made:
                assert not any(asked.done() for asked in asking)
            for _ in range(5):
                assert requests.get(f"{world.origin}/error", timeout=10).status_code == 400
            assert not any(asked.done() for asked in asking)
        finally:
            held.goes_on.set()
        answers = [asked.result(30) for asked in asking]
    assert all(name.startswith("halfday-keys") for name in held.threads)
    assert all(keys == answers[0] for keys in answers)
    assert len({key["n"] for key in answers[0]}) == 2


@pytest.mark.usefixtures("none_ahead")
def test_keys_that_were_never_kept_are_made_when_they_are_needed(world: World, held: Held) -> None:
    """As where the process ended between a pool and its keys."""
    held.goes_on.set()
    pool = world.pool()
    kept = key_set(world, pool.pool_id)
    in_the_server(world, _forget_keys(world, pool.pool_id))
    made = key_set(world, pool.pool_id)
    assert len(made) == 2
    assert made != kept
    pool.user()
    assert pool.tokens(pool.client())["IdToken"]


async def _forget_keys(world: World, pool_id: str) -> None:
    await world.running.services.store._database.execute("DELETE FROM signing_keys WHERE owner = $1", pool_id)


@pytest.mark.usefixtures("none_ahead")
def test_no_key_is_made_for_a_pool_that_is_not_there(world: World, held: Held) -> None:
    assert key_set(world, "us-east-1_Nobody123") == []
    assert held.made == 0


@pytest.mark.usefixtures("none_ahead")
def test_a_pool_that_is_deleted_while_its_keys_are_made_leaves_none(world: World, held: Held) -> None:
    pool_id = new_pool(world)
    under_way = world.running.services.keys_under_way[pool_id]
    world.idp.delete_user_pool(UserPoolId=pool_id)
    held.goes_on.set()
    while not under_way.done():
        assert requests.get(f"{world.origin}/error", timeout=10).status_code == 400
    assert in_the_server(world, world.running.services.store.signing_keys.of(pool_id)) == []


@pytest.mark.usefixtures("none_ahead")
def test_of_two_pools_with_one_pinned_id_one_is_refused(world: World, held: Held) -> None:
    tags = {"_custom_id_": "us-east-1_Taken0001"}
    with ThreadPoolExecutor() as threads:
        both = [threads.submit(new_pool, world, UserPoolTags=tags) for _ in range(2)]
        outcomes = [making.exception(30) for making in both]
    held.goes_on.set()
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    assert "exists already" in str(next(filter(None, outcomes)))


def test_the_identity_service_s_key_is_made_beside_the_loop_too(world: World, held: Held) -> None:
    running = world.running.services.key_pairs
    world.running.services.key_pairs = KeyPairs()
    held.goes_on.set()
    url = f"{world.origin}/.well-known/jwks_uri"
    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(lambda _: requests.get(url, timeout=10).json(), range(4)))
    assert all(answer == answers[0] for answer in answers), "one key, whoever was first"
    assert all(name.startswith("halfday-keys") for name in held.threads)
    world.running.services.key_pairs = running


def test_no_pair_is_handed_out_twice_and_no_more_are_ahead_than_a_pool_needs() -> None:
    pairs = KeyPairs()
    assert len(pairs._ahead) == 0, "a program that makes no pool pays for no key"

    async def take_five() -> list[rsa.RSAPrivateKey]:
        return await asyncio.gather(*(pairs.take() for _ in range(5)))

    taken = asyncio.run(take_five())
    assert len({pair.public_key().public_numbers().n for pair in taken}) == 5
    assert len(pairs._ahead) == SPARE
    pairs.close()


def test_pairs_that_were_begun_are_those_that_are_taken() -> None:
    pairs = KeyPairs()
    pairs.begin()
    begun = list(pairs._ahead)
    pairs.begin()
    assert list(pairs._ahead) == begun
    assert len(begun) == SPARE
    assert asyncio.run(pairs.take()) is begun[0].result()
    pairs.close()


SERVE = """
import sys
from halfday.server import key_pairs, serving

async def serve(settings, document, *, key_pairs, **given):
    print("serves with" if key_pairs is not None else "serves without")

key_pairs.KeyPairs.begin = lambda self: print("begins")
serving.serve = serve
from halfday.cli.__main__ import main
sys.exit(main(["serve", "--port", "0", "--data", sys.argv[1]]))
"""


@pytest.mark.parametrize(
    ("made", "kept", "told"),
    [(False, (), "begins serves with"), (True, (), "begins serves with"), (True, ("halfday.sqlite3",), "serves with")],
    ids=["no folder", "an empty folder", "a folder with a database"],
)
def test_a_server_makes_its_first_pairs_while_it_loads_only_where_nothing_is_kept(
    made: bool, kept: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    if made:
        data.mkdir(0o700)
    for name in kept:
        (data / name).touch()
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(data)], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout.split() == told.split()


def test_what_was_given_back_twice_is_taken_once_and_so_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_pairs, "MOST_BACK", 2)
    pairs = KeyPairs()
    one, two, three = (rsa.generate_private_key(public_exponent=65537, key_size=1024) for _ in range(3))
    pairs.give_back([one, two])
    pairs.give_back([one, three])

    async def taken() -> list[Any]:
        return [await pairs.take() for _ in range(2)]

    assert asyncio.run(taken()) == [one, two]
    assert not pairs._back
    pairs.close()
