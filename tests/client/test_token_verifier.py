"""TokenVerifier against a running server: what is taken, what is refused with what, how often keys are fetched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from halfday import Expected, NetworkError, TokenExpired, TokenInvalid, TokenVerifier
from sockets import Handler, answering
from world import Pool, World


@pytest.fixture
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    return pool


def verifier(world: World, pool: Pool, client: dict[str, Any], **given: Any) -> TokenVerifier:
    known = {"client_id": client["ClientId"], "token_use": "access", "endpoint": world.origin, **given}
    return TokenVerifier(pool.pool_id, clock=world.clock, **known)


def test_a_good_token_is_taken_and_its_claims_are_told(world: World, pool: Pool) -> None:
    client = pool.client()
    tokens = pool.tokens(client)
    claims = verifier(world, pool, client).verify(tokens["AccessToken"])
    assert (claims["username"], claims["token_use"]) == ("ada", "access")
    anything = verifier(world, pool, client, client_id=None, token_use=None)
    assert anything.verify(tokens["IdToken"]).subject == claims.subject


def test_what_is_refused_and_with_what(world: World, pool: Pool) -> None:
    client, other = pool.client(), pool.client()
    tokens = pool.tokens(client)
    token = tokens["AccessToken"]
    checked = verifier(world, pool, client)
    header, payload, signature = token.split(".")
    swapped = signature[:-8] + ("AAAAAAAA" if signature[-8:] != "AAAAAAAA" else "BBBBBBBB")
    for given, changed, claim, expected, actual in (
        (tokens["IdToken"], {}, "token_use", "access", "id"),
        (token, {"client_id": other["ClientId"]}, "client_id", other["ClientId"], client["ClientId"]),
        (token, {"scopes": ["orders/read"]}, "scope", ["orders/read"], ["aws.cognito.signin.user.admin"]),
        (token, {"groups": ["admins"]}, "cognito:groups", ["admins"], None),
        (f"{header}.{payload}.{swapped}", {}, "signature", None, None),
        ("no.token.atall", {}, "token", None, None),
    ):
        with pytest.raises(TokenInvalid) as refused:
            checked.verify(given, **changed)
        problem = refused.value
        assert (problem.claim, problem.expected, problem.actual) == (claim, expected, actual)
        assert token not in str(problem)


def test_groups_and_scopes_one_is_enough(world: World, pool: Pool) -> None:
    client = pool.client()
    world.idp.create_group(UserPoolId=pool.pool_id, GroupName="admins")
    world.idp.admin_add_user_to_group(UserPoolId=pool.pool_id, Username="ada", GroupName="admins")
    token = pool.tokens(client)["AccessToken"]
    scopes = ["x", "aws.cognito.signin.user.admin"]
    assert verifier(world, pool, client, groups=["x", "admins"], scopes=scopes).verify(token)["username"] == "ada"


def test_an_expired_token_is_its_own_error_and_the_clock_may_be_off(world: World, pool: Pool) -> None:
    client = pool.client()
    token = pool.tokens(client)["AccessToken"]
    checked = verifier(world, pool, client)
    world.clock.advance(3605)
    with pytest.raises(TokenExpired) as refused:
        checked.verify(token)
    assert refused.value.hint
    assert checked.verify(token, leeway_s=30)["username"] == "ada"


def test_of_several_pools_the_token_s_own_decides(world: World, pool: Pool) -> None:
    second = world.pool()
    second.user("eve")
    clients = [pool.client(), second.client()]
    pools = [
        Expected(each.pool_id, client["ClientId"], "access", endpoint=world.origin)
        for each, client in zip((pool, second), clients, strict=True)
    ]
    both = TokenVerifier(pools=pools, clock=world.clock)
    both.prefetch()
    assert both.verify(pool.tokens(clients[0])["AccessToken"])["username"] == "ada"
    assert both.verify(second.tokens(clients[1], "eve")["AccessToken"])["username"] == "eve"
    third = world.pool()
    third.user()
    with pytest.raises(TokenInvalid, match="none of our pools") as refused:
        both.verify(third.tokens(third.client())["AccessToken"])
    assert refused.value.claim == "iss"


def test_keys_that_came_along_are_enough(world: World, pool: Pool) -> None:
    """As on AWS, whose keys nobody here can fetch: the pool's issuer is AWS's own."""
    aws = world.pool(UserPoolTags={"_issuer_": "aws"})
    aws.user()
    client = aws.client()
    jwks = requests.get(f"{world.origin}/{aws.pool_id}/.well-known/jwks.json", timeout=10).json()
    checked = TokenVerifier(aws.pool_id, client_id=client["ClientId"], token_use="id", clock=world.clock)
    checked.use_keys(jwks)
    assert checked.verify(aws.tokens(client)["IdToken"])["email"] == "ada@example.com"


@pytest.mark.parametrize("given", [{}, {"client_id": "x"}, {"token_use": "id"}])
def test_no_check_is_left_out_by_forgetting_it(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="have to be said"):
        TokenVerifier("us-east-1_Ab12Cd34E", **given)
    with pytest.raises(ValueError, match="needs a user pool"):
        TokenVerifier()


@contextmanager
def counting(world: World, pool: Pool) -> Iterator[tuple[str, list[str], threading.Event]]:
    """An endpoint that hands out the pool's keys when it is told to, and counts."""
    asked: list[str] = []
    go_on = threading.Event()
    keys = requests.get(f"{world.origin}/{pool.pool_id}/.well-known/jwks.json", timeout=10).content

    class Slow(Handler):
        def do_GET(self) -> None:
            asked.append(self.path)
            go_on.wait(timeout=10)
            self.answer(200, keys)

    with answering(Slow) as origin:
        try:
            yield origin, asked, go_on
        finally:
            go_on.set()


