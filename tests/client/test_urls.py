"""A URL is read once: no text is checked by one parser and connected to by another."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
import requests
import urllib3.util
from cognito_peer import CLIENT_ID, REDIRECT_URI, Peer
from hypothesis import given
from hypothesis import strategies as st

import commands
from halfday import Cognito
from halfday.client.browser.loopback import Listener, can_listen
from halfday.client.configuration.setting_sources import host_of
from halfday.client.credentials.console import sign_in_link
from halfday.client.errors import HalfdayError, SettingsError
from halfday.client.http_auth.api_auth import ApiAuth
from halfday.client.settings_loading import load_settings
from halfday.client.transport.blocking import Transport
from halfday.client.transport.wire import Request
from halfday.protocol.credentials import Credentials
from halfday.protocol.endpoints import parse_domain
from halfday.protocol.urls import UrlError, parse_url

TWO_READINGS = [
    "http://127.0.0.2:4371\\@localhost/c",
    "http://127.0.0.2\\.localhost/",
    "http://localhost\\@127.0.0.2/",
    "http:\\\\127.0.0.2/",
    "http://127.0.0.2:80@localhost/",
    "http://localhost@127.0.0.2/",
    "http://localhost:80@127.0.0.2:4371/",
    "http://localhost%40127.0.0.2/",
    "http://localhost%2f@127.0.0.2/",
    "http://localhost\t@127.0.0.2/",
    "http://127.0.0.2 .localhost/",
    "http://127.0.0.2\n.localhost/",
    "http://127.0.0.2\x00.localhost/",
    "http://127.0.0.2\u2028.localhost/",
    "http://127.0.0.2/\r\nHost: localhost",
    "http://loca\u00adlhost/",
    "http://\uff4cocalhost/",
    "http://127\u30020.0.1/",
    "http://[::1]@127.0.0.2/",
    "http://[::1",
    "http://[",
    "http://[::1%25lo]/",
    "http://[::ffff:127.0.0.2].localhost/",
    "http://[v1.x]/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.0.0.1/",
    "http://127.0.0.01/",
    "http://127.0.0.1./",
    "http://1.2.3.4.5/",
    "http://localhost:/",
    "http://localhost:0/",
    "http://localhost:99999/",
    "http://localhost:８０/",
    "http://localhost:80:90/",
    "http:///localhost/",
    "http:localhost/",
    "//localhost/",
    "localhost/",
    "http://",
    "ftp://localhost/",
    "javascript://localhost/%0aalert(1)",
    "",
]
"""What one parser or another takes for a URL of another host, or for none."""

letters = st.sampled_from("ab1.:/@\\?#[]% \t-_=&;,~é\u2028\x00")
TLS = b"\x16\x03"

texts = st.builds(
    lambda scheme, rest: scheme + rest,
    st.sampled_from(["http://", "https://", "HTTP://", "http:", "//", ""]),
    st.lists(
        st.one_of(
            st.sampled_from(
                ["localhost", "127.0.0.1", "127.0.0.2", "[::1]", "evil.example", "0x7f", ":80", ":4371", "/"]
            ),
            letters,
        ),
        max_size=10,
    ).map("".join),
)


class Trap:
    """Accepts connections on 127.0.0.2, where nobody should come."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.2", 0))
        self.port = self.server.getsockname()[1]
        self.received: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.server.accept()
                peer.settimeout(5)
                with peer, contextlib.suppress(OSError):
                    self.received.append(peer.recv(65_536))
                    peer.sendall(b"HTTP/1.1 401 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.server.close()


@pytest.mark.parametrize("text", TWO_READINGS)
def test_what_can_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(UrlError):
        parse_url(text)


@pytest.mark.parametrize(
    ("text", "origin", "target"),
    [
        ("https://api.example", "https://api.example", "/"),
        ("HTTPS://API.Example:443/A?b=C#d", "https://api.example", "/A?b=C"),
        ("http://localhost:8080?x", "http://localhost:8080", "/?x"),
        ("http://[::1]:80/", "http://[::1]", "/"),
        ("http://[0:0::1]:8/", "http://[::1]:8", "/"),
        ("https://under_score.example/", "https://under_score.example", "/"),
        ("https://api.example/caf\u00e9 {x}".replace(" ", ""), "https://api.example", "/caf%C3%A9%7Bx%7D"),
        ("https://api.example/100%/%41", "https://api.example", "/100%25/%41"),
        ("https://api.example/p@q?r=a@b:c//d", "https://api.example", "/p@q?r=a@b:c//d"),
        ("https://api.example//evil.example/..", "https://api.example", "//evil.example/.."),
    ],
)
def test_what_people_write_is_read(text: str, origin: str, target: str) -> None:
    found = parse_url(text)
    assert (found.origin, found.target) == (origin, target)


@given(texts)
def test_what_is_accepted_every_parser_reads_alike(text: str) -> None:
    """Those of urllib, urllib3, requests and httpx: whoever connects by its own reading connects to the same place."""
    try:
        url = parse_url(text)
    except UrlError:
        return
    spelt = str(url)
    assert parse_url(spelt) == url
    one, two, three = urlsplit(spelt), urllib3.util.parse_url(spelt), httpx2.URL(spelt)
    prepared = requests.Request("GET", spelt).prepare()
    four = urlsplit(str(prepared.url))
    default = 443 if url.scheme == "https" else 80
    hosts = {one.hostname, (two.host or "").strip("[]"), three.host, four.hostname}
    assert hosts == {url.host}
    assert {one.port or default, two.port or default, three.port or default, four.port or default} == {url.port}


@given(texts)
def test_a_session_is_kept_under_the_host_that_is_connected_to(text: str) -> None:
    """A domain whose name on disk were another's would send that one's refresh token to it."""
    try:
        domain = parse_domain(text)
    except UrlError:
        return
    url = parse_url(domain.origin)
    assert parse_url(f"{url.scheme}://{host_of(text)}").origin == url.origin


# --- nothing arrives elsewhere ---------------------------------------------------------------------------------------


WRITTEN = [
    "http://127.0.0.2:{port}\\@localhost/c",
    "http://127.0.0.2:{port}\\.localhost/c",
    "http://localhost@127.0.0.2:{port}/c",
    "http://127.0.0.2:{port}/c",
    "http://0x7f000002:{port}/c",
    "http://127.2:{port}/c",
]


@pytest.mark.parametrize("written", WRITTEN)
def test_no_token_goes_where_it_may_not(written: str, trap: Trap, cognito: Cognito, peer: Peer) -> None:
    session = cognito.exchange(peer.issue({}), REDIRECT_URI)
    url = written.format(port=trap.port)
    for call in (
        lambda: ApiAuth(session).first(url),
        lambda: requests.get(url, auth=session.requests_auth(), timeout=5),
        lambda: httpx2.get(url, auth=session.httpx_auth(), timeout=5),
    ):
        with pytest.raises((HalfdayError, httpx2.HTTPError, httpx2.InvalidURL, requests.RequestException)):
            call()
    assert trap.received == []


@pytest.mark.parametrize("written", WRITTEN)
def test_no_domain_takes_codes_and_secrets_elsewhere(written: str, trap: Trap) -> None:
    domain = written.format(port=trap.port).removesuffix("/c")
    for place in (domain, domain.removeprefix("http://")):
        with pytest.raises(HalfdayError):
            Cognito(domain=place, client_id=CLIENT_ID, client_secret="s3cret").exchange("a-code", REDIRECT_URI)
    assert all(one.startswith(TLS) for one in trap.received), "a bare host is https"


@pytest.mark.parametrize("written", WRITTEN[:3])
@pytest.mark.parametrize(
    "name", ["endpoint_url", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SIGNIN"]
)
def test_no_endpoint_is_read_in_two_ways(written: str, name: str, trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    url = written.format(port=trap.port)
    if name.isupper():
        monkeypatch.setenv(name, url)
        settings: dict[str, object] = {}
    else:
        settings = {name: url}
    with pytest.raises(SettingsError, match=name):
        load_settings({"client_id": CLIENT_ID, **settings})
    assert trap.received == []


@pytest.mark.parametrize("region", ["evil.example/#", "x@evil.example", "us-east-1\n", "eu-west-1.evil.example"])
def test_no_region_makes_a_host_of_somebody_elses(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", region)
    with pytest.raises(SettingsError, match="region"):
        load_settings({"client_id": CLIENT_ID})


@pytest.mark.parametrize("written", ["http://localhost:8080\\@evil.example/", "http://[", "http://localhost:99999/"])
def test_no_code_comes_back_to_an_address_that_is_read_in_two_ways(written: str, cognito: Cognito) -> None:
    assert not can_listen(written)
    for refused in (
        lambda: cognito.begin(written),
        lambda: cognito.logout_url(written),
        lambda: Listener(written, "state", print),
        lambda: load_settings({"redirect_uri": written}),
        lambda: load_settings({"logout_uri": written}),
    ):
        with pytest.raises(SettingsError):
            refused()


def test_an_apps_own_scheme_may_take_the_code(cognito: Cognito) -> None:
    assert "redirect_uri=myapp%3A%2F%2Fcallback" in cognito.begin("myapp://callback").url
    with pytest.raises(SettingsError):
        cognito.begin("myapp://call\\back")


def test_no_console_page_is_read_in_two_ways() -> None:
    keys = Credentials("ASIAEXAMPLE", "secret", "token", 4_000_000_000)
    for written in ("https://evil.example\\@console.aws.amazon.com/", "http://console.aws.amazon.com/", "https://["):
        with pytest.raises(SettingsError):
            next(sign_in_link(load_settings({}), keys, destination=written))


def test_what_is_asked_for_is_asked_for_as_written_at_the_host_that_was_checked(trap: Trap) -> None:
    """A path that begins with two slashes is no host, and an absolute one in it no other."""
    for path in ("//localhost/x", "/http://localhost/x", "/a/../b"):
        Transport().send(Request("GET", f"http://127.0.0.2:{trap.port}{path}"))
    assert [one.split(b" ")[1].decode() for one in trap.received] == ["//localhost/x", "/http://localhost/x", "/a/../b"]


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("G\u00c9T", {}),
        ("GET /x HTTP/1.1\r\n", {}),
        ("", {}),
        ("GET", {"X": "a\r\nY: b"}),
        ("GET", {"X\r\nY": "b"}),
        ("GET", {"X": "\u20ac"}),
        ("GET", {"": "b"}),
        ("GET", {"X": "a\x00"}),
    ],
)
def test_what_is_no_request_is_refused_before_it_is_sent(method: str, headers: dict[str, str], trap: Trap) -> None:
    with pytest.raises(SettingsError):
        Transport().send(Request(method, f"http://127.0.0.2:{trap.port}/", headers))
    assert trap.received == []


def test_a_users_password_in_a_url_is_not_shown() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"domain": "https://ada:s3cret@demo.example/?token=s3cret"})
    assert "s3cret" not in str(refused.value) + refused.value.hint


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["http://127.0.0.2:{port}\\@localhost/c"],
        ["--insecure", "http://127.0.0.2:{port}\\@localhost/c"],
        ["http://localhost@127.0.0.2:{port}/"],
        ["GET", "http://["],
        ["G\u00c9T", "http://localhost/"],
        ["GET", "http://localhost:99999/"],
        ["-H", "X: \u20ac", "http://localhost/"],
        ["-H", "a b: c", "http://localhost/"],
    ],
)
def test_halfday_call_sends_nothing_and_says_why(words: list[str], trap: Trap, peer: Peer, cognito: Cognito) -> None:
    cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True)
    asked = [word.format(port=trap.port) for word in words]
    told = commands.run("call", "--domain", peer.origin, "--client-id", CLIENT_ID, *asked, env=os.environ)
    assert told.returncode == 2
    assert told.stderr.startswith("halfday: error:")
    assert "Traceback" not in told.stderr
    assert trap.received == []


@pytest.mark.parametrize(
    ("pasted", "redirect_uri"),
    [
        ("localhost:8080/cb?code={code}", "http://localhost:8080/cb"),
        ("127.0.0.1:8080/cb?code={code}", "http://127.0.0.1:8080/cb"),
        ("[::1]:8080/cb?code={code}", "http://[::1]:8080/cb"),
        ("app.example.com/cb?code={code}&state=x", "https://app.example.com/cb"),
        ("https://app.example.com/cb?code={code}#", "https://app.example.com/cb"),
        ("myapp://cb?code={code}", "myapp://cb"),
    ],
)
def test_an_address_without_a_scheme_is_the_one_that_was_registered(
    pasted: str, redirect_uri: str, cognito: Cognito, peer: Peer
) -> None:
    session = cognito.exchange(pasted.format(code=peer.issue({"redirect_uri": redirect_uri})))
    assert session.subject
