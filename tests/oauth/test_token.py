"""POST /oauth2/token: the three grants, their refusals on the wire, and what the log says of them."""

from __future__ import annotations

import base64
import hashlib
import logging
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
import requests

from halfday.protocol.pkce import challenge_of
from sockets import raw
from world import CALLBACK, Browser, Pool, World

VERIFIER = "v" * 43


def redeem(world: World, client: Mapping[str, Any], code: str, **changes: str | None) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": client["ClientId"],
        "code": code,
        "redirect_uri": CALLBACK,
        **changes,
    }
    return post(world, form, client)


def post(world: World, form: Mapping[str, str | None], client: Mapping[str, Any]) -> requests.Response:
    auth = (client["ClientId"], client["ClientSecret"]) if "ClientSecret" in client else None
    sent = {name: value for name, value in form.items() if value is not None}
    return requests.post(f"{world.origin}/oauth2/token", data=sent, auth=auth, timeout=10)


@pytest.fixture
def client(pool: Pool) -> dict[str, Any]:
    pool.user(name="Ada Lovelace")
    return pool.client(GenerateSecret=True)


@pytest.fixture
def code(client: dict[str, Any], browser: Browser) -> str:
    return browser.code(client)


def test_a_code_yields_the_three_tokens(world: World, pool: Pool, client: dict[str, Any], browser: Browser) -> None:
    answer = redeem(world, client, browser.code(client, nonce="n0nce", scope="openid email"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.headers["Cache-Control"] == "no-store"
    members = answer.json()
    assert set(members) == {"id_token", "access_token", "refresh_token", "token_type", "expires_in"}
    assert (members["token_type"], members["expires_in"]) == ("Bearer", 3600)
    keys = jwt.PyJWKClient(f"{world.origin}/{pool.pool_id}/.well-known/jwks.json")
    identity = _verified(keys, members["id_token"], audience=client["ClientId"])
    access = _verified(keys, members["access_token"])
    assert identity["iss"] == access["iss"] == f"{world.origin}/{pool.pool_id}"
    assert identity["token_use"] == "id"
    assert identity["nonce"] == "n0nce"
    assert identity["email"] == "ada@example.com"
    assert identity["email_verified"] is True
    assert identity["cognito:username"] == access["username"] == "ada"
    assert "name" not in identity, "the scope email opens no profile"
    assert access["token_use"] == "access"
    assert access["client_id"] == client["ClientId"]
    assert "aud" not in access
    assert access["scope"] == "openid email"
    assert access["version"] == 2
    assert access["origin_jti"] == identity["origin_jti"]
    assert access["jti"] != identity["jti"]


def test_headers_hold_kid_and_alg_only_and_the_two_tokens_have_keys_of_their_own(
    world: World, client: dict[str, Any], code: str
) -> None:
    members = redeem(world, client, code).json()
    one, other = (jwt.get_unverified_header(members[name]) for name in ("id_token", "access_token"))
    assert set(one) == set(other) == {"kid", "alg"}
    assert one["kid"] != other["kid"]
    assert len(one["kid"]) == 44
    assert one["kid"].endswith("=")


def test_without_openid_there_is_no_id_token(world: World, client: dict[str, Any], browser: Browser) -> None:
    code = browser.code(client, scope="aws.cognito.signin.user.admin")
    assert "id_token" not in redeem(world, client, code).json()


def test_a_code_works_once(world: World, client: dict[str, Any], code: str) -> None:
    assert redeem(world, client, code).status_code == 200
    again = redeem(world, client, code)
    assert (again.status_code, again.text) == (400, '{"error":"invalid_grant"}')


def test_a_code_works_once_under_simultaneous_redemptions_too(
    world: World, client: dict[str, Any], browser: Browser
) -> None:
    for _ in range(5):
        code = browser.code(client)
        gate, statuses = threading.Barrier(8), []

        def race(code: str = code, gate: threading.Barrier = gate, statuses: list[int] = statuses) -> None:
            gate.wait()
            statuses.append(redeem(world, client, code).status_code)

        threads = [threading.Thread(target=race) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200] + [400] * 7


def test_a_code_lives_for_five_minutes(world: World, client: dict[str, Any], browser: Browser) -> None:
    young, old = browser.code(client), browser.code(client)
    world.clock.advance(299)
    assert redeem(world, client, young).status_code == 200
    world.clock.advance(2)
    assert redeem(world, client, old).text == '{"error":"invalid_grant"}'


def test_a_wrong_redirect_uri_is_exactly_invalid_grant_and_the_log_says_why(
    world: World, client: dict[str, Any], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "halfday"):
        answer = redeem(world, client, code, redirect_uri="http://localhost:8000")
    assert (answer.status_code, answer.text) == (400, '{"error":"invalid_grant"}')
    sentence = "redirect_uri http://localhost:8000 is not the one the code was issued for, http://localhost:8080"
    assert sentence in caplog.text
    assert redeem(world, client, code).status_code == 200, "who mends it can go on"


def test_a_code_of_another_client_is_refused(world: World, pool: Pool, client: dict[str, Any], code: str) -> None:
    other = pool.client(ClientName="other")
    assert redeem(world, other, code).text == '{"error":"invalid_grant"}'


@pytest.mark.parametrize(
    ("sent", "accepted"),
    [(VERIFIER, True), ("w" * 43, False), (None, False), ("short", False), (challenge_of(VERIFIER), False)],
)
def test_pkce_wants_the_verifier_of_the_challenge(
    world: World, client: dict[str, Any], browser: Browser, sent: str | None, accepted: bool
) -> None:
    code = browser.code(client, code_challenge=challenge_of(VERIFIER), code_challenge_method="S256")
    answer = redeem(world, client, code, code_verifier=sent)
    assert (answer.status_code == 200) is accepted
    if not accepted:
        assert answer.text == '{"error":"invalid_grant"}'


def test_a_verifier_without_a_challenge_is_refused(world: World, client: dict[str, Any], code: str) -> None:
    assert redeem(world, client, code, code_verifier=VERIFIER).text == '{"error":"invalid_grant"}'


@pytest.mark.parametrize("way", ["basic", "body"])
def test_a_secret_is_taken_by_basic_and_in_the_body(world: World, client: dict[str, Any], code: str, way: str) -> None:
    form = {"grant_type": "authorization_code", "client_id": client["ClientId"], "code": code, "redirect_uri": CALLBACK}
    secret = client["ClientSecret"]
    if way == "basic":
        answer = requests.post(f"{world.origin}/oauth2/token", data=form, auth=(client["ClientId"], secret), timeout=10)
    else:
        answer = requests.post(f"{world.origin}/oauth2/token", data={**form, "client_secret": secret}, timeout=10)
    assert answer.status_code == 200


@pytest.mark.parametrize("auth", [None, "wrong", ""])
def test_a_secret_that_is_wrong_or_missing_is_invalid_client(
    world: World, client: dict[str, Any], code: str, auth: str | None
) -> None:
    form = {"grant_type": "authorization_code", "client_id": client["ClientId"], "code": code, "redirect_uri": CALLBACK}
    pair = None if auth is None else (client["ClientId"], auth)
    answer = requests.post(f"{world.origin}/oauth2/token", data=form, auth=pair, timeout=10)
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_client", "error_description": "invalid_client_secret"}
    assert redeem(world, client, code).status_code == 200, "the code was not looked at"


def test_a_public_client_needs_no_secret_and_takes_none(world: World, pool: Pool, browser: Browser) -> None:
    pool.user("grace")
    client = pool.client(ClientName="public")
    code = browser.code(client, username="grace")
    url = f"{world.origin}/oauth2/token"
    form = {"grant_type": "authorization_code", "client_id": client["ClientId"], "code": code, "redirect_uri": CALLBACK}
    assert requests.post(url, data=form, auth=(client["ClientId"], ""), timeout=10).json() == {
        "error": "invalid_client"
    }
    assert requests.post(url, data=form, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code": None}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"code": "made-up"}, "invalid_grant"),
    ],
)
def test_what_is_missing_or_made_up_is_refused_in_one_word(
    world: World, client: dict[str, Any], code: str, form: dict[str, str | None], error: str
) -> None:
    answer = redeem(world, client, form.pop("code", code) or None, **form)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert answer.json() == {"error": error}


def test_a_json_body_is_refused(world: World, client: dict[str, Any], code: str) -> None:
    answer = requests.post(f"{world.origin}/oauth2/token", json={"grant_type": "authorization_code"}, timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


def test_the_token_endpoint_is_post_only(world: World) -> None:
    assert requests.get(f"{world.origin}/oauth2/token", timeout=10).status_code == 405


def test_a_refresh_yields_new_tokens_and_no_new_refresh_token(world: World, client: dict[str, Any], code: str) -> None:
    first = redeem(world, client, code).json()
    world.clock.advance(60)
    form = {"grant_type": "refresh_token", "client_id": client["ClientId"], "refresh_token": first["refresh_token"]}
    second = post(world, form, client).json()
    assert set(second) == {"id_token", "access_token", "token_type", "expires_in"}
    before, after = (_unverified(members["id_token"]) for members in (first, second))
    assert before["origin_jti"] == after["origin_jti"]
    assert before["auth_time"] == after["auth_time"]
    assert after["iat"] >= before["iat"] + 60
    assert before["jti"] != after["jti"]


def test_a_refresh_token_is_the_client_s_own_and_ends_after_its_days(
    world: World, pool: Pool, browser: Browser
) -> None:
    pool.user()
    mine = pool.client(RefreshTokenValidity=1)
    token = redeem(world, mine, browser.code(mine)).json()["refresh_token"]
    other = pool.client(ClientName="other")
    for client in (other,):
        form = {"grant_type": "refresh_token", "client_id": client["ClientId"], "refresh_token": token}
        assert post(world, form, client).json() == {"error": "invalid_grant"}
    form = {"grant_type": "refresh_token", "client_id": mine["ClientId"], "refresh_token": token}
    assert post(world, form, mine).status_code == 200
    world.clock.advance(86401)
    assert post(world, form, mine).json() == {"error": "invalid_grant"}


def test_disabling_a_user_ends_the_refresh_token_for_good(
    world: World, pool: Pool, client: dict[str, Any], code: str
) -> None:
    token = redeem(world, client, code).json()["refresh_token"]
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    world.idp.admin_enable_user(UserPoolId=pool.pool_id, Username="ada")
    form = {"grant_type": "refresh_token", "client_id": client["ClientId"], "refresh_token": token}
    assert post(world, form, client).json() == {"error": "invalid_grant"}


def test_disabling_a_user_ends_the_code_and_the_browser_s_session_for_good(
    world: World, pool: Pool, client: dict[str, Any], browser: Browser
) -> None:
    code = browser.code(client)
    world.idp.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    world.idp.admin_enable_user(UserPoolId=pool.pool_id, Username="ada")
    assert redeem(world, client, code).json() == {"error": "invalid_grant"}
    assert browser.authorize(client).headers["Location"].startswith("/login?")


def test_client_credentials_yield_an_access_token_for_the_machine(world: World, pool: Pool) -> None:
    world.idp.create_resource_server(
        UserPoolId=pool.pool_id,
        Identifier="engine",
        Name="Engine",
        Scopes=[
            {"ScopeName": "read", "ScopeDescription": "look"},
            {"ScopeName": "turn", "ScopeDescription": "turn the handle"},
        ],
    )
    client = pool.client(
        GenerateSecret=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["engine/read", "engine/turn"],
    )
    members = post(world, {"grant_type": "client_credentials"}, client).json()
    assert set(members) == {"access_token", "token_type", "expires_in"}
    claims = _unverified(members["access_token"])
    assert claims["sub"] == claims["client_id"] == client["ClientId"]
    assert claims["scope"] == "engine/read engine/turn"
    assert "username" not in claims
    narrowed = post(world, {"grant_type": "client_credentials", "scope": "engine/read"}, client).json()
    assert _unverified(narrowed["access_token"])["scope"] == "engine/read"
    refused = post(world, {"grant_type": "client_credentials", "scope": "engine/break"}, client)
    assert (refused.status_code, refused.json()) == (400, {"error": "invalid_scope"})


def test_a_flow_that_is_not_allowed_is_unauthorized_client(world: World, client: dict[str, Any]) -> None:
    answer = post(world, {"grant_type": "client_credentials"}, client)
    assert (answer.status_code, answer.json()) == (400, {"error": "unauthorized_client"})


def test_any_origin_may_read_the_answer(world: World) -> None:
    answer = requests.post(f"{world.origin}/oauth2/token", data={}, timeout=10)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert requests.options(f"{world.origin}/oauth2/token", timeout=10).status_code == 200


def _verified(keys: jwt.PyJWKClient, token: str, **options: Any) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token, keys.get_signing_key_from_jwt(token).key, algorithms=["RS256"], **options
    )
    return claims


def _unverified(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def refreshed(world: World, client: dict[str, Any], token: str, **further: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "client_id": client["ClientId"], "refresh_token": token, **further}
    return post(world, form, client)


@pytest.mark.parametrize("scope", ["openid email", "email", "openid email profile", "openid  email ", ""])
def test_a_refresh_may_repeat_the_scopes_of_the_sign_in(
    world: World, client: dict[str, Any], browser: Browser, scope: str
) -> None:
    """RFC 6749 §6: Authlib, oidc-client-ts and requests-oauthlib do."""
    token = redeem(world, client, browser.code(client, scope="openid email profile")).json()["refresh_token"]
    answer = refreshed(world, client, token, scope=scope)
    assert answer.status_code == 200, answer.text
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert claims["scope"] == "openid email profile"


@pytest.mark.parametrize("scope", ["openid phone", "profile", "offline_access"])
def test_a_refresh_grants_no_scope_that_the_sign_in_did_not(
    world: World, client: dict[str, Any], browser: Browser, scope: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = redeem(world, client, browser.code(client, scope="openid email")).json()["refresh_token"]
    with caplog.at_level(logging.INFO, "halfday.requests"):
        assert refreshed(world, client, token, scope=scope).json() == {"error": "invalid_scope"}
    assert "was not granted at the sign-in, which had: openid email" in caplog.text
    assert refreshed(world, client, token).status_code == 200, "and nothing is spent by asking"


def test_a_refused_scope_spends_no_refresh_token_that_rotates(world: World, pool: Pool, browser: Browser) -> None:
    pool.user()
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"], RefreshTokenRotation=rotation)
    token = redeem(world, client, browser.code(client, scope="openid")).json()["refresh_token"]
    assert refreshed(world, client, token, scope="openid email").json() == {"error": "invalid_scope"}
    assert refreshed(world, client, token, scope="openid").status_code == 200


@pytest.mark.parametrize("verifier", ["v" * 20, "v", "v" * 42, "v" * 128])
def test_a_short_verifier_whose_hash_fits_is_taken_and_told(
    world: World, client: dict[str, Any], browser: Browser, verifier: str, caplog: pytest.LogCaptureFixture
) -> None:
    code = browser.code(client, code_challenge=challenge_of(verifier), code_challenge_method="S256")
    with caplog.at_level(logging.INFO, "halfday.requests"):
        assert redeem(world, client, code, code_verifier=verifier).status_code == 200
    told = f"code_verifier has {len(verifier)} characters: RFC 7636 wants at least 43" in caplog.text
    assert told is (len(verifier) < 43)
    assert "vvv" not in caplog.text, "the verifier itself is in no log"


@pytest.mark.parametrize("verifier", ["", "v" * 129, "v" * 19 + "+", "ü" * 43])
def test_what_is_no_verifier_is_refused_whatever_it_hashes_to(
    world: World, client: dict[str, Any], browser: Browser, verifier: str
) -> None:
    challenge = challenge_of(verifier) if verifier.isascii() else "A" * 43
    code = browser.code(client, code_challenge=challenge, code_challenge_method="S256")
    assert redeem(world, client, code, code_verifier=verifier).json() == {"error": "invalid_grant"}


def test_id_tokens_of_the_token_endpoint_are_bound_to_their_access_token(
    world: World, pool: Pool, client: dict[str, Any], code: str
) -> None:
    """OpenID Connect Core §3.1.3.6. At the sign-in and at each refresh; sign-ins by the API have no at_hash."""
    first = redeem(world, client, code).json()
    renewed = refreshed(world, client, first["refresh_token"]).json()
    for answer in (first, renewed):
        claims = jwt.decode(answer["id_token"], options={"verify_signature": False})
        half = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
        assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    by_api = pool.tokens(pool.client())["IdToken"]
    assert "at_hash" not in jwt.decode(by_api, options={"verify_signature": False})


@pytest.mark.parametrize("blanks", [" ", "\t", " \t "])
def test_a_blank_after_a_header_is_no_part_of_it(world: World, client: dict[str, Any], code: str, blanks: str) -> None:
    """RFC 9110 §5.5."""
    host, _, port = world.origin.partition("://")[2].partition(":")
    body = urlencode({"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}).encode()
    pair = base64.b64encode(f"{client['ClientId']}:{client['ClientSecret']}".encode()).decode()
    request = (
        f"POST /oauth2/token HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n"
        f"Authorization: Basic {pair}{blanks}\r\nContent-Type: application/x-www-form-urlencoded{blanks}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    assert raw(world.origin, request.encode() + body).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("grant", ["authorization_code", "refresh_token", "client_credentials"])
def test_what_is_not_built_at_the_token_endpoint_has_a_code_of_its_own(
    world: World, client: dict[str, Any], code: str, grant: str
) -> None:
    """docs/decisions/0036. It spends nothing: the code is good afterwards."""
    auth = (client["ClientId"], client["ClientSecret"])
    name = "aws_client_metadata"
    form = {"grant_type": grant, "code": code, "redirect_uri": CALLBACK, name: "{}"}
    answer = requests.post(f"{world.origin}/oauth2/token", data=form, auth=auth, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (501, "not_implemented")
    assert name in answer.json()["error_description"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert requests.post(f"{world.origin}/oauth2/token", data=form, auth=auth, timeout=10).status_code == 200
