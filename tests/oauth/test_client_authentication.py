"""Who a client is, said in every way that clients have. Source: facts/oauth.md §3, §9; RFC 6749 §2.3."""

from __future__ import annotations

import base64
import threading
from typing import Any

import pytest
import requests

from world import CALLBACK, Browser, Pool, World

SECRET = "a+secret+with+pluses+" + "x" * 10


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user()
    return pool.client(ClientSecret=SECRET)


def post(
    world: World, form: dict[str, str], authorization: str | tuple[str, str] | None = None, **more: str
) -> requests.Response:
    """A tuple is sent by Basic as it is; text is the whole header."""
    if isinstance(authorization, tuple):
        authorization = "Basic " + base64.b64encode(":".join(authorization).encode()).decode()
    headers = {} if authorization is None else {"Authorization": authorization}
    return requests.post(f"{world.origin}/oauth2/token", data={**form, **more}, headers=headers, timeout=10)


@pytest.fixture
def form(client: dict[str, Any], browser: Browser) -> dict[str, str]:
    return {"grant_type": "authorization_code", "code": browser.code(client), "redirect_uri": CALLBACK}


@pytest.mark.parametrize("spelt", [SECRET, SECRET.replace("+", "%2B")])
def test_a_plus_in_a_secret_is_a_plus_form_encoded_or_not(
    world: World, client: dict[str, Any], form: dict[str, str], spelt: str
) -> None:
    """requests and curl send it as it is, RFC 6749 §2.3.1 encodes it."""
    assert post(world, form, (client["ClientId"], spelt)).status_code == 200


def test_the_scheme_is_known_in_any_case(world: World, client: dict[str, Any], form: dict[str, str]) -> None:
    encoded = base64.b64encode(f"{client['ClientId']}:{SECRET}".encode()).decode()
    assert post(world, form, f"bASIC  {encoded}").status_code == 200


def test_header_and_body_may_say_the_same_but_not_different_things(
    world: World, client: dict[str, Any], form: dict[str, str]
) -> None:
    pair = (client["ClientId"], SECRET)
    assert post(world, form, pair, client_secret="another").json() == {"error": "invalid_client"}
    assert post(world, form, pair, client_secret="").json() == {"error": "invalid_client"}
    assert post(world, form, pair, client_id="another").json() == {"error": "invalid_client"}
    assert post(world, form, pair, client_id=client["ClientId"], client_secret=SECRET).status_code == 200


@pytest.mark.parametrize(
    "authorization", ["", "Basic", "Basic ", "Basic !", "Basic eA==", "Bearer x", "x", "Basic Og=="]
)
def test_a_header_that_says_nothing_is_no_client(
    world: World, client: dict[str, Any], form: dict[str, str], authorization: str
) -> None:
    answer = post(world, form, authorization, client_id=client["ClientId"], client_secret=SECRET)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_a_client_of_another_pool_s_domain_is_unknown_there(
    world: World, client: dict[str, Any], form: dict[str, str]
) -> None:
    other = world.pool()
    world.idp.create_user_pool_domain(UserPoolId=other.pool_id, Domain="other-pool")
    pair = (client["ClientId"], SECRET)
    headers = {"Host": "other-pool.auth.us-east-1.amazoncognito.com"}
    answer = requests.post(f"{world.origin}/oauth2/token", data=form, auth=pair, headers=headers, timeout=10)
    assert answer.json() == {"error": "invalid_client"}


def test_a_secret_that_is_nearly_right_is_wrong(world: World, client: dict[str, Any], form: dict[str, str]) -> None:
    for wrong in (SECRET[:-1], SECRET + "x", SECRET.upper(), SECRET.replace("+", " ")):
        answer = post(world, form, (client["ClientId"], wrong))
        assert answer.json() == {"error": "invalid_client", "error_description": "invalid_client_secret"}


def test_simultaneous_refreshes_all_succeed_as_there_is_no_rotation(
    world: World, client: dict[str, Any], form: dict[str, str]
) -> None:
    pair = (client["ClientId"], SECRET)
    token = post(world, form, pair).json()["refresh_token"]
    gate, answers = threading.Barrier(6), []

    def race() -> None:
        gate.wait()
        answers.append(post(world, {"grant_type": "refresh_token", "refresh_token": token}, pair))

    threads = [threading.Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len({answer.json()["access_token"] for answer in answers}) == 6
