"""Lock-out after wrong passwords, and passwords that a pool remembers. Source: facts/api.md §7."""

from __future__ import annotations

import os
from typing import Any

import pytest

from asking import not_authorized, refusal
from halfday.protocol.srp import ClientStart
from operations.test_sign_in import WRONG, answer_srp, initiate, respond
from world import PASSWORD, Browser, Pool, World

LOCKED = not_authorized("Password attempts exceeded")


@pytest.fixture
def pool(world: World) -> Pool:
    world.clock.hold()
    pool = world.pool()
    pool.user()
    return pool


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    return pool.client()


def wrong(world: World, client: dict[str, Any], times: int, name: str = "ada") -> None:
    for _ in range(times):
        attempt = refusal(initiate, world=world, client=client, USERNAME=name, PASSWORD="wrong")
        assert attempt != LOCKED


def locked(world: World, client: dict[str, Any], password: str = PASSWORD, name: str = "ada") -> bool:
    given = {"world": world, "client": client, "USERNAME": name, "PASSWORD": password}
    try:
        initiate(**given)
    except Exception:
        return refusal(initiate, **given) == LOCKED
    return False


def test_the_fifth_wrong_password_locks_for_a_second(world: World, pool: Pool, client: dict[str, Any]) -> None:
    wrong(world, client, 4)
    pool.tokens(client)
    wrong(world, client, 5)
    assert refusal(pool.tokens, client=client) == LOCKED
    world.clock.advance(1.1)
    pool.tokens(client)


def test_each_further_one_locks_for_twice_as_long(world: World, pool: Pool, client: dict[str, Any]) -> None:
    wrong(world, client, 5)
    for seconds in (1, 2, 4, 8):
        assert locked(world, client)
        world.clock.advance(seconds + 0.1)
        wrong(world, client, 1)
    assert locked(world, client)
    world.clock.advance(12)
    assert locked(world, client), "16 s by now"
    world.clock.advance(5)
    pool.tokens(client)


def test_attempts_during_a_lock_do_not_make_it_longer(world: World, pool: Pool, client: dict[str, Any]) -> None:
    wrong(world, client, 5)
    for _ in range(5):
        assert locked(world, client, "wrong")
    world.clock.advance(1.1)
    pool.tokens(client)


def test_a_quarter_of_an_hour_makes_it_forgotten(world: World, client: dict[str, Any]) -> None:
    wrong(world, client, 4)
    world.clock.advance(901)
    wrong(world, client, 4)
    assert not locked(world, client)


def test_a_lock_holds_for_srp_the_pages_and_administrators_too(
    world: World, pool: Pool, client: dict[str, Any]
) -> None:
    wrong(world, client, 5)
    begun = {"world": world, "client": client, "flow": "USER_SRP_AUTH", "USERNAME": "ada"}
    assert refusal(initiate, **begun, SRP_A=ClientStart(os.urandom(32)).public) == LOCKED
    admin = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"], "AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}
    parameters = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    assert refusal(world.idp.admin_initiate_auth, **admin, AuthParameters=parameters) == LOCKED
    page = Browser(world.origin).sign_in(client)
    assert (page.status_code, "Password attempts exceeded" in page.text) == (200, True)


def test_wrong_srp_proofs_count(world: World, pool: Pool, client: dict[str, Any]) -> None:
    for _ in range(5):
        start = ClientStart(os.urandom(32))
        asked = initiate(world, client, "USER_SRP_AUTH", USERNAME="ada", SRP_A=start.public)
        proof = answer_srp(pool, start, asked, "wrong")
        assert refusal(respond, world=world, client=client, challenge="PASSWORD_VERIFIER", **proof) == WRONG
    assert locked(world, client)


def test_nobody_is_locked_out_like_anybody(world: World, pool: Pool) -> None:
    hiding = pool.client(PreventUserExistenceErrors="ENABLED")
    wrong(world, hiding, 5, name="nobody")
    assert locked(world, hiding, "wrong", name="nobody")


def test_another_name_of_the_same_person_is_locked_with_them(world: World) -> None:
    world.clock.hold()
    pool = world.pool(AliasAttributes=["email"])
    pool.user()
    client = pool.client()
    wrong(world, client, 5)
    assert locked(world, client, name="ada@example.com")
    assert not locked(world, client, "wrong", name="somebody@example.com")
