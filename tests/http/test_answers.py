"""Whatever is repeated in an answer, it arrives: no header breaks it, no document is one that parsers refuse."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from halfday.server.http.answers import LONGEST_SENTENCE, SafeAnswers, header_text, quoted
from halfday.server.http.edge import Edge
from sockets import on_a_socket
from world import CALLBACK, Browser, Pool, World

IDP = "AWSCognitoIdentityProviderService"
CONTROL = "".join(map(chr, [*range(32), 127]))
HOSTILE = ["\x00", "\x1b[2J", "\x7f", "a\r\nSet-Cookie: x=y", CONTROL, "é" * 10]
HOSTILE += ["\u2028", "\ud7ff", "\U0001f511", '"\\"']
LONG = {"of letters": "x" * 70_000, "of NULs": "\x00" * 15_000, "of keys": "\U0001f511" * 8_000}

texts = st.text(max_size=300) | st.sampled_from(HOSTILE) | st.text(alphabet=CONTROL + 'é"\\a', max_size=50)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(texts)
def test_a_sentence_in_a_header_is_one_short_line_of_ascii(sentence: str) -> None:
    shown = header_text(sentence)
    assert len(shown) <= LONGEST_SENTENCE
    assert shown == "" or (shown.isascii() and shown.isprintable() and shown == shown.strip())
    inner = quoted(sentence)[1:-1]
    assert '"' not in inner.replace("\\\\", "").replace('\\"', "")


def test_a_sentence_that_fits_is_left_as_it_is() -> None:
    assert header_text("1 validation error detected: Value 'x' at 'poolName'") == (
        "1 validation error detected: Value 'x' at 'poolName'"
    )


class Anything:
    """An application that answers what it was told to: headers of any bytes, any status."""

    headers: list[tuple[bytes, bytes]]
    status: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"whole"})


@pytest.fixture(scope="module")
def anything() -> Iterator[tuple[Anything, str]]:
    app = Anything()
    with on_a_socket(lambda origin: SafeAnswers(Edge(app))) as origin:
        yield app, origin


@quick
@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=200)), max_size=8), st.integers(100, 999))
def test_no_header_and_no_status_makes_the_library_raise(
    anything: tuple[Anything, str], headers: list[tuple[bytes, bytes]], status: int
) -> None:
    app, origin = anything
    own = {b"content-length", b"transfer-encoding", b"connection", b"content-encoding"}
    app.headers = [(name, value) for name, value in headers if name.lower() not in own]
    app.status = status
    answer = urllib3.request("GET", origin, redirect=False, retries=False)
    assert answer.status == (status if 200 <= status <= 599 else 502)
    assert answer.status in (204, 304, 502) or answer.data == b"whole"


def test_headers_that_no_client_would_read_are_not_passed_on(anything: tuple[Anything, str]) -> None:
    app, origin = anything
    app.headers, app.status = [(b"x-meta", b"a" * 60_000)], 200
    assert requests.get(origin, timeout=10).status_code == 502


def test_a_header_s_bytes_beyond_ascii_are_left_as_they_are(anything: tuple[Anything, str]) -> None:
    app, origin = anything
    app.headers, app.status = [(b"x-amz-meta-name", "Zoë".encode())], 200
    assert requests.get(origin, timeout=10).headers["x-amz-meta-name"].encode("latin-1").decode() == "Zoë"


def call(world: World, operation: str, members: Any) -> requests.Response:
    headers = {"X-Amz-Target": f"{IDP}.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    return requests.post(world.origin, data=json.dumps(members), headers=headers, timeout=20)


@quick
@given(texts)
def test_every_refusal_of_the_json_api_can_be_read(world: World, text: str) -> None:
    read_refusals_of_the_json_api(world, text)


@pytest.mark.parametrize("what", LONG)
def test_a_refusal_that_repeats_something_long_can_be_read(world: World, what: str) -> None:
    read_refusals_of_the_json_api(world, LONG[what])


def read_refusals_of_the_json_api(world: World, text: str) -> None:
    """Of what is repeated in x-amzn-ErrorMessage: values, and names of what is not there."""
    for operation, members in (
        ("InitiateAuth", {"ClientId": text, "AuthFlow": text}),
        ("SignUp", {"ClientId": "nobody", "Username": text, "Password": "x"}),
        ("GetUser", {"AccessToken": text}),
    ):
        answer = call(world, operation, members)
        assert answer.status_code == 400
        assert answer.json()["message"] is not None
        assert answer.headers["x-amzn-ErrorMessage"].isprintable()
        assert len(answer.headers["x-amzn-ErrorMessage"]) <= LONGEST_SENTENCE


@quick
@given(texts)
def test_every_refusal_of_the_query_api_is_well_formed(world: World, text: str) -> None:
    for form in (
        {"Action": text, "Version": "2011-06-15"},
        {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": text, "WebIdentityToken": text},
    ):
        body = "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in form.items())
        answer = requests.post(
            world.origin, data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}, timeout=20
        )
        assert answer.status_code in (400, 403, 413), answer.text
        assert answer.status_code == 413 or ET.fromstring(answer.content).tag.endswith("ErrorResponse")


@quick
@given(texts)
def test_every_refusal_of_the_front_door_is_well_formed(world: World, text: str) -> None:
    path = quote(text.encode("utf-8", "replace"), safe="")[:7000].rpartition("%")[0]
    region = re.sub("[/,]", "", header_text(text)[:50]).strip() or "x"
    signature = f"Credential=ASIANOBODY/20260101/{region}/s3/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {signature}, SignedHeaders=host, Signature=00"}
    answer = requests.get(f"{world.origin}/bucket/{path}", headers=headers, timeout=20)
    assert answer.status_code in (400, 403), answer.text
    assert ET.fromstring(answer.content).tag in ("Error", "{http://s3.amazonaws.com/doc/2006-03-01/}Error")


@quick
@given(st.text(max_size=200) | st.sampled_from(HOSTILE))
def test_every_redirect_arrives_whatever_the_state(world: World, pool: Pool, text: str) -> None:
    """A Location holds the app's state: escaped, and never cut."""
    client = _client(pool)
    state = text.encode("utf-8", "replace").decode()
    answer = Browser(world.origin).authorize(client, state=state, prompt="none")
    assert answer.status_code == 302
    assert answer.headers["Location"].isprintable()
    assert answer.headers["Location"].startswith(CALLBACK)


