"""Rotation of refresh tokens at the token endpoint, one use after the other and many at once. Source: RFC 9700 §4.14.2;
Developer guide, Refresh tokens.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from world import CALLBACK, Browser, Pool, World, running

INVALID = (400, {"error": "invalid_grant"})
GRACE_S = 30
AT_ONCE = 12


def rotating(pool: Pool, grace_s: int) -> dict[str, Any]:
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": grace_s}
    return pool.client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"], RefreshTokenRotation=rotation)


def sign_in(world: World, client: dict[str, Any]) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "client_id": client["ClientId"],
        "code": Browser(world.origin).code(client),
        "redirect_uri": CALLBACK,
    }
    members: dict[str, Any] = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    return members


def refresh(world: World, client: dict[str, Any], token: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "client_id": client["ClientId"], "refresh_token": token}
    return requests.post(f"{world.origin}/oauth2/token", data=form, timeout=20)


def refused(answer: requests.Response) -> bool:
    return (answer.status_code, answer.json()) == INVALID


def all_at_once(world: World, client: dict[str, Any], token: str) -> list[requests.Response]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda _: refresh(world, client, token), range(AT_ONCE)))


def test_a_refresh_answers_with_a_new_refresh_token_and_the_old_one_serves_for_its_grace(
    world: World, pool: Pool
) -> None:
    pool.user()
    client = rotating(pool, GRACE_S)
    old = sign_in(world, client)["refresh_token"]
    answer = refresh(world, client, old).json()
    assert set(answer) == {"access_token", "id_token", "refresh_token", "expires_in", "token_type"}
    assert answer["refresh_token"] != old
    world.clock.advance(GRACE_S - 5)
    assert refresh(world, client, old).json()["refresh_token"] not in (old, answer["refresh_token"])
    world.clock.advance(6)
    assert refused(refresh(world, client, old))
    assert refresh(world, client, answer["refresh_token"]).status_code == 200


def test_revoking_by_a_token_that_was_rotated_out_ends_its_successors(world: World, pool: Pool) -> None:
    pool.user()
    client = rotating(pool, 0)
    old = sign_in(world, client)["refresh_token"]
    new = refresh(world, client, old).json()
    form = {"client_id": client["ClientId"], "token": old}
    assert requests.post(f"{world.origin}/oauth2/revoke", data=form, timeout=10).status_code == 200
    assert refused(refresh(world, client, new["refresh_token"]))
    headers = {"Authorization": f"Bearer {new['access_token']}"}
    assert requests.get(f"{world.origin}/oauth2/userInfo", headers=headers, timeout=10).status_code == 401


def test_of_many_uses_at_once_without_a_grace_one_gets_tokens(world: World, pool: Pool) -> None:
    pool.user()
    client = rotating(pool, 0)
    old = sign_in(world, client)["refresh_token"]
    answers = all_at_once(world, client, old)
    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert sum(map(refused, answers)) == AT_ONCE - 1
    assert refresh(world, client, won[0]["refresh_token"]).status_code == 200


def test_of_many_uses_at_once_within_the_grace_all_get_tokens_and_all_of_those_are_good(
    world: World, pool: Pool
) -> None:
    pool.user()
    client = rotating(pool, GRACE_S)
    old = sign_in(world, client)["refresh_token"]
    answers = all_at_once(world, client, old)
    assert {answer.status_code for answer in answers} == {200}
    new = {answer.json()["refresh_token"] for answer in answers}
    assert len(new) == AT_ONCE
    world.clock.advance(GRACE_S + 1)
    assert refused(refresh(world, client, old))
    assert {refresh(world, client, token).status_code for token in new} == {200}


def test_a_sign_out_at_the_same_time_leaves_no_token_that_serves(world: World, pool: Pool) -> None:
    pool.user()
    client = rotating(pool, GRACE_S)
    token = sign_in(world, client)["refresh_token"]
    with ThreadPoolExecutor(AT_ONCE + 1) as threads:
        refreshed = [threads.submit(refresh, world, client, token) for _ in range(AT_ONCE)]
        out = threads.submit(world.idp.admin_user_global_sign_out, UserPoolId=pool.pool_id, Username="ada")
        answers = [future.result() for future in refreshed]
        out.result()
    for answer in answers:
        new = answer.json().get("refresh_token")
        assert new is None or refused(refresh(world, client, new))


def test_what_can_be_renewed_survives_a_restart_and_what_was_spent_stays_spent(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        pool = world.pool()
        pool.user()
        client = rotating(pool, 0)
        old = sign_in(world, client)["refresh_token"]
        new = refresh(world, client, old).json()["refresh_token"]
    with running(tmp_path) as world:
        assert refused(refresh(world, client, old))
        assert refresh(world, client, new).status_code == 200


@pytest.fixture(scope="module")
def one(shared_world: World) -> dict[str, Any]:
    pool = shared_world.pool()
    pool.user()
    return rotating(pool, GRACE_S)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uses=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 7)), min_size=1, max_size=10))
def test_in_whatever_order_tokens_are_used_the_answers_are_those_of_the_rule(
    world: World, one: dict[str, Any], uses: list[tuple[int, int]]
) -> None:
    """A token serves until its grace is over, which begins with its first use. Each use: seconds later, which token."""
    known = [sign_in(world, one)["refresh_token"]]
    first_use: dict[str, float] = {}
    for later_s, which in uses:
        world.clock.advance(later_s)
        token = known[which % len(known)]
        used_at = first_use.setdefault(token, world.clock.ahead_s)
        answer = refresh(world, one, token)
        # A second's slack on both sides: the clock goes on while we ask.
        if world.clock.ahead_s - used_at < GRACE_S - 1:
            known.append(answer.json()["refresh_token"])
        elif world.clock.ahead_s - used_at > GRACE_S:
            assert refused(answer)
