"""Short calls go past ASGI. What is asserted here is that nobody can tell: by answer, record, order or error."""

from __future__ import annotations

import base64
import json
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from halfday.server.events.requests import RequestRecord
from halfday.server.http.requests.body_budget import SHORT_BYTES
from halfday.server.http.straight import StraightRoads
from mail_server import until
from sockets import raw, read_answer
from world import Pool, World

TARGET = "AWSCognitoIdentityProviderService."
FORM = "application/x-www-form-urlencoded"
Head = dict[str, str]


@pytest.fixture
def records(world: World) -> Iterator[list[RequestRecord]]:
    kept: list[RequestRecord] = []
    world.running.services.request_subscribers.add(kept.append)
    yield kept
    world.running.services.request_subscribers.remove(kept.append)


@pytest.fixture
def straight(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the requests that went the straight road, from now on."""
    gone: list[str] = []
    answer = StraightRoads._answer

    async def watched(roads: StraightRoads, request: Any, *rest: Any) -> Any:
        gone.append(request.scope["path"])
        return await answer(roads, request, *rest)

    monkeypatch.setattr(StraightRoads, "_answer", watched)
    return gone


def wire(method: str, path: str, head: Head, body: bytes, *, chunked: bool = False, close: bool = True) -> bytes:
    """The request's bytes. In chunks it goes by ASGI."""
    framing = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(body))}
    lines = {"Host": "localhost", **head, **framing, **({"Connection": "close"} if close else {})}
    sent = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode() + (sent + b"0\r\n\r\n" if chunked else body)


def call(name: str, members: object, **head: str) -> tuple[str, str, Head, bytes]:
    head = {"X-Amz-Target": f"{TARGET}{name}", "Content-Type": "application/x-amz-json-1.1", **head}
    return "POST", "/", head, members if isinstance(members, bytes) else json.dumps(members).encode()


def form(path: str, fields: dict[str, str], **head: str) -> tuple[str, str, Head, bytes]:
    return "POST", path, {"Content-Type": FORM, **head}, urlencode(fields).encode()


def bearer(token: str, method: str = "GET") -> tuple[str, str, Head, bytes]:
    return method, "/oauth2/userInfo", {"Authorization": f"Bearer {token}"}, b""


DUMMY = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00"
DATED = {"Authorization": DUMMY, "X-Amz-Date": "20260101T000000Z"}
BASIC = base64.b64encode(b"nobody:secret").decode()
REQUESTS = {
    "an operation of the root's": call("ListUserPools", {"MaxResults": 1}, **DATED),
    "one that nobody signed": call("ListUserPools", {"MaxResults": 1}),
    "a broken signature": call("ListUserPools", {"MaxResults": 1}, Authorization="AWS4-HMAC-SHA256 x"),
    "a broken constraint": call("ListUserPools", {"MaxResults": 0}, **DATED),
    "a token that is none": call("GetUser", {"AccessToken": "x.y.z"}),
    "a client that is none": call("InitiateAuth", {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "0" * 26}),
    "an operation that is none": call("Nothing", {}),
    "one that is not built": call("StartWebAuthnRegistration", {"AccessToken": "x", "Strange": 1}),
    "no JSON": call("GetUser", b"{"),
    "no UTF-8": call("GetUser", b'{"AccessToken": "\xff"}'),
    "no body": call("ListUserPools", b"", **DATED),
    "a service that is none": ("POST", "/", {"X-Amz-Target": "Nobody.Nothing"}, b"{}"),
    "a path that is none": ("POST", "/nothing", {"X-Amz-Target": f"{TARGET}GetUser"}, b"{}"),
    "no grant": form("/oauth2/token", {}),
    "a client of nobody's": form("/oauth2/token", {"grant_type": "client_credentials"}, Authorization=f"Basic {BASIC}"),
    "a field twice": ("POST", "/oauth2/token", {"Content-Type": FORM}, b"grant_type=a&grant_type=b"),
    "no form": ("POST", "/oauth2/token", {"Content-Type": "application/json"}, b"{}"),
    "a control character in a field": form("/oauth2/token", {"grant_type": "a\x00\r\nb", "client_id": "é+ %"}),
    "userInfo without a token": ("GET", "/oauth2/userInfo", {}, b""),
    "userInfo by a token that is none": bearer("x.y.z"),
    "userInfo by POST": bearer("x.y.z", "POST"),
}


