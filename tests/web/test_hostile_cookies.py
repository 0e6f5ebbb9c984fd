"""Whatever comes in our cookies: nobody's session, no crash, no work before the cheap checks, and no name but ours."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfday.web.cookie_sessions import CookieSessions
from halfday.web.cookies import read_cookies
from halfday.web.http_messages import CHUNK_CHARACTERS, MAX_CHUNKS, WebRequest, join_value, split_value
from halfday.web.packing import pack, unpack
from halfday.web.pending_sign_ins import PendingSignIns
from halfday.web.sealing import Sealer
from sockets import raw
from web.jar import SECRET, relying_party
from web_applications import Application
from world import Clock

VALUES = [
    b"0012000000.x",
    b"12000000.x",
    b"9" * 5000 + b".x",
    b"1." + b"A" * 30_000,
    b"2." + b"A" * CHUNK_CHARACTERS,
    b"1.A=",
    b"-1.A",
    b"1e9.A",
    b"1_0.A",
    b" 1.A",
    b"\xb2.A",
    b"\xd9\xa1.A",
    b"\xef\xbc\x91.A",
    b"1.\xff\xfe",
    b'"1.AAAA"',
    b"1.%41",
    b"\x7f",
    b"1." + b"." * 9000,
    b"1." + b"-_" * 50,
]
STRIPPED = [b"\xa0", b"\x85", b"\xc2\xa0", b"\xe2\x80\x83", b"\x1c", b"\x1f", b"\x0b", b"\x0c", b"$", b"\xe3\x80\x80"]
"""What browsers let stand before a name, and a framework or another may strip."""


def request(application: Application, cookie: bytes, path: str = "/") -> tuple[int, bytes]:
    lines = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n"
    answer = raw(
        application.origin.replace("localhost", "127.0.0.1"), lines.encode() + b"Cookie: " + cookie + b"\r\n\r\n"
    )
    head, _, _ = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), head


# --- over all frameworks ----------------------------------------------------------------------------------------------


def test_a_value_that_is_none_of_ours_is_nobodys_and_costs_nothing(each_application: Application) -> None:
    for value in VALUES:
        for name in (b"halfday", b"halfday.1", b"halfday-begun-0123456789abcdef"):
            for path in ("/", "/maybe", "/login", "/callback?state=x&code=y"):
                status, head = request(each_application, name + b"=" + value, path)
                assert status in (200, 303, 400), (name, value[:40], path, head)
                if path == "/":
                    assert status in (303, 400)


def test_a_name_that_is_nearly_ours_is_not_answered_with_a_cookie(each_application: Application) -> None:
    for name in (
        "halfday.٣",
        "halfday.²",
        "halfday.x",
        "halfday.11",
        "halfday-begun-\x85",
        "halfday-begun-x;y",
        "HALFDAY",
    ):
        for path in ("/", "/maybe", "/login"):
            status, head = request(each_application, name.encode() + b"=1; halfday=1.AAAA", path)
            assert status in (200, 303, 400)
            names = re.findall(rb"\r\nset-cookie: *([^=]+)=", head.lower())
            assert all(found.startswith(b"halfday-begun-") and found.isascii() for found in names)


def test_a_name_that_a_framework_would_strip_is_not_ours(each_application: Application) -> None:
    """Of such a name the browser enforces no __Host- prefix: a neighbouring host may have set it."""
    visitor = each_application.visitor()
    visitor.sign_in()
    value = visitor.cookies["halfday"].encode()
    assert request(each_application, b"halfday=" + value)[0] == 200
    assert request(each_application, b"other=1;\t halfday=" + value + b" ;x")[0] == 200
    for before in STRIPPED:
        for planted in (
            before + b"halfday=" + value,
            b"halfday" + before + b"=" + value,
            b"a=b; " + before + b"halfday=" + value,
        ):
            assert request(each_application, planted)[0] in (303, 400)
    for planted in (b"=halfday=" + value, b'"halfday"=' + value, b"half%64ay=" + value, b"Halfday=" + value):
        assert request(each_application, planted)[0] == 303


def test_a_name_that_comes_twice_is_nobodys(each_application: Application) -> None:
    mine, planted = each_application.visitor(), each_application.visitor()
    mine.sign_in()
    planted.sign_in()
    one, other = (visitor.cookies["halfday"].encode() for visitor in (mine, planted))
    assert request(each_application, b"halfday=" + one + b"; halfday=" + other)[0] == 303
    assert request(each_application, b"halfday=" + one + b"; halfday=")[0] == 303


# --- the mechanism ----------------------------------------------------------------------------------------------------


class Counting(Mapping[str, str]):
    """Cookies that count how often they are asked for."""

    def __init__(self, cookies: dict[str, str]) -> None:
        self._cookies, self.asked = cookies, 0

    def __getitem__(self, name: str) -> str:
        self.asked += 1
        return self._cookies[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cookies)

    def __len__(self) -> int:
        return len(self._cookies)


@pytest.mark.parametrize(
    "count", ["0012000000", "12000000", "9" * 5000, str(MAX_CHUNKS + 1), "0", "00", "01", "1 ", "+1"]
)
def test_a_number_in_a_cookie_is_not_counted_up_to(count: str) -> None:
    cookies = Counting({"halfday": f"{count}.x"})
    assert join_value("halfday", cookies) is None
    assert cookies.asked <= MAX_CHUNKS


@given(
    st.text(alphabet=string.ascii_letters + string.digits + "-_", min_size=1, max_size=MAX_CHUNKS * CHUNK_CHARACTERS)
)
def test_what_was_split_is_joined_again_and_nothing_else_is(value: str) -> None:
    cookies = split_value("halfday", value)
    assert join_value("halfday", cookies) == value
    for name in cookies:
        assert join_value("halfday", {other: text for other, text in cookies.items() if other != name}) is None
        assert join_value("halfday", {**cookies, name: cookies[name] + "é"}) is None


class Keys:
    """Ciphers that count what they are given to open."""

    def __init__(self) -> None:
        self.opened = 0

    def decrypt(self, nonce: bytes, sealed: bytes, purpose: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        self.opened += 1
        raise InvalidTag


@pytest.mark.parametrize("value", [v.decode("latin-1") for v in VALUES if v != b"1." + b"-_" * 50])
def test_no_key_is_used_for_what_cannot_be_ours(value: str) -> None:
    sealer, keys = Sealer([SECRET]), Keys()
    sealer._ciphers = [keys]  # type: ignore[list-item]
    party = relying_party(redirect_uri="http://localhost:8000/callback")
    party._sessions._sealer = sealer
    for name in ("halfday", "halfday.1", "halfday-begun-0123456789abcdef"):
        visit = WebRequest("GET", "/", cookies={name: value})
        assert party.session(visit) is None
        assert party.told(visit, None) == []
        PendingSignIns(party._sessions, "halfday", secure=False, clock=Clock())._began_at(visit, name)
    assert keys.opened <= (1 if set(value) <= set(string.ascii_letters + string.digits + "-_") else 0)


anything = st.text(max_size=60) | st.from_regex(r"[0-9]{1,3}\.[A-Za-z0-9_-]{0,80}", fullmatch=True)
names = st.sampled_from(["__Host-halfday", "__Host-halfday.1", "__Host-halfday-begun-0123456789abcdef"])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(names | st.text(max_size=30), anything | st.binary(max_size=90).map(lambda b: b.decode("latin-1")))
)
def test_whatever_comes_in_cookies_is_nobodys(cookies: dict[str, str]) -> None:
    party = relying_party()
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    for given_cookies in (cookies, read_cookies(header)):
        visit = WebRequest("GET", "/", cookies=given_cookies)
        assert party.session(visit) is None
        assert party.told(visit, None) == []
        assert party.begin(WebRequest("GET", "/login", cookies=given_cookies)).status == 303
        assert party.finish(WebRequest("GET", "/callback", "state=x&code=y", cookies=given_cookies)).status == 400
        answer = party.sign_out(WebRequest("POST", "/logout", cookies=given_cookies))
        assert answer.status == 303
        assert all(cookie.name.isascii() and cookie.name.startswith("__Host-halfday") for cookie in answer.cookies)


@given(st.text(max_size=200))
def test_a_cookie_header_is_read_letter_for_letter(header: str) -> None:
    for name, value in read_cookies(header).items():
        assert f"{name}={value}" in header
        assert header.count(f"{name}=") >= 1


def test_a_long_cookie_header_is_read_in_a_time_that_grows_with_it() -> None:
    """By what is done, not by the clock: one look at each pair, and none at all at what no server lets through."""
    pairs = "; ".join(f"n{number}=v" for number in range(5000))
    assert len(read_cookies(pairs)) == 5000
    assert read_cookies(pairs * 3) == {}


# --- how much there is room for ---------------------------------------------------------------------------------------


json_text = st.text(max_size=12)
token = st.text(alphabet=string.ascii_letters + string.digits + "-_.=", max_size=60) | st.none()


@given(token, token, token, st.dictionaries(json_text, json_text | st.integers() | st.none(), max_size=4))
def test_a_packed_session_is_the_same_again(one: str, two: str, three: str, rest: dict[str, Any]) -> None:
    record = {**rest, "tokens": {"id_token": one, "access_token": two, "refresh_token": three, "by": "code"}}
    assert unpack(pack(record)) == record


@given(st.lists(st.text(alphabet=string.printable, max_size=9), max_size=5), st.booleans())
def test_groups_are_kept_once_and_come_back_in_both_tokens(groups: list[str], are_equal: bool) -> None:
    import json

    from halfday.protocol.encoding import b64url_encode

    def made(**claims: Any) -> str:
        return ".".join(b64url_encode(json.dumps(part, separators=(",", ":")).encode()) for part in ({"a": 1}, claims))

    tokens = {
        "id_token": made(**{"cognito:groups": groups, "aud": "c"}) + ".AAAA",
        "access_token": made(**{"sub": "s", "cognito:groups": groups if are_equal else ["other"]}) + ".BBBB",
        "refresh_token": "opaque",
    }
    assert unpack(pack({"tokens": tokens})) == {"tokens": tokens}


@given(st.binary(max_size=80))
def test_what_was_not_packed_is_no_session(packed: bytes) -> None:
    try:
        unpack(packed)
    except ValueError:
        return
    raise AssertionError("bytes became a session")


def test_a_session_of_another_way_of_keeping_is_none() -> None:
    keeping = CookieSessions(Sealer([SECRET]), Clock())
    for sealed in (["number", 2**40], {"number": "x"}, 1, "x", None, [], ["a", "b", "c"]):
        text = keeping.seal(sealed, "session", 2**40)
        assert keeping.open(text) is None
        assert not keeping.is_ours(text)
