"""Headers that two readers would read in two ways are refused before anything is decided by them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from halfday.server.http.requests.headers import (
    LONGEST_KNOWN,
    _is_plain,
    _objection,
    are_plain,
    objection_to_headers,
)
from sockets import Handler, answering, raw
from world import PASSWORD, Pool, World, running

TARGET = ("X-Amz-Target", "AWSCognitoIdentityProviderService.ListUserPools")

AMBIGUOUS = [
    [("Authorization", "one"), ("Authorization", "two")],
    [("authorization", "one"), ("AUTHORIZATION", "one")],
    [("Host", "localhost"), ("Host", "evil.example")],
    [("X-Amz-Target", "a.B"), ("x-amz-target", "c.D")],
    [("X-Amz-Date", "1"), ("X-Amz-Date", "1")],
    [("X-Amz-Acl", "private"), ("X-Amz-Acl", "public-read")],
    [("Content-Type", "a/b"), ("Content-Type", "c/d")],
    [("Origin", "http://localhost"), ("Origin", "https://evil.example")],
    [("Content-Length", "1"), ("Content-Length", "1")],
    [("Content-Length", "1"), ("Transfer-Encoding", "chunked")],
    [("x_amz_copy_source", "/b/k")],
    [("x-amz_acl", "private")],
    [("x_amz_meta_a", "1")],
    [("x_amzn_trace_id", "1"), ("x-amzn-trace-id", "2")],
    [("Content_Length", "5")],
    [("Transfer_Encoding", "chunked")],
    [("X_Forwarded_For", "127.0.0.1")],
    [("x-real_ip", "127.0.0.1")],
    [("X_HTTP_Method_Override", "DELETE")],
    [("Cookie_", "a"), ("Cookie-", "b")],
    [("api_key", "1"), ("api-key", "2")],
    [("api-key", "1"), ("Api_Key", "2")],
    [("X-Bell", "a\x07b")],
    [("X-Nul", "a\x00b")],
    [("X-Line", "a\r\nX-Other: b")],
    [("X Blank", "1")],
    [("X-Colon:", "1")],
    [("Ünicode", "1")],
    [("", "1")],
    *([("Host", host)] for host in ("[", "a b", "a/b", "a@b", "a,b", "a:b", "a:123456", "ä", "a#b", "[::1", "a:1:2")),
]

CLEAR = [
    [],
    [("Host", "localhost:4242"), ("Accept", "a"), ("Accept", "b"), ("Cookie", "a=b")],
    [("Host", "[::1]:4242")],
    [("Host", "")],
    [("api_key", "1"), ("access_token", "2")],
    [("X-Amz-Meta-my_key", "1")],
    [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "5.6.7.8")],
    [("X-Note", "tab\there"), ("X-Note", "é")],
    [("Transfer-Encoding", "chunked")],
]


def pairs(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers]


@pytest.mark.parametrize("headers", AMBIGUOUS)
def test_what_can_be_read_in_two_ways_is_refused(headers: list[tuple[str, str]]) -> None:
    objection = objection_to_headers(pairs(headers))
    assert objection
    assert objection.isprintable()
    assert objection_to_headers(pairs(headers[::-1]))


@pytest.mark.parametrize("headers", CLEAR)
def test_what_can_be_read_in_one_way_only_is_let_through(headers: list[tuple[str, str]]) -> None:
    assert objection_to_headers(pairs(headers)) is None


NAMES = ["host", "Host", "accept", "x_a", "x-a", "content-length", "transfer-encoding", "x-amz-date", "cookie", "a b"]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(["", "a", "a:1", "a b", "a\tb", "a\x00", "[::1]"]))))
def test_the_short_way_lets_through_only_what_the_long_way_does(headers: list[tuple[str, str]]) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    assert not are_plain(dict(raw), len(raw)) or _objection(raw) is None


def test_ordinary_headers_take_the_short_way() -> None:
    names = ["host", "user-agent", "accept", "content-type", "x-amz-target", "authorization", "content-length"]
    assert are_plain({name.encode(): b"value" for name in names}, len(names))


def test_names_that_anybody_makes_up_are_not_kept() -> None:
    before = _is_plain.cache_info().currsize
    objection_to_headers([(b"a" * (LONGEST_KNOWN + 1), b"1")])
    assert _is_plain.cache_info().currsize == before


@pytest.mark.parametrize(
    "lines",
    [
        b"Host: localhost\r\nHost: evil.example\r\n",
        b"Host: localhost\r\nX_Amz_Target: a.B\r\n",
        b"Host: localhost\r\nX-Amz-Target: a.B\r\nX-Amz-Target: c.D\r\n",
        b"Host: local/host\r\n",
        b"Host: localhost\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n",
        b"Host: localhost\r\nContent-Length: 0\r\nContent-Length: 5\r\n",
        b"Host: localhost\r\nContent-Length: +5\r\n",
        b"Host: localhost\r\nTransfer-Encoding: xchunked\r\n",
        b"Host: localhost\r\nTransfer-Encoding: chunked, identity\r\n",
        b"Host: localhost\r\nX-Folded: a\r\n b: c\r\n",
        b"Host: localhost\r\nContent-Length : 5\r\n",
        b"Host: localhost\r\nX\x00Y: 1\r\n",
    ],
)
@pytest.mark.parametrize("path", [b"/", b"/oauth2/token", b"/bucket/key"])
def test_no_such_request_is_answered_as_if_it_were_clear(world: World, path: bytes, lines: bytes) -> None:
    answer = raw(world.origin, b"POST " + path + b" HTTP/1.1\r\n" + lines + b"Connection: close\r\n\r\n0\r\n\r\n")
    assert answer.split()[1] == b"400"
    assert answer.count(b"HTTP/1.1 ") == 1, "what was smuggled behind is no second request"


def test_a_refusal_is_in_the_words_of_whom_was_called(world: World) -> None:
    twice = [("Host", "localhost"), TARGET, TARGET]
    lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in twice)
    answer = raw(world.origin, b"POST / HTTP/1.1\r\n" + lines + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["__type"] == "InvalidRequestException"
    s3 = b"Host: localhost\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request\r\nx_amz_acl: a\r\n"
    answer = raw(world.origin, b"GET /b HTTP/1.1\r\n" + s3 + b"Connection: close\r\n\r\n")
    assert b"<Code>InvalidRequest</Code>" in answer


class Backend(Handler):
    """Says under which headers it was asked."""

    def do_GET(self) -> None:
        seen = [[name.lower(), value] for name, value in self.headers.items()]
        self.answer(200, json.dumps(seen).encode())


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    people = [{"username": "ada", "password": PASSWORD, "attributes": {"email": "ada@example.com"}}]
    client = [{"id": "gatewayclient", "auth_flows": ["ALLOW_USER_PASSWORD_AUTH"]}]
    with answering(Backend) as backend:
        mapped = {"X-Email": "context.authorizer.claims.email"}
        route = {"path": "/api", "pool": "us-east-1_Headers01", "backend": backend, "headers": mapped}
        document = {
            "user_pool": [{"id": "us-east-1_Headers01", "client": client, "user": people}],
            "gateway": [route],
        }
        with running(tmp_path_factory.mktemp("gateway"), document, upstream="none") as up:
            yield up


def test_a_backend_is_told_who_called_by_us_and_by_nobody_else(gateway: World) -> None:
    token = Pool(gateway, "us-east-1_Headers01").tokens({"ClientId": "gatewayclient"})["IdToken"]
    sent = {"Authorization": token, "X-Forwarded-For": "10.0.0.1", "X-Forwarded-User": "root", "Via": "1.1 x"}
    sent |= {"X-Real-IP": "10.0.0.1", "Forwarded": "for=10.0.0.1", "x_email": "mallory", "api_key": "kept"}
    seen = dict(requests.get(f"{gateway.origin}/api/x", headers=sent, timeout=10).json())
    told = {name: value for name, value in seen.items() if "forwarded" in name or name in ("via", "x-real-ip")}
    assert told == {"x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http"}
    assert (seen["x-email"], seen["api_key"]) == ("ada@example.com", "kept")
    assert "x_email" not in seen
    refused = requests.get(f"{gateway.origin}/api/x", headers={**sent, "X-Email": "mallory"}, timeout=10)
    assert (refused.status_code, "can be taken for each other" in refused.text) == (400, True)
