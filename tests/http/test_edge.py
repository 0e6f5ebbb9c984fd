"""The edge of every request: ids, CORS, what is not there, what breaks, and what the log says of it."""

from __future__ import annotations

import base64
import logging
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from halfday.server.http.edge import Edge, _new_id
from sockets import on_a_socket, raw
from world import CALLBACK, PASSWORD, Browser, Pool, World

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FORM = "application/x-www-form-urlencoded"


@contextmanager
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    lines: list[str] = []
    with caplog.at_level(logging.INFO, "halfday"):
        yield lines
        lines += [record.getMessage() for record in caplog.records if record.name.startswith("halfday")]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/error", 400),
        ("GET", "/oauth2/authorize", 302),
        ("POST", "/oauth2/token", 400),
        ("GET", "/oauth2/userInfo", 400),
        ("GET", "/nothing/here", 404),
        ("DELETE", "/login", 405),
        ("POST", "/oauth2/authorize", 405),
        ("PUT", "/oauth2/token", 405),
        ("POST", "/us-east-1_x/.well-known/jwks.json", 405),
    ],
)
def test_every_answer_carries_its_request_id(world: World, method: str, path: str, status: int) -> None:
    answer = requests.request(method, world.origin + path, allow_redirects=False, timeout=10)
    assert answer.status_code == status
    identity = answer.headers["x-amz-cognito-request-id"]
    assert UUID.fullmatch(identity)
    assert answer.headers["x-amzn-requestid"] == identity


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/revoke", "/oauth2/userInfo"])
def test_any_origin_may_call_what_single_page_apps_call(world: World, path: str) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    preflight = requests.options(world.origin + path, headers=asked, timeout=10)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers


@pytest.mark.parametrize("path", ["/login", "/logout", "/oauth2/authorize", "/oauth2/idpresponse", "/error", "/"])
def test_no_other_origin_may_read_a_page(world: World, path: str) -> None:
    answer = requests.get(world.origin + path, headers={"Origin": "https://evil.example"}, timeout=10)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_what_is_not_there_says_so(world: World) -> None:
    answer = requests.get(f"{world.origin}/<script>", timeout=10)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"
    assert "There is nothing at GET /<script>" in answer.json()["message"]


