"""An API's tokens, and the challenges of RFC 6750 §3 for those that are not good enough."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests

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