_clients: dict[str, Any] = {}


def _client(pool: Pool) -> Any:
    if pool.pool_id not in _clients:
        _clients[pool.pool_id] = pool.client()
    return _clients[pool.pool_id]


def test_a_url_that_fits_has_a_redirect_that_arrives(world: World, pool: Pool) -> None:
    """The longest state that there can be, of letters whose escapes are longer than they are."""
    client = pool.client()
    for letter in ("/", "a", "%00"):
        state = letter * (7000 // len(letter))
        query = f"client_id={client['ClientId']}&response_type=code&redirect_uri={CALLBACK}&prompt=none&state={state}"
        answer = requests.get(f"{world.origin}/oauth2/authorize?{query}", allow_redirects=False, timeout=10)
        assert answer.status_code == 302
        assert f"state={quote(state.replace('%00', chr(0)), safe='')}" in answer.headers["Location"]


def test_a_connection_goes_on_after_a_refusal_with_control_characters(world: World) -> None:
    """urllib3 would say that it opened another."""
    with urllib3.HTTPConnectionPool(*world.origin.removeprefix("http://").split(":"), maxsize=1) as pool:
        for text in HOSTILE:
            body = json.dumps({"ClientId": "x", "AuthFlow": text})
            answer = pool.request("POST", "/", body=body, headers={"X-Amz-Target": f"{IDP}.InitiateAuth"})
            assert answer.status == 400
        assert (pool.num_connections, pool.num_requests) == (1, len(HOSTILE))
