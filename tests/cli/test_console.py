"""The console link, from a federation endpoint that answers as AWS's does, and its way into a browser."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import federation_peer
import pytest
from cognito_peer import REDIRECT_URI, Peer
from federation_peer import PAGE_400, TOKEN, Federation

from halfday.client.credentials.console import destination_of, partition_of
from halfday.client.errors import SettingsError

BROWSER = """
import html, pathlib, re, sys, urllib.error, urllib.request
class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *anything): return None
page = urllib.request.urlopen(sys.argv[2]).read().decode()
address = html.unescape(re.search('href="([^"]+)"', page)[1])
seen = [sys.argv[2], address]
for attempt in range(2):
    try: urllib.request.build_opener(Stay).open(address)
    except urllib.error.HTTPError as answer: seen.append(f"{answer.code} {answer.headers.get('Location')}")
    except OSError: seen.append("gone")
pathlib.Path(sys.argv[1]).write_text("\\n".join(seen))
"""


@pytest.fixture
def federation(run, peer: Peer) -> Iterator[Federation]:
    assert run("exchange", peer.issue({}), "--redirect-uri", REDIRECT_URI).returncode == 0
    with federation_peer.running() as federation:
        yield federation


def link_of(text: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(text.strip())
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query))


def test_the_link_carries_a_token_and_no_credentials(run, federation: Federation) -> None:
    printed = run("console", "--url", "--service", "s3", AWS_ENDPOINT_URL_SIGNIN=federation.origin)
    assert printed.returncode == 0, printed.stderr
    place, members = link_of(printed.stdout)
    assert place == f"{federation.origin}/federation"
    page = "https://console.aws.amazon.com/s3/home?region=eu-west-1"
    assert members == {"Action": "login", "Issuer": "halfday", "Destination": page, "SigninToken": TOKEN}
    [(path, asked)] = federation.requests
    assert path == "/federation"
    keys = json.loads(run("credentials").stdout)
    session = {"sessionId": keys["AccessKeyId"], "sessionKey": "secret", "sessionToken": "token"}
    assert asked.keys() == {"Action", "SessionType", "Session"}
    assert (asked["Action"], json.loads(asked["Session"])) == ("getSigninToken", session)


def test_any_page_of_the_console_may_be_the_destination(run, federation: Federation) -> None:
    page = "https://eu-west-1.console.aws.amazon.com/lambda/home#/functions"
    printed = run("console", "--url", "--destination", page, AWS_ENDPOINT_URL_SIGNIN=federation.origin)
    assert link_of(printed.stdout)[1]["Destination"] == page
    refused = run("console", "--url", "--destination", "http://x", AWS_ENDPOINT_URL_SIGNIN=federation.origin)
    assert refused.returncode == 2


def test_the_browser_gets_the_link_by_an_address_that_works_once(run, federation: Federation, tmp_path: Path) -> None:
    script, seen = tmp_path / "browser.py", tmp_path / "seen"
    script.write_text(BROWSER)
    browser = f"{sys.executable} {script} {seen} %s"
    done = run("console", AWS_ENDPOINT_URL_SIGNIN=federation.origin, BROWSER=browser)
    assert done.returncode == 0, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    given, address, first, second = seen.read_text().splitlines()
    assert urlsplit(given).scheme == "file", "what stands in the process list is of no use to anybody else"
    assert not Path(urlsplit(given).path).exists(), "and is gone with the command"
    assert urlsplit(address).hostname == "127.0.0.1"
    assert TOKEN not in given + address
    assert link_of(first.removeprefix("302 "))[1]["SigninToken"] == TOKEN
    assert second in ("404 None", "gone")


def test_without_a_browser_it_is_said_how_to_get_the_link(run, federation: Federation) -> None:
    refused = run("console", AWS_ENDPOINT_URL_SIGNIN=federation.origin, NOBROWSER="1")
    assert refused.returncode == 1
    assert "--url --show" in refused.stderr


def test_the_link_is_not_shown_on_a_terminal_unasked(on_terminal, federation: Federation) -> None:
    assert on_terminal("console", "--url", AWS_ENDPOINT_URL_SIGNIN=federation.origin) == (2, "")
    code, shown = on_terminal("console", "--url", "--show", AWS_ENDPOINT_URL_SIGNIN=federation.origin)
    assert (code, link_of(shown)[1]["SigninToken"]) == (0, TOKEN)


def test_a_refusal_is_told_in_the_endpoint_s_own_words(run, federation: Federation) -> None:
    federation.status, federation.body = 400, PAGE_400
    refused = run("console", "--url", AWS_ENDPOINT_URL_SIGNIN=federation.origin)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Invalid credentials parameter" in refused.stderr
    federation.status = 503
    assert run("console", "--url", AWS_ENDPOINT_URL_SIGNIN=federation.origin).returncode == 4
    federation.status, federation.body = 200, b"<html>a captive portal</html>"
    assert run("console", "--url", AWS_ENDPOINT_URL_SIGNIN=federation.origin).returncode == 4


@pytest.mark.parametrize(
    ("region", "signin", "page"),
    [
        ("eu-west-1", "https://signin.aws.amazon.com", "https://console.aws.amazon.com/console/home?region=eu-west-1"),
        ("us-gov-west-1", "https://signin.amazonaws-us-gov.com",
         "https://console.amazonaws-us-gov.com/console/home?region=us-gov-west-1"),
        ("cn-north-1", "https://signin.amazonaws.cn", "https://console.amazonaws.cn/console/home?region=cn-north-1"),
        (None, "https://signin.aws.amazon.com", "https://console.aws.amazon.com/console/home"),
    ],
)  # fmt: skip
def test_every_partition_has_its_own_console(region: str | None, signin: str, page: str) -> None:
    assert partition_of(region).signin == signin
    assert destination_of(region, None) == page


@pytest.mark.parametrize("region", ["us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"])
def test_a_partition_that_is_not_known_is_not_sent_credentials(region: str) -> None:
    with pytest.raises(SettingsError):
        partition_of(region)
