"""The right token in the right header, and nowhere else: httpx, requests and the chooser, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest
import requests
from cognito_peer import REDIRECT_URI, Peer

from halfday import AsyncSession, Cognito, Session, SettingsError, SignInNeeded
from halfday.client.http_auth.api_auth import ApiAuth, choose
from halfday.protocol.jws import read_unverified

EXECUTE = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders"
APPSYNC = "https://abc123.appsync-api.eu-west-1.amazonaws.com/graphql"


@pytest.mark.parametrize(
    ("url", "options", "expected"),
    [
        (EXECUTE, {}, ["id", "Bearer access"]),
        (EXECUTE, {"api": "rest"}, ["id", "access"]),
        (EXECUTE, {"api": "rest", "token": "access"}, ["access"]),
        (EXECUTE, {"api": "rest", "bearer": True}, ["Bearer id", "Bearer access"]),
        (EXECUTE, {"api": "http"}, ["Bearer access"]),
        (EXECUTE, {"api": "http", "token": "id"}, ["id"]),
        (EXECUTE, {"token": "id"}, ["id"]),
        (APPSYNC, {}, ["access"]),
        (APPSYNC, {"token": "id"}, ["id"]),
        (APPSYNC.replace(".com/", ".com.cn/"), {}, ["access"]),
        ("https://api.example.com/graphql", {"api": "appsync"}, ["access"]),
        ("https://appsync-api.example.com/graphql", {}, ["id", "Bearer access"]),
        ("https://api.example.com/things", {"token": "access"}, ["Bearer access"]),
        ("https://auth.example.com/oauth2/userInfo", {}, ["Bearer access"]),
        ("https://auth.example.com.evil.net/oauth2/userInfo", {}, ["id", "Bearer access"]),
        ("https://auth.example.com/things", {"token": "access", "bearer": False}, ["access"]),
    ],
)
def test_each_kind_of_api_gets_the_token_that_it_takes(url: str, options: dict[str, Any], expected: list[str]) -> None:
    found = choose(url, sign_in_page="https://auth.example.com", **options)
    assert [("Bearer " if one.bearer else "") + one.token for one in found] == expected


class Api:
    """An API on loopback that remembers what it was sent. `rule` answers (status, headers, body) for a request."""

    def __init__(self) -> None:
        self.origin = ""
        self.sent: list[tuple[str, str | None, bytes]] = []
        self.rule: Callable[[str, str], tuple[int, dict[str, str], bytes]] = lambda path, value: (200, {}, b"{}")

    def tokens(self) -> list[str]:
        """What arrived, as 'id', 'Bearer access', … or 'none'."""
        return [kind_of(value) for _, value, _ in self.sent]

    def takes(self, *kinds: str, refusal: tuple[int, dict[str, str], bytes] = (401, {}, b"")) -> None:
        self.rule = lambda path, value: (200, {}, b"{}") if kind_of(value) in kinds else refusal


def kind_of(value: str | None) -> str:
    if not value:
        return "none"
    prefix = "Bearer " if value.startswith("Bearer ") else ""
    return prefix + str(read_unverified(value.removeprefix("Bearer ")).unverified_payload["token_use"])


@contextlib.contextmanager
def running() -> Iterator[Api]:
    api = Api()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            chunked = "chunked" in self.headers.get("Transfer-Encoding", "")
            body = b"chunked" if chunked else self.rfile.read(length)
            value = self.headers.get("Authorization")
            api.sent.append((self.path, value, body))
            status, headers, answer = api.rule(self.path, value or "")
            self.close_connection = True
            self.send_response(status)
            for name, text in {**headers, "Content-Length": str(len(answer)), "Connection": "close"}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.origin = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def api() -> Iterator[Api]:
    with running() as api:
        yield api


@pytest.fixture
def elsewhere() -> Iterator[Api]:
    with running() as api:
        yield api


@pytest.fixture
def session(cognito: Cognito, peer: Peer) -> Session:
    return cognito.exchange(peer.issue({}), REDIRECT_URI)


class Client:
    """One way of calling with an auth: status and body of the last answer, redirects followed."""

    def __init__(self, kind: str, session: Session) -> None:
        self.kind, self.session = kind, session

    def __call__(self, method: str, urls: list[str], origin: str | None = None, **options: Any) -> list[int]:
        body = options.pop("body", None)
        if self.kind == "requests":
            auth = self.session.requests_auth(origin, **options)
            with requests.Session() as client:
                return [client.request(method, url, data=body, auth=auth, timeout=20).status_code for url in urls]
        if self.kind == "httpx.AsyncClient":
            return asyncio.run(self._awaited(method, urls, origin, body, options))
        library: Any = httpx2 if self.kind == "httpx2" else httpx
        with library.Client(auth=self.session.httpx_auth(origin, **options), follow_redirects=True) as client:
            return [client.request(method, url, content=body).status_code for url in urls]

    async def _awaited(
        self, method: str, urls: list[str], origin: str | None, body: bytes | None, options: dict[str, Any]
    ) -> list[int]:
        auth = AsyncSession(self.session).httpx_auth(origin, **options)
        async with httpx.AsyncClient(auth=auth, follow_redirects=True) as client:
            return [(await client.request(method, url, content=body)).status_code for url in urls]


KINDS = ["httpx", "httpx2", "httpx.AsyncClient", "requests"]


@pytest.fixture(params=KINDS)
def call(request: pytest.FixtureRequest, session: Session) -> Client:
    return Client(request.param, session)


def test_without_scopes_the_id_token_is_taken_at_once(call: Client, api: Api) -> None:
    api.takes("id")
    assert call("GET", [f"{api.origin}/orders"] * 2) == [200, 200]
    assert api.tokens() == ["id", "id"]


def test_with_scopes_the_access_token_is_found_by_the_first_401_and_remembered(call: Client, api: Api) -> None:
    api.takes("Bearer access", refusal=(401, {}, b'{"message":"Unauthorized"}'))
    assert call("POST", [f"{api.origin}/orders"] * 2, body=b"engine") == [200, 200]
    assert api.tokens() == ["id", "Bearer access", "Bearer access"]
    assert {body for _, _, body in api.sent} == {b"engine"}


def test_an_http_api_that_misses_a_scope_says_403_and_gets_the_access_token(call: Client, api: Api) -> None:
    challenge = {"www-authenticate": 'Bearer scope="orders/read" error="insufficient_scope"'}
    api.takes("Bearer access", refusal=(403, challenge, b'{"message":"Forbidden"}'))
    assert call("GET", [f"{api.origin}/orders"]) == [200]


def test_another_403_is_no_matter_of_tokens(call: Client, api: Api) -> None:
    api.takes(refusal=(403, {}, b'{"message":"Missing Authentication Token"}'))
    assert call("GET", [f"{api.origin}/orders"]) == [403]
    assert api.tokens() == ["id"]


def test_a_token_that_is_refused_is_renewed_and_sent_once_more(
    call: Client, api: Api, session: Session, peer: Peer
) -> None:
    refused = session.id_token
    api.rule = lambda path, value: (401 if refused in value else 200, {}, b"")
    assert call("GET", [f"{api.origin}/orders"] * 2, api="http", token="id") == [200, 200]
    assert api.tokens() == ["id"] * 3
    assert peer.count("/oauth2/token") == 2
    assert session.id_token != refused


def test_one_that_has_expired_is_renewed_even_where_the_kind_is_not_known(
    call: Client, api: Api, session: Session
) -> None:
    refused = session.id_token
    expired = b'{"message":"The incoming token has expired"}'
    api.rule = lambda path, value: (401, {}, expired) if refused in value else (200, {}, b"")
    assert call("GET", [f"{api.origin}/orders"]) == [200]
    assert api.tokens() == ["id", "id"]


def test_an_api_that_refuses_everything_costs_one_renewal_and_shows_its_answer(
    call: Client, api: Api, peer: Peer
) -> None:
    api.takes()
    assert call("GET", [f"{api.origin}/orders"] * 3, api="http") == [401] * 3
    assert api.tokens() == ["Bearer access"] * 4
    assert peer.count("/oauth2/token") == 2


def test_while_cognito_is_down_the_apis_own_answer_stands(call: Client, api: Api, peer: Peer) -> None:
    api.takes()
    peer.failing_with = 503
    assert call("GET", [f"{api.origin}/orders"], api="http") == [401]


def test_a_session_that_was_revoked_is_said_to_be(call: Client, api: Api, peer: Peer) -> None:
    api.takes()
    peer.refresh_tokens.clear()
    with pytest.raises(SignInNeeded):
        call("GET", [f"{api.origin}/orders"], api="http")


def test_no_token_follows_a_redirect_to_another_origin(call: Client, api: Api, elsewhere: Api) -> None:
    """Nor when what is there asks for one: neither the first token nor another, and nothing is renewed."""
    api.rule = lambda path, value: (302, {"Location": f"{elsewhere.origin}/taken"}, b"")
    elsewhere.takes("id", "Bearer access")
    assert call("GET", [f"{api.origin}/orders"]) == [401]
    assert api.tokens() == ["id"]
    assert elsewhere.tokens() == ["none"]


def test_a_redirect_within_the_origin_keeps_its_token(call: Client, api: Api) -> None:
    api.rule = lambda path, value: (302, {"Location": "/new"}, b"") if path == "/old" else (200, {}, b"")
    assert call("GET", [f"{api.origin}/old"]) == [200]
    assert api.tokens() == ["id", "id"]


def test_a_second_host_gets_nothing_and_the_caller_is_told(call: Client, api: Api, elsewhere: Api) -> None:
    with pytest.raises(SettingsError, match=r"sends tokens to http://127\.0\.0\.1:\d+ only"):
        call("GET", [f"{api.origin}/orders", f"{elsewhere.origin}/orders"])
    assert elsewhere.sent == []
    with pytest.raises(SettingsError, match="only"):
        call("GET", [f"{elsewhere.origin}/orders"], origin=api.origin)
    assert elsewhere.sent == []


@pytest.mark.parametrize("url", ["http://api.example.com/", "http://localhost.example.com/", "ftp://localhost/"])
def test_nothing_is_sent_in_the_clear_beyond_loopback(call: Client, url: str) -> None:
    with pytest.raises(SettingsError):
        call("GET", ["https://127.0.0.1:9/"], origin=url)
    with pytest.raises(SettingsError):
        ApiAuth(call.session).first(url)


def test_the_scheme_and_the_port_are_parts_of_the_origin(session: Session) -> None:
    auth = ApiAuth(session, "https://API.example.com")
    assert auth.first("https://api.example.com:443/things").token == session.id_token
    for url in ("https://api.example.com:8443/", "https://api.example.com.evil.net/", "https://evil.net/"):
        with pytest.raises(SettingsError, match="only"):
            auth.first(url)


def test_a_body_that_can_be_sent_only_once_is_not_sent_twice(session: Session, api: Api) -> None:
    api.takes("Bearer access")
    with httpx.Client(auth=session.httpx_auth()) as client:
        assert client.post(f"{api.origin}/", content=iter([b"once"])).status_code == 401
    answer = requests.post(f"{api.origin}/", data=io.BytesIO(b"once"), auth=session.requests_auth(), timeout=20)
    assert answer.status_code == 401
    assert api.tokens() == ["id", "id"]


def test_a_streamed_answer_stays_one(session: Session, api: Api) -> None:
    api.rule = lambda path, value: (200, {}, b"x" * 100)
    with (
        httpx.Client(auth=session.httpx_auth()) as client,
        client.stream("GET", f"{api.origin}/") as answer,
    ):
        assert not answer.is_stream_consumed
        assert answer.read() == b"x" * 100


def test_threads_that_are_refused_at_once_renew_once(session: Session, api: Api, peer: Peer) -> None:
    refused, gate = session.id_token, threading.Barrier(6)

    def rule(path: str, value: str) -> tuple[int, dict[str, str], bytes]:
        if refused in value:
            gate.wait(20)
            return 401, {}, b""
        return 200, {}, b""

    api.rule = rule
    auth, statuses = session.requests_auth(token="id"), []

    def work() -> None:
        statuses.append(requests.get(f"{api.origin}/", auth=auth, timeout=30).status_code)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 6
    assert peer.count("/oauth2/token") == 2


def test_the_own_domains_user_info_gets_the_access_token(session: Session, peer: Peer) -> None:
    attempt = ApiAuth(session).first(f"{peer.origin}/oauth2/userInfo")
    assert attempt.value == f"Bearer {session.access_token}"


def test_nothing_shows_a_token(session: Session, api: Api) -> None:
    auth = ApiAuth(session)
    shown = [repr(auth), repr(auth.first(api.origin)), repr(session.httpx_auth()), repr(session.requests_auth())]
    assert not any(token in text for text in shown for token in (session.id_token, session.access_token))


def test_words_that_mean_nothing_are_refused(session: Session) -> None:
    with pytest.raises(SettingsError, match="none of rest, http, appsync"):
        session.requests_auth(api="soap")  # type: ignore[typeddict-item]
    with pytest.raises(SettingsError, match="neither id nor access"):
        session.requests_auth(token="refresh")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(("library", "method"), [("httpx", "httpx_auth"), ("requests", "requests_auth")])
def test_what_is_not_installed_is_named(library: str, method: str) -> None:
    script = f"""
import json, sys
sys.modules[{library!r}] = sys.modules["httpx2"] = None
from halfday import Session, SettingsError
try:
    Session.{method}(object.__new__(Session))
except SettingsError as problem:
    print(json.dumps([str(problem), problem.hint]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    sentence, hint = json.loads(done.stdout)
    assert (sentence, hint) == (f"{library} is not installed", f"pip install 'halfday[{library}]'")
