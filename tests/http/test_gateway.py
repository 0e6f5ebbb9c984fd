"""The gateway: what a Cognito authorizer lets through and answers, what the backend sees. facts/apigateway.md §1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sockets import Handler, answering
from world import PASSWORD, Pool, World, running

POOL = "us-east-1_Gateway01"
CLIENT = {"ClientId": "gatewayclient"}


class Echo(Handler):
    """Says what it was asked."""

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = {"path": self.path, "headers": headers, "body": self.read_body().decode()}
        self.answer(201, json.dumps(seen).encode(), X_Backend="yes", X_Strange="a\x1b[2J")

    do_POST = do_OPTIONS = do_GET


@pytest.fixture(scope="module")
def backend() -> Iterator[str]:
    with answering(Echo) as origin:
        yield origin


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), _document(backend)) as up:
        yield up


@pytest.fixture
def tokens(world: World) -> dict[str, Any]:
    return Pool(world, POOL).tokens(CLIENT)


def test_no_token_is_401_unauthorized(world: World) -> None:
    answer = requests.get(f"{world.origin}/api/things", timeout=10)
    assert (answer.status_code, answer.text) == (401, '{"message":"Unauthorized"}')
    assert answer.headers["x-amzn-ErrorType"] == "UnauthorizedException"


@pytest.mark.parametrize("prefix", ["", "Bearer "])
def test_an_id_token_is_let_through_bare_and_as_bearer(world: World, tokens: dict[str, Any], prefix: str) -> None:
    answer = _get(world, "/api/things?x=1", prefix + tokens["IdToken"])
    assert answer.status_code == 201
    assert answer.headers["X-Backend"] == "yes"
    assert "X-Strange" not in answer.headers, "it would be no legal header"
    assert answer.json()["path"] == "/things?x=1"


def test_the_backend_sees_the_claims_that_the_route_maps_as_text(world: World, tokens: dict[str, Any]) -> None:
    headers = _get(world, "/api", tokens["IdToken"]).json()["headers"]
    assert headers["x-email"] == "ada@example.com"
    assert headers["x-verified"] == "true"
    assert headers["x-groups"] == "analysts,editors"
    assert headers["x-expires"].endswith(" 2026") or " UTC " in headers["x-expires"]


def test_a_caller_cannot_send_the_mapped_headers(world: World, tokens: dict[str, Any]) -> None:
    sent = {"Authorization": tokens["IdToken"], "X-Email": "mallory@example.com", "x-nickname": "forged"}
    headers = requests.get(f"{world.origin}/api", headers=sent, timeout=10).json()["headers"]
    assert headers["x-email"] == "ada@example.com"
    assert "x-nickname" not in headers, "the claim is missing, and the forged header went with it"


def test_bodies_go_through(world: World, tokens: dict[str, Any]) -> None:
    sent = {"Authorization": tokens["IdToken"]}
    assert requests.post(f"{world.origin}/api", data="hello", headers=sent, timeout=10).json()["body"] == "hello"


def test_an_access_token_is_refused_where_there_are_no_scopes(world: World, tokens: dict[str, Any]) -> None:
    assert _get(world, "/api", tokens["AccessToken"]).status_code == 401


def test_with_scopes_an_access_token_that_has_one_is_let_through_and_nothing_else(
    world: World, tokens: dict[str, Any]
) -> None:
    assert _get(world, "/scoped", tokens["AccessToken"]).status_code == 201
    assert _get(world, "/scoped", tokens["IdToken"]).status_code == 401
    assert _get(world, "/elsewhere", tokens["AccessToken"]).status_code == 401


def test_a_forged_signature_is_refused(world: World, tokens: dict[str, Any]) -> None:
    head, payload, signature = tokens["IdToken"].split(".")
    forged = signature[:-8] + ("A" * 8 if not signature.endswith("A" * 8) else "B" * 8)
    assert _get(world, "/api", f"{head}.{payload}.{forged}").status_code == 401


def test_a_token_of_another_pool_is_refused(world: World) -> None:
    other = world.pool()
    other.user()
    token = other.tokens(other.client())["IdToken"]
    assert _get(world, "/api", token).status_code == 401


def test_an_expired_token_is_told_so(world: World, tokens: dict[str, Any]) -> None:
    world.clock.advance(3601)
    answer = _get(world, "/api", tokens["IdToken"])
    assert (answer.status_code, answer.text) == (401, '{"message":"The incoming token has expired"}')


def test_a_preflight_needs_no_token(world: World) -> None:
    assert requests.options(f"{world.origin}/api", timeout=10).status_code == 201


def test_a_route_covers_its_own_path_only(world: World, tokens: dict[str, Any]) -> None:
    assert _get(world, "/apiary", tokens["IdToken"]).status_code == 404


def test_a_backend_that_is_down_is_502(world: World, tokens: dict[str, Any]) -> None:
    answer = _get(world, "/down", tokens["IdToken"])
    assert (answer.status_code, answer.text) == (502, '{"message":"Internal server error"}')


def _get(world: World, path: str, authorization: str) -> requests.Response:
    return requests.get(world.origin + path, headers={"Authorization": authorization}, timeout=10)


def _document(backend: str) -> dict[str, Any]:
    claims = {
        "X-Email": "context.authorizer.claims.email",
        "X-Verified": "context.authorizer.claims.email_verified",
        "X-Groups": "context.authorizer.claims.cognito:groups",
        "X-Expires": "context.authorizer.claims.exp",
        "X-Nickname": "context.authorizer.claims.nickname",
    }
    scope = "aws.cognito.signin.user.admin"
    return {
        "user_pool": [
            {
                "id": POOL,
                "client": [{"id": "gatewayclient", "auth_flows": ["ALLOW_USER_PASSWORD_AUTH"]}],
                "group": [{"name": "analysts"}, {"name": "editors"}],
                "user": [
                    {
                        "username": "ada",
                        "password": PASSWORD,
                        "attributes": {"email": "ada@example.com", "email_verified": "true"},
                        "groups": ["analysts", "editors"],
                    }
                ],
            }
        ],
        "gateway": [
            {"path": "/api", "pool": POOL, "backend": backend, "headers": claims},
            {"path": "/scoped", "pool": POOL, "backend": backend, "scopes": [scope]},
            {"path": "/elsewhere", "pool": POOL, "backend": backend, "scopes": ["engine/read"]},
            {"path": "/down", "pool": POOL, "backend": "http://127.0.0.1:1"},
        ],
    }


def test_what_looks_like_s3_s_is_the_backend_s_where_a_route_is(world: World, tokens: dict[str, Any]) -> None:
    """A preflight for a call that is signed by header, and a form with a file."""
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
    asked["Access-Control-Request-Headers"] = "authorization,x-amz-content-sha256,x-amz-date"
    for path in ("/api", "/api/things"):
        preflight = requests.options(f"{world.origin}{path}", headers=asked, timeout=10)
        assert (preflight.status_code, preflight.headers["X-Backend"]) == (201, "yes")
        headers = {"Authorization": tokens["IdToken"]}
        form = requests.post(f"{world.origin}{path}", files={"file": b"x"}, headers=headers, timeout=10)
        assert (form.status_code, form.headers["X-Backend"]) == (201, "yes")