def told(answer: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Status, headers and body, without what differs from request to request."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    ours = (b"date:", b"x-amzn-requestid:", b"x-amz-cognito-request-id:")
    return status, sorted(line for line in lines if not line.lower().startswith(ours)), body


@pytest.mark.parametrize("name", REQUESTS)
def test_both_roads_give_the_same_answer_and_the_same_record(
    world: World, records: list[RequestRecord], straight: list[str], name: str
) -> None:
    request = REQUESTS[name]
    answers = [told(raw(world.origin, wire(*request, chunked=chunked))) for chunked in (False, True)]
    assert len(straight) == 1, "the one in chunks goes by ASGI"
    assert answers[0] == answers[1]
    by_road = [{f: getattr(r, f) for f in ("status", "operation", "route", "caller", "grant", "why")} for r in records]
    assert by_road[0] == by_road[1]
    assert len({record.request_id for record in records}) == 2


ELSEWHERE = {
    "a longer body": form("/oauth2/token", {"grant_type": "x" * SHORT_BYTES}),
    "a query": form("/oauth2/token?client_id=x", {}),
    "a signature of another service's": form("/oauth2/token", {}, **DATED),
    "Signature Version 2": form("/oauth2/token", {}, Authorization="AWS key:signature"),
    "headers that can be read in two ways": call("GetUser", {}, X_Amz_Target=f"{TARGET}ListUsers"),
    "a form as for S3": ("POST", "/oauth2/token", {"Content-Type": "multipart/form-data; boundary=x"}, b"--x--"),
    "another method": ("PUT", "/", {"X-Amz-Target": f"{TARGET}GetUser"}, b"{}"),
    "a page": ("GET", "/login", {}, b""),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_may_be_meant_for_somebody_else_goes_by_asgi(world: World, straight: list[str], name: str) -> None:
    assert raw(world.origin, wire(*ELSEWHERE[name])).startswith(b"HTTP/1.1 ")
    assert straight == []


@pytest.mark.parametrize("filling", [0, 700], ids=["in one slice", "in several slices"])
def test_requests_sent_ahead_are_answered_in_their_order_by_whichever_road(
    world: World, straight: list[str], filling: int
) -> None:
    ways = (False, False, True, False, True, False, False)
    calls = [call(f"Nothing{number}", {"x": "y" * filling}) for number in range(len(ways))]
    sent = b"".join(wire(*one, chunked=chunked, close=False) for one, chunked in zip(calls, ways, strict=True))
    answers = raw(world.origin, sent + wire(*call("Last", {})))
    told = re.findall(rb"\"cognito-idp has no operation (\w+)", answers)
    assert told == [*(f"Nothing{number}".encode() for number in range(len(ways))), b"Last"]
    assert len(straight) == ways.count(False) + 1


@pytest.mark.parametrize("at", [1, 60, -1], ids=["its first byte", "its head", "its last byte"])
def test_a_request_in_two_parts_is_one(world: World, at: int) -> None:
    sent, parts = wire(*call("Nothing", {})), urlsplit(world.origin)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(sent[:at])
        raw(world.origin, wire(*call("Between", {})))  # the first part has been read when this is answered
        connection.sendall(sent[at:])
        assert b"no operation Nothing" in read_answer(connection)


def test_a_client_that_leaves_before_its_body_is_whole_leaves_a_record(
    world: World, records: list[RequestRecord]
) -> None:
    parts = urlsplit(world.origin)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(wire(*call("GetUser", {"AccessToken": "x"}))[:-1])
        raw(world.origin, wire(*call("Between", {})))
    until(lambda: len(records) == 2)
    assert [record.status for record in records] == [400, 499]


def test_an_answer_to_http_1_0_closes_its_connection(world: World, straight: list[str]) -> None:
    sent = wire(*call("Nothing", {}), close=False).replace(b"HTTP/1.1", b"HTTP/1.0")
    assert b"\r\nconnection: close\r\n" in raw(world.origin, sent)
    assert len(straight) == 1


def test_an_error_that_nobody_expected_tells_its_request_id_and_no_more(
    world: World, pool: Pool, records: list[RequestRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.running.services, "store", None)
    status, _, body = told(raw(world.origin, wire(*call("DescribeUserPool", {"UserPoolId": pool.pool_id}, **DATED))))
    assert status.startswith(b"HTTP/1.1 500 ")
    assert json.loads(body) == {
        "__type": "InternalErrorException",
        "message": f"Internal error. Request id {records[0].request_id}",
    }
    assert [record.status for record in records] == [500]
