"""An API's tokens, and the challenges of RFC 6750 §3 for those that are not good enough."""

from __future__ import annotations

import base64
import functools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from halfday import SettingsError
from halfday.protocol.jwk import Jwk, jwks
from halfday.web import flask, starlette
from halfday.web.bearer import BearerRefused, BearerTokens
from sockets import raw
from web_applications import Application, Site, served


@pytest.fixture
def machine(site: Site) -> dict[str, Any]:
    """An app client that calls by client credentials, which is not the application's own."""
    site.world.idp.create_resource_server(
        UserPoolId=site.pool.pool_id,
        Identifier="orders",
        Name="orders",
        Scopes=[{"ScopeName": name, "ScopeDescription": name} for name in ("read", "write")],
    )
    return site.pool.client(
        GenerateSecret=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["orders/read", "orders/write"],
        CallbackURLs=[],
        LogoutURLs=[],
    )


@pytest.fixture
def api(site: Site, framework: str, machine: dict[str, Any]) -> Iterator[Application]:
    with served(site, framework, api_client_ids=[machine["ClientId"]]) as application:
        yield application


def machine_token(site: Site, machine: dict[str, Any], scope: str) -> str:
    answer = requests.post(
        f"{site.world.origin}/oauth2/token",
        auth=(machine["ClientId"], machine["ClientSecret"]),
        data={"grant_type": "client_credentials", "scope": scope},
        timeout=20,
    )
    return str(answer.json()["access_token"])


def person_tokens(site: Site) -> dict[str, Any]:
    """Of an app client without a secret that the API knows."""
    client = site.pool.client(ClientName="phone")
    return {**site.pool.tokens(client), "client_id": client["ClientId"]}


def call(application: Application, token: str | None, path: str = "/api") -> requests.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.get(f"{application.origin}{path}", headers=headers, allow_redirects=False, timeout=20)


def test_a_token_with_the_scope_is_let_in(api: Application, site: Site, machine: dict[str, Any]) -> None:
    answer = call(api, machine_token(site, machine, "orders/read"))
    assert answer.status_code == 200
    assert machine["ClientId"] in answer.text


def test_no_token_is_told_how_to_come_again_and_no_more(api: Application) -> None:
    for headers in ({}, {"Authorization": "Basic YTpi"}):
        answer = requests.get(f"{api.origin}/api", headers=headers, timeout=20)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer a b"])
def test_a_header_without_a_token_is_a_bad_request(api: Application, value: str) -> None:
    answer = requests.get(f"{api.origin}/api", headers={"Authorization": value}, timeout=20)
    assert answer.status_code == 400
    assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]


def test_a_missing_scope_is_named(api: Application, site: Site, machine: dict[str, Any]) -> None:
    answer = call(api, machine_token(site, machine, "orders/write"))
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert 'scope="orders/read"' in answer.headers["WWW-Authenticate"]


def test_an_expired_token_is_said_to_be_one(api: Application, site: Site, machine: dict[str, Any]) -> None:
    token = machine_token(site, machine, "orders/read")
    site.world.clock.advance(3661)
    answer = call(api, token)
    assert answer.status_code == 401
    assert 'error="invalid_token", error_description="the token has expired"' in answer.headers["WWW-Authenticate"]


def test_a_token_that_was_changed_or_made_up_is_refused(api: Application, site: Site, machine: dict[str, Any]) -> None:
    head, payload, signature = machine_token(site, machine, "orders/read").split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    changed = payload[:-4] + ("AAAA" if payload[-4:] != "AAAA" else "BBBB")
    for token in (f"{head}.{changed}.{signature}", f"{head}.{payload}.", f"{none}.{payload}.", "x", "a.b.c"):
        answer = call(api, token)
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_an_id_token_is_not_an_access_token(site: Site, framework: str) -> None:
    with served(site, framework, client={"GenerateSecret": False}) as api:
        tokens = site.pool.tokens(site.client)
        answer = call(api, tokens["IdToken"], "/api/staff")
    assert answer.status_code == 401
    assert "the other kind of token" in answer.headers["WWW-Authenticate"]


def test_a_token_for_another_app_client_or_pool_is_refused(api: Application, site: Site) -> None:
    assert "for another app client" in call(api, person_tokens(site)["AccessToken"]).headers["WWW-Authenticate"]
    stranger = site.world.pool()
    stranger.user("ada")
    answer = call(api, stranger.tokens(stranger.client())["AccessToken"])
    assert answer.status_code == 401
    assert "of another user pool" in answer.headers["WWW-Authenticate"]


def test_a_group_is_asked_of_the_token(site: Site, framework: str) -> None:
    idp, pool_id = site.world.idp, site.pool.pool_id
    with served(site, framework, client={"GenerateSecret": False}) as api:
        outsider = call(api, site.pool.tokens(site.client)["AccessToken"], "/api/staff")
        idp.create_group(UserPoolId=pool_id, GroupName="staff")
        idp.admin_add_user_to_group(UserPoolId=pool_id, Username="ada", GroupName="staff")
        member = call(api, site.pool.tokens(site.client)["AccessToken"], "/api/staff")
    assert (outsider.status_code, member.status_code) == (403, 200)
    assert 'error="insufficient_scope"' in outsider.headers["WWW-Authenticate"]


