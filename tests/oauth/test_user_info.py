"""GET /oauth2/userInfo: who an access token speaks of, and which tokens it takes. Source: facts/oauth.md §4."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from halfday.protocol.encoding import b64url_encode
from sockets import raw
from world import CALLBACK, Browser, Pool, World

BAD_TOKEN = "Access token is expired, disabled, or deleted, or the user has globally signed out."


def tokens_of(world: World, client: dict[str, Any], browser: Browser, **parameters: str) -> dict[str, Any]:
    code = browser.code(client, **parameters)
    form = {
        "grant_type": "authorization_code",
        "client_id": client["ClientId"],
        "code": code,
        "redirect_uri": CALLBACK,
    }
    tokens: dict[str, Any] = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10).json()
    return tokens


def ask(world: World, authorization: str | None) -> requests.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return requests.get(f"{world.origin}/oauth2/userInfo", headers=headers, timeout=10)


def part(members: dict[str, Any]) -> str:
    return b64url_encode(json.dumps(members).encode())


def assert_refused(answer: requests.Response) -> None:
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == f'error="invalid_token", error_description="{BAD_TOKEN}"'
    assert answer.json()["error"] == "invalid_token"


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user(name="Ada Lovelace", phone_number="+15550100")
    return pool.client()


@pytest.mark.parametrize(
    ("scope", "members"),
    [
        ("openid", {"sub", "username", "email", "email_verified", "name", "phone_number"}),
        ("openid email", {"sub", "username", "email", "email_verified"}),
        ("openid profile", {"sub", "username", "name"}),
        ("openid email profile", {"sub", "username", "email", "email_verified", "name"}),
    ],
)
def test_scopes_choose_what_is_said_and_all_of_it_is_text(
    world: World, client: dict[str, Any], browser: Browser, scope: str, members: set[str]
) -> None:
    answer = ask(world, f"Bearer {tokens_of(world, client, browser, scope=scope)['access_token']}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "no-store" in answer.headers["Cache-Control"]
    said = answer.json()
    assert set(said) == members
    assert all(isinstance(value, str) for value in said.values())
    assert said["username"] == "ada"
    assert said.get("email_verified") in (None, "true")


def test_a_client_is_told_what_it_may_read_only(world: World, pool: Pool, browser: Browser) -> None:
    pool.user(name="Ada Lovelace")
    client = pool.client(ReadAttributes=["email", "email_verified"])
    said = ask(world, f"Bearer {tokens_of(world, client, browser, scope='openid')['access_token']}").json()
    assert set(said) == {"sub", "username", "email", "email_verified"}


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic eDp5", "x"])
def test_no_bearer_token_is_a_bad_request(world: World, authorization: str | None) -> None:
    answer = ask(world, authorization)
    assert answer.status_code == 400
    challenge = 'error="invalid_request", error_description="Bad OAuth2 request at UserInfo Endpoint"'
    assert answer.headers["WWW-Authenticate"] == challenge


def test_an_id_token_is_no_access_token(world: World, client: dict[str, Any], browser: Browser) -> None:
    assert_refused(ask(world, f"Bearer {tokens_of(world, client, browser)['id_token']}"))


def test_a_refresh_token_is_no_access_token(world: World, client: dict[str, Any], browser: Browser) -> None:
    assert_refused(ask(world, f"Bearer {tokens_of(world, client, browser)['refresh_token']}"))


def test_a_token_of_the_api_lacks_openid(world: World, pool: Pool, client: dict[str, Any]) -> None:
    assert_refused(ask(world, f"Bearer {pool.tokens(client)['AccessToken']}"))


def test_an_expired_token_is_refused(world: World, client: dict[str, Any], browser: Browser) -> None:
    token = tokens_of(world, client, browser)["access_token"]
    world.clock.advance(3599)
    assert ask(world, f"Bearer {token}").status_code == 200
    world.clock.advance(2)
    assert_refused(ask(world, f"Bearer {token}"))


@pytest.mark.parametrize("ending", ["revoked", "disabled", "deleted", "client"])
def test_a_token_ends_with_what_it_stands_for(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser, ending: str
) -> None:
    tokens = tokens_of(world, client, browser)
    whom = {"UserPoolId": pool.pool_id, "Username": "ada"}
    if ending == "revoked":
        form = {"client_id": client["ClientId"], "token": tokens["refresh_token"]}
        assert requests.post(f"{world.origin}/oauth2/revoke", data=form, timeout=10).status_code == 200
    elif ending == "disabled":
        world.idp.admin_disable_user(**whom)
    elif ending == "deleted":
        world.idp.admin_delete_user(**whom)
        pool.user(name="Another Ada")
    else:
        world.idp.delete_user_pool_client(UserPoolId=pool.pool_id, ClientId=client["ClientId"])
    assert_refused(ask(world, f"Bearer {tokens['access_token']}"))


@pytest.mark.parametrize("forgery", ["none", "no-alg", "hs256", "own-key", "other-purpose", "altered", "other-pool"])
def test_what_the_pool_did_not_sign_is_refused(
    world: World, client: dict[str, Any], browser: Browser, forgery: str
) -> None:
    """RFC 8725 §2.1: the header's alg chooses nothing, and kid finds keys of the token's own pool only."""
    tokens = tokens_of(world, client, browser)
    token = tokens["access_token"]
    head, payload, signature = token.split(".")
    claims, header = jwt.decode(token, options={"verify_signature": False}), jwt.get_unverified_header(token)
    unsigned, nameless = part({"alg": "none"}), part({"kid": header["kid"]})
    other_pool = f"{world.origin}/{world.pool().pool_id}"
    forged = {
        "none": f"{unsigned}.{payload}.",
        "no-alg": f"{nameless}.{payload}.{signature}",
        "hs256": jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": header["kid"]}),
        "own-key": jwt.encode(claims, generate_private_key(65537, 2048), algorithm="RS256", headers=header),
        "other-purpose": ".".join((tokens["id_token"].split(".")[0], payload, signature)),
        "altered": f"{head}.{part({**claims, 'username': 'grace'})}.{signature}",
        "other-pool": f"{head}.{part({**claims, 'iss': other_pool})}.{signature}",
    }[forgery]
    assert_refused(ask(world, f"Bearer {forged}"))


def test_user_info_is_answered_by_post_too(world: World, client: dict[str, Any], browser: Browser) -> None:
    """OpenID Connect Core §5.3.1; the token stands in the header all the same."""
    token = tokens_of(world, client, browser)["access_token"]
    url, headers = f"{world.origin}/oauth2/userInfo", {"Authorization": f"Bearer {token}"}
    answer = requests.post(url, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()) == (200, requests.get(url, headers=headers, timeout=10).json())
    assert requests.post(url, data={"access_token": token}, timeout=10).status_code == 400, "AWS documents no such form"


def test_a_blank_after_the_token_is_no_part_of_it(world: World, client: dict[str, Any], browser: Browser) -> None:
    token = tokens_of(world, client, browser)["access_token"]
    host = world.origin.partition("://")[2]
    headers = f"Host: {host}\r\nConnection: close\r\nAuthorization: Bearer {token} \t\r\n"
    request = f"GET /oauth2/userInfo HTTP/1.1\r\n{headers}\r\n"
    assert raw(world.origin, request.encode()).startswith(b"HTTP/1.1 200 ")
