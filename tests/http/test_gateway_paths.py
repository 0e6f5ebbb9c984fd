"""The gateway against callers who say one thing to the authorizer and another to the backend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sockets import on_a_socket, raw
from world import PASSWORD, Pool, World, running

POOL = "us-east-1_Gateway02"
CLIENT = {"ClientId": "gatewayclient"}


async def echo(request: Request) -> Response:
    headers = [(name.decode("latin-1"), value.decode()) for name, value in request.headers.raw]
    seen = {"path": request.scope["raw_path"].decode(), "query": request.scope["query_string"].decode()}
    answer = JSONResponse({**seen, "headers": headers, "length": len(await request.body())})
    answer.set_cookie("one", "1")
    answer.set_cookie("two", "2")
    answer.set_cookie("cognito", "theirs")
    return answer


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    app = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST"])])
    with (
        on_a_socket(lambda origin: app) as backend,
        running(tmp_path_factory.mktemp("data"), _document(backend)) as up,
    ):
        yield up


@pytest.fixture(scope="module")
def tokens(world: World) -> dict[str, Any]:
    return Pool(world, POOL).tokens(CLIENT)


def ask(world: World, token: str, path: str, *headers: str) -> tuple[int, Any]:
    """Status and body of a GET whose path is sent as it is written."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Authorization: {token}",
        *headers,
        "",
        "",
    ]
    head, _, body = raw(world.origin, "\r\n".join(lines).encode()).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def values(seen: dict[str, Any], name: str) -> list[str]:
    return [value for key, value in seen["headers"] if key.lower().replace("_", "-") == name]


@pytest.mark.parametrize(
    ("sent", "forwarded"),
    [
        ("/api", "/base/"),
        ("/api/", "/base/"),
        ("/api/a%2Fb/%3Fc%23d", "/base/a%2Fb/%3Fc%23d"),
        ("/api/%C3%A4%20+%25", "/base/%C3%A4%20+%25"),
        ("/api//x", "/base//x"),
        ("/api/...", "/base/..."),
    ],
)
def test_the_path_goes_on_as_it_came(world: World, tokens: dict[str, Any], sent: str, forwarded: str) -> None:
    status, seen = ask(world, tokens["IdToken"], f"{sent}?q=%2F&q=a+b")
    assert status == 200
    assert (seen["path"].rstrip("/"), seen["query"]) == (forwarded.rstrip("/"), "q=%2F&q=a+b")


@pytest.mark.parametrize(
    "path",
    [
        "/api/..",
        "/api/../admin",
        "/api/x/../../admin",
        "/api/%2e%2E/admin",
        "/api/..%2fadmin",
        "/api/..%5cadmin",
        "/api/./x",
        "/api/%2e",
        "/%61pi/x",
        "/api%2Fx",
    ],
)
def test_a_path_that_a_backend_might_read_otherwise_is_refused(world: World, tokens: dict[str, Any], path: str) -> None:
    status, body = ask(world, tokens["IdToken"], path)
    assert (status, body) == (400, {"message": "Bad Request"})


@pytest.mark.parametrize("path", ["/api/admin", "/api/admin/x", "/api//admin", "/api/%61dmin", "/api/admin%2Fx"])
def test_the_stricter_route_within_another_cannot_be_written_around(
    world: World, tokens: dict[str, Any], path: str
) -> None:
    """The outer route takes any ID token, the inner one asks for a scope that nobody has."""
    assert ask(world, tokens["IdToken"], path)[0] in (400, 401)


@pytest.mark.parametrize("name", ["X-User-Name", "x-user-name", "X_User_Name", "x-user_NAME"])
def test_a_mapped_header_is_the_gateway_s_alone_however_it_is_spelt(
    world: World, tokens: dict[str, Any], name: str
) -> None:
    _, seen = ask(world, tokens["IdToken"], "/api", f"{name}: mallory")
    assert values(seen, "x-user-name") == ["Ada Lovelace-Ørsted"]


def test_connection_takes_no_mapped_header_away(world: World, tokens: dict[str, Any]) -> None:
    _, seen = ask(world, tokens["IdToken"], "/api", "Connection: x-user-name, x-mine", "X-Mine: 1")
    assert values(seen, "x-user-name") == ["Ada Lovelace-Ørsted"]
    assert values(seen, "x-mine") == []


def test_a_header_beyond_ascii_goes_through(world: World, tokens: dict[str, Any]) -> None:
    assert values(ask(world, tokens["IdToken"], "/api", "X-Place: Ærø")[1], "x-place") == ["Ærø"]


def test_the_trace_id_is_ours(world: World, tokens: dict[str, Any]) -> None:
    (value,) = values(ask(world, tokens["IdToken"], "/api", "X-Amzn-Trace-Id: forged")[1], "x-amzn-trace-id")
    assert value.startswith("Self=")


def test_a_backend_s_cookies_but_those_of_the_pages_come_back_and_stay_with_their_caller(
    world: World, tokens: dict[str, Any]
) -> None:
    sent = {"Authorization": tokens["IdToken"]}
    answer = requests.get(f"{world.origin}/api", headers=sent, timeout=10)
    assert answer.cookies.get_dict() == {"one": "1", "two": "2"}
    _, seen = ask(world, tokens["IdToken"], "/api")
    assert values(seen, "cookie") == [], "the next caller is not sent along with the last one's cookies"


def test_the_sign_in_pages_cookies_stay_here(world: World, tokens: dict[str, Any]) -> None:
    """A route shares its origin with the pages."""
    _, seen = ask(world, tokens["IdToken"], "/api", "Cookie: cognito=session; mine=1; csrf-state.x=y")
    assert values(seen, "cookie") == ["mine=1"]


def test_a_body_over_ten_megabytes_is_refused(world: World, tokens: dict[str, Any]) -> None:
    sent, mb = {"Authorization": tokens["IdToken"]}, 1024 * 1024
    fits = requests.post(f"{world.origin}/api", data=b"x" * 10 * mb, headers=sent, timeout=30)
    assert fits.json()["length"] == 10 * mb
    assert requests.post(f"{world.origin}/api", data=b"x" * (10 * mb + 1), headers=sent, timeout=30).status_code == 413


def _document(backend: str) -> dict[str, Any]:
    user = {"username": "ada", "password": PASSWORD, "attributes": {"name": "Ada Lovelace-Ørsted"}}
    client = {"id": CLIENT["ClientId"], "auth_flows": ["ALLOW_USER_PASSWORD_AUTH"]}
    headers = {"X-User-Name": "context.authorizer.claims.name"}
    return {
        "user_pool": [{"id": POOL, "client": [client], "user": [user]}],
        "gateway": [
            {"path": "/api", "pool": POOL, "backend": f"{backend}/base/", "headers": headers},
            {"path": "/api/admin", "pool": POOL, "backend": f"{backend}/base/admin", "scopes": ["engine/turn"]},
        ],
    }


def test_a_route_over_everything_leaves_the_server_s_own_endpoints_alone(tmp_path: Path) -> None:
    document = {"user_pool": [{"id": POOL}], "gateway": [{"path": "/", "pool": POOL, "backend": "http://127.0.0.1:1"}]}
    with running(tmp_path, document) as up:
        discovery = requests.get(f"{up.origin}/{POOL}/.well-known/openid-configuration", timeout=10)
        assert "jwks_uri" in discovery.json()
        form = {"grant_type": "authorization_code"}
        assert requests.post(f"{up.origin}/oauth2/token", data=form, timeout=10).json() == {"error": "invalid_client"}
        assert requests.get(f"{up.origin}/elsewhere", timeout=10).status_code == 401