def test_a_session_cookie_is_no_token(api: Application) -> None:
    visitor = api.visitor()
    visitor.sign_in()
    assert visitor.get("/api").status_code == 401


# --- what is no token of anybody's ------------------------------------------------------------------------------------

ODD_ISSUERS = ["http://[", "http://[::1", [], {}, ["a"], {"a": 1}, None, 7, True, "\u2028", "x" * 5000]


def segment(document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def forged(header: Any, payload: Any) -> str:
    return f"{segment(header)}.{segment(payload)}.{'A' * 342}"


def test_an_issuer_that_is_none_is_a_token_refused_and_no_crash(api: Application) -> None:
    for issuer in ODD_ISSUERS:
        answer = call(api, forged({"kid": "x", "alg": "RS256"}, {"iss": issuer, "token_use": "access"}))
        assert (answer.status_code, 'error="invalid_token"' in answer.headers["WWW-Authenticate"]) == (401, True)
    for kid in ([], {}, None, 7, "x" * 5000):
        assert call(api, forged({"kid": kid}, {"iss": "x", "aud": [["a"]], "client_id": {}})).status_code == 401


def test_tokens_that_name_other_pools_have_no_other_keys_fetched(
    api: Application, site: Site, machine: dict[str, Any], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    call(api, machine_token(site, machine, "orders/read"))
    kept = sorted(tmp_path.rglob("*.keys"))
    for number in range(100):
        issuer = f"{site.world.origin}/us-east-1_Evil{number:05}"
        assert call(api, forged({"kid": f"k{number}"}, {"iss": issuer, "token_use": "access"})).status_code == 401
    assert sorted(tmp_path.rglob("*.keys")) == kept
    assert len(kept) == 1


def test_the_header_is_read_once_and_two_are_none(api: Application, site: Site, machine: dict[str, Any]) -> None:
    token = machine_token(site, machine, "orders/read")
    lines = ["GET /api HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}", "Authorization: Bearer x"]
    answer = raw(
        api.origin.replace("localhost", "127.0.0.1"), "\r\n".join([*lines, "Connection: close", "", ""]).encode()
    )
    assert answer.split(b" ", 2)[1] in (b"400", b"401")
    assert call(api, f"{token} ").status_code == 200, "blanks at the end are no part of it (RFC 9110 §5.5)"
    assert call(api, "A" * 40_000).status_code in (400, 431)


def test_the_letters_of_a_client_id_are_no_callers(site: Site, machine: dict[str, Any]) -> None:
    pool = {"domain": site.world.origin, "user_pool_id": site.pool.pool_id, "clock": site.world.clock}
    token = machine_token(site, machine, "orders/read")
    tokens = BearerTokens(client_ids=machine["ClientId"], **pool)
    assert tokens.check(f"Bearer {token}").subject == machine["ClientId"]
    assert tokens._client_ids == {machine["ClientId"]}
    for wrong in (b"abc", 7, ["a b"], [b"x"], iter(["x"]), [None]):
        with pytest.raises(SettingsError, match="client_ids"):
            BearerTokens(client_ids=wrong, **pool)  # type: ignore[arg-type]


def test_an_api_without_a_pool_does_not_start(site: Site) -> None:
    for make in (BearerTokens, flask.Api, starlette.Api):
        with pytest.raises(SettingsError, match="user_pool_id is not set"):
            make(domain=site.world.origin, client_id="c")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=4,
)
claims = dict.fromkeys(("iss", "aud", "client_id", "token_use", "exp", "iat", "scope", "cognito:groups"), anything)


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=60)
    | st.text(max_size=60).map("Bearer {}".format)
    | st.builds(forged, anything, anything).map("Bearer {}".format)
    | st.builds(forged, st.just({"kid": "x"}), st.fixed_dictionaries({}, optional=claims)).map("bearer {}".format)
    | st.none()
)
def test_whatever_comes_as_a_token_is_refused_as_rfc_6750_says(authorization: str | None) -> None:
    tokens = tokens_of_a_pool()
    with pytest.raises(BearerRefused) as refused:
        tokens.check(authorization, scopes="orders/read", groups="staff")
    assert refused.value.status in (400, 401)
    assert refused.value.www_authenticate
    assert refused.value.www_authenticate.isascii()
    assert isinstance(tokens.can_check(authorization), bool)


@functools.cache
def tokens_of_a_pool() -> BearerTokens:
    """Its keys were fetched a moment ago, and time stands still."""
    now = time.time()
    tokens = BearerTokens(user_pool_id="eu-west-1_Pool00001", client_id="c", clock=lambda: now)
    key = rsa.generate_private_key(65537, 2048).public_key()
    url = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool00001/.well-known/jwks.json"
    tokens._verifier._trusted[1]._key_sets.put(url, jwks([Jwk("k", "RS256", key)]))
    tokens._verifier._trusted[1]._key_sets._set(url).fetched(now)
    return tokens