def test_many_tokens_at_once_make_one_fetch(world: World, pool: Pool) -> None:
    client = pool.client()
    token = pool.tokens(client)["AccessToken"]
    with counting(world, pool) as (endpoint, asked, go_on), ThreadPoolExecutor(8) as threads:
        pools = [Expected(pool.pool_id, client["ClientId"], "access", endpoint=endpoint)]
        checked = TokenVerifier(pools=pools, clock=world.clock)
        asking = [threads.submit(checked.prefetch) for _ in range(8)]
        go_on.set()
        for each in asking:
            each.result(timeout=10)
        with pytest.raises(TokenInvalid) as refused:
            checked.verify(token)
        assert refused.value.claim == "iss", "another endpoint is another issuer"
    assert len(asked) == 1


def test_unknown_kids_fetch_once_a_while(world: World, pool: Pool) -> None:
    """A pool deleted and made again under its id has new keys: they are found, and forged tokens cost nothing more."""
    tagged = {"UserPoolTags": {"_custom_id_": "us-east-1_Again0001"}}
    first = world.pool(**tagged)
    first.user()
    client = first.client()
    checked = verifier(world, first, client, client_id=None)
    old = first.tokens(client)["AccessToken"]
    checked.verify(old)
    world.idp.delete_user_pool(UserPoolId=first.pool_id)
    again = world.pool(**tagged)
    again.user()
    token = again.tokens(again.client())["AccessToken"]
    with pytest.raises(TokenInvalid) as refused:
        checked.verify(token)
    assert refused.value.claim == "kid", "within the penalty nothing is fetched"
    world.clock.advance(11)
    assert checked.verify(token)["username"] == "ada"
    with pytest.raises(TokenInvalid):
        checked.verify(old)
    world.idp.delete_user_pool(UserPoolId=again.pool_id)


def test_keys_that_cannot_be_had_are_a_network_error() -> None:
    pools = [Expected("us-east-1_Ab12Cd34E", None, None, endpoint="http://127.0.0.1:9")]
    with pytest.raises(NetworkError):
        TokenVerifier(pools=pools).prefetch()