async def _broken(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/late":
        await StreamingResponse(_half())(scope, receive, send)
    raise RuntimeError("the secret is hunter2")


async def _half() -> Any:
    yield b"half"
    raise RuntimeError("the secret is hunter2")


def test_what_nobody_expected_is_an_internal_error_with_an_id_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with on_a_socket(lambda origin: Edge(_broken)) as origin:
        answer = requests.get(f"{origin}/x?password=hunter2", timeout=10)
    assert answer.status_code == 500
    identity = answer.headers["x-amzn-requestid"]
    body = {"__type": "InternalErrorException", "message": f"Internal error. Request id {identity}"}
    assert answer.json() == body
    assert identity in caplog.text, "the log has what the answer lacks"


def test_what_breaks_halfway_through_an_answer_cuts_it_off() -> None:
    with on_a_socket(lambda origin: Edge(_broken)) as origin:
        answer = raw(origin, b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.count(b"HTTP/1.1") == 1
    assert not answer.endswith(b"0\r\n\r\n"), "not made to look complete"
    assert b"hunter2" not in answer


DEEP = base64.urlsafe_b64encode(b"[" * 30_000).rstrip(b"=")


@pytest.mark.parametrize(
    ("request_line", "headers", "body"),
    [
        (b"GET /oauth2/idpresponse?state=a&state=b", b"", b""),
        (b"GET /oauth2/authorize?client_id=%ff%00", b"", b""),
        (b"GET /login?client_id=a&client_id=b", b"", b""),
        (b"GET /logout?client_id=%ed%a0%80", b"", b""),
        (b"GET /error?error=%ff%00&client_id=%00&at=logout", b"", b""),
        (b"GET /oauth2/userInfo", b"Authorization: Bearer " + DEEP + b".e30.e30", b""),
        (b"GET /oauth2/userInfo", b"Authorization: Bearer \xff", b""),
        (b"POST /oauth2/token", b"Authorization: Basic \xe4\xe4", b"grant_type=refresh_token"),
        (b"POST /oauth2/token", b"Authorization: Basic /w==", b"grant_type=refresh_token"),
        (b"POST /oauth2/token", b"", b"\xff=\xff"),
        (b"POST /oauth2/revoke", b"", b"client_id=x&token=" + DEEP + b".e30.e30"),
        (b"POST /login", b"Cookie: XSRF-TOKEN=\xff", b"_csrf=\xff"),
    ],
)
def test_what_no_client_would_send_is_refused_and_breaks_nothing(
    world: World, request_line: bytes, headers: bytes, body: bytes
) -> None:
    lines = [request_line + b" HTTP/1.1", b"Host: x", b"Connection: close", headers] if headers else None
    lines = lines or [request_line + b" HTTP/1.1", b"Host: x", b"Connection: close"]
    lines += [f"Content-Type: {FORM}".encode(), f"Content-Length: {len(body)}".encode(), b"", body]
    status = int(raw(world.origin, b"\r\n".join(lines)).split()[1])
    assert status in (302, 400, 401)


@pytest.mark.parametrize("host", [b"[::1", b"a b", b"", b"x/api?y#z", b"\xff", b"x:99999", b"evil.example\tx"])
def test_a_host_that_cannot_be_is_not_believed(world: World, host: bytes) -> None:
    answer = raw(world.origin, b"GET /login?client_id=x HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
    assert b" 302 " in answer or b" 400 " in answer
    assert b"evil.example" not in answer


def test_a_form_is_not_read_beyond_what_a_form_can_be(world: World) -> None:
    for size, error in ((200_000, "invalid_client"), (300_000, "invalid_request")):
        padding = {f"padding{number}": "x" * 10_000 for number in range(size // 10_000)}
        form = {"grant_type": "refresh_token", "client_id": "nobody", **padding}
        answer = requests.post(f"{world.origin}/oauth2/token", data=form, timeout=10)
        assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_call_is_not_read_beyond_what_a_call_can_be(world: World) -> None:
    headers = {"X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth"}
    body = b"{" + b" " * 5_000_000 + b"}"
    assert requests.post(world.origin, data=body, headers=headers, timeout=10).status_code == 413


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_a_page_of_another_site_cannot_use_dummy_keys(world: World, origin: str) -> None:
    """Any page that a developer looks at can have their browser send this."""
    assert _list_pools(world, {"Origin": origin}).status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4242", "10.0.0.1", "127.0.0.1.evil.example"])
def test_a_page_whose_name_was_rebound_to_this_machine_cannot_either(world: World, host: str) -> None:
    assert _list_pools(world, {"Host": host}).status_code == 400
    assert _list_pools(world, {"Host": host, "Origin": f"http://{host}"}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:4242"},
        {"Host": "[::1]:4242"},
        {"Host": "demo.localhost"},
        {"Host": "host.docker.internal:4242"},
        {"Host": "cognito-idp.us-east-1.amazonaws.com"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "http://app.localhost:3000"},
    ],
)
def test_programs_and_pages_of_this_machine_can(world: World, headers: dict[str, str]) -> None:
    assert _list_pools(world, headers).status_code == 200


def test_what_people_store_is_no_page_of_this_origin(world: World) -> None:
    """An object of HTML runs no scripts where others sign in."""
    s3 = world.boto3("s3")
    s3.create_bucket(Bucket="pages")
    s3.put_object(Bucket="pages", Key="x.html", Body=b"<script>alert(1)</script>", ContentType="text/html")
    got = s3.get_object(Bucket="pages", Key="x.html")
    assert got["ResponseMetadata"]["HTTPHeaders"]["content-security-policy"] == "sandbox"


def test_the_log_has_one_line_a_request_and_no_secret(
    world: World, pool: Pool, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    pool.user()
    client = pool.client(GenerateSecret=True)
    auth = (client["ClientId"], client["ClientSecret"])
    with logged(caplog) as lines:
        code = browser.code(client, state="st4te-value", nonce="n0nce-value")
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        tokens = requests.post(f"{world.origin}/oauth2/token", data=form, auth=auth, timeout=10).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        requests.get(f"{world.origin}/oauth2/userInfo", headers=bearer, timeout=10)
        bare = {"Authorization": base64.b64encode(":".join(auth).encode()).decode(), "Content-Type": FORM}
        requests.post(f"{world.origin}/oauth2/token", data=form, headers=bare, timeout=10)
        requests.post(f"{world.origin}/oauth2/token", data=form, headers={**bare, **bearer}, timeout=10)
    assert len(lines) == 7, "authorize, the page, the form, token, userInfo, and two that were refused"
    text = "\n".join(lines)
    cookies = [cookie.value or "" for cookie in browser.session.cookies]
    for secret in (*tokens.values(), *cookies, code, PASSWORD, client["ClientSecret"], bare["Authorization"]):
        if isinstance(secret, str) and secret != "Bearer":
            assert secret not in text
    assert "ada@example.com" not in text


def test_nothing_that_is_sent_writes_a_line_of_its_own_or_moves_the_cursor(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    evil = "x\r\n12:00:00 POST /oauth2/token 200\x1b[2J\u2028\x85 user=admin"
    with logged(caplog) as lines:
        requests.get(f"{world.origin}/{evil}", timeout=10)
        requests.get(f"{world.origin}/oauth2/authorize", params={"client_id": evil}, timeout=10)
        requests.post(f"{world.origin}/oauth2/token", data={"client_id": evil, "grant_type": evil}, timeout=10)
    for line in lines:
        assert line.isprintable()
    assert len(lines) == 4, "authorize's redirect was followed to the error page"
    assert not any("12:00:00" in line for line in lines), "nothing that was sent is repeated"


def _list_pools(world: World, headers: dict[str, str]) -> requests.Response:
    signature = "Credential=test/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00"
    sent = {
        "X-Amz-Target": "AWSCognitoIdentityProviderService.ListUserPools",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 {signature}",
        "Content-Type": "application/x-amz-json-1.1",
        **headers,
    }
    return requests.post(world.origin, json={"MaxResults": 1}, headers=sent, timeout=10)


def test_a_request_id_is_a_uuid_of_its_own() -> None:
    ids = [_new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(str(uuid.UUID(one)) == one and uuid.UUID(one).version == 4 for one in ids)
    assert {uuid.UUID(one).variant for one in ids} == {uuid.RFC_4122}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_two_processes_of_one_server_do_not_name_requests_alike() -> None:
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, _new_id().encode())
        os._exit(0)
    of_child = os.read(reading, 100).decode()
    os.wait()
    assert of_child != _new_id()
