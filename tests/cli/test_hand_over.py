"""A sign-in begun on a machine without a browser and finished there: two homes, one link and one answer."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cognito_peer import SUB, Peer

import commands

Machine = Callable[..., "subprocess.CompletedProcess[str]"]
FOLLOWS_THE_PAGE = """
import html, re, sys, urllib.request
page = urllib.request.urlopen(sys.argv[1]).read().decode()
urllib.request.urlopen(html.unescape(re.search('href="([^"]+)"', page)[1])).read()
"""


@pytest.fixture
def headless(environ: dict[str, str], peer: Peer) -> Machine:
    """The machine that the settings are on; no browser opens there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        peer.redirect_uris = [f"http://localhost:{probe.getsockname()[1]}"]
    environ["HALFDAY_REDIRECT_URI"] = peer.redirect_uris[0]
    return lambda *argv, stdin="": commands.run("login", *argv, env={**environ, "NOBROWSER": "1"}, stdin=stdin)


@pytest.fixture
def laptop(environ: dict[str, str], tmp_path: Path) -> Machine:
    """Another machine: another home, no setting of Halfday's, a browser."""
    home = tmp_path / "laptop"
    home.mkdir()
    browser = home / "browser.py"
    browser.write_text(FOLLOWS_THE_PAGE)
    theirs = {name: value for name, value in environ.items() if not name.startswith(("HALFDAY_", "AWS_"))}
    theirs |= {"HOME": str(home), "BROWSER": f"{sys.executable} {browser} %s &"}
    return lambda *argv, stdin="": commands.run("login", *argv, env=theirs, stdin=stdin)


def begun(headless: Machine) -> tuple[str, str]:
    """(the link, the short code)."""
    done = headless("--hand-over")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr.partition("It asks for this code: ")[2].split()[0]


def test_what_one_machine_begins_another_signs_in_and_the_first_keeps(
    headless: Machine, laptop: Machine, peer: Peer, environ: dict[str, str], tmp_path: Path
) -> None:
    link, code = begun(headless)
    carried = laptop("--hand-over", link, stdin=f"{code.lower()}\n")
    assert carried.returncode == 0, carried.stderr
    assert "another machine" in carried.stderr
    address = carried.stdout.strip()
    finished = headless("--hand-over", address, "--json")
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["sub"] == SUB
    assert len(list(Path(environ["HALFDAY_CACHE_DIR"]).glob("*.json"))) == 1
    assert not list((tmp_path / "laptop").rglob("*.json")), "the machine that carried keeps nothing"
    again = headless("--hand-over", address)
    assert again.returncode == 2
    assert "no answer to a sign-in that was begun on this machine" in again.stderr


def test_the_verifier_stays_where_the_sign_in_began(
    headless: Machine, laptop: Machine, environ: dict[str, str]
) -> None:
    link, code = begun(headless)
    [pending] = Path(environ["HALFDAY_CACHE_DIR"]).glob("pending/*.json")
    verifier = json.loads(pending.read_text())["code_verifier"]
    carried = laptop("--hand-over", "-", stdin=f"{link}\n{code}\n")
    assert carried.returncode == 0, carried.stderr
    assert verifier not in link + carried.stdout + carried.stderr
    assert set(parse_qs(urlsplit(carried.stdout.strip()).query)) == {"code", "state"}


def test_an_answer_is_of_no_use_to_who_reads_it_on_the_way(
    headless: Machine, laptop: Machine, peer: Peer, environ: dict[str, str], tmp_path: Path
) -> None:
    link, code = begun(headless)
    address = laptop("--hand-over", link, stdin=f"{code}\n").stdout.strip()
    thief = {**environ, "HOME": str(tmp_path / "thief"), "HALFDAY_CACHE_DIR": str(tmp_path / "thief" / "cache")}
    refused = commands.run("login", "--hand-over", address, env=thief)
    assert refused.returncode == 2
    assert commands.run("exchange", address, env=thief).returncode == 1, "the peer asks for the verifier"


def test_an_answer_that_somebody_else_sends_signs_nobody_in(
    headless: Machine, peer: Peer, environ: dict[str, str]
) -> None:
    done = headless("--hand-over", f"{peer.redirect_uris[0]}/?code={peer.issue({})}&state=theirs")
    assert done.returncode == 2
    assert "no answer to a sign-in that was begun on this machine" in done.stderr
    assert headless("--hand-over", peer.issue({})).returncode == 2
    assert not list(Path(environ["HALFDAY_CACHE_DIR"]).glob("*.json"))


def test_nothing_opens_before_the_code_of_the_other_screen_is_typed(
    headless: Machine, laptop: Machine, peer: Peer
) -> None:
    link, code = begun(headless)
    other, _ = begun(headless)
    for carried, typed in ((link, ""), (link, "AAAA-AAAA\n"), (other, f"{code}\n")):
        done = laptop("--hand-over", carried, stdin=typed)
        assert done.returncode == 1
        assert "nothing was opened" in done.stderr
        assert done.stdout == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda link: link.replace("code_challenge=", "challenge="),
        lambda link: link.replace("S256", "plain"),
        lambda link: link.replace("response_type=code", "response_type=token"),
        lambda link: link.replace("redirect_uri=http%3A%2F%2Flocalhost", "redirect_uri=https%3A%2F%2Fevil.example"),
        lambda link: link + "&redirect_uri=http://localhost:1",
        lambda link: link.replace("http://127.0.0.1", "http://evil.example"),
    ],
)
def test_a_link_that_halfday_does_not_make_is_not_opened(
    headless: Machine, laptop: Machine, change: Callable[[str], str]
) -> None:
    link, code = begun(headless)
    assert change(link) != link
    done = laptop("--hand-over", change(link), stdin=f"{code}\n")
    assert done.returncode == 2
    assert done.stdout == ""


def test_it_is_finished_where_it_was_begun(
    headless: Machine, laptop: Machine, peer: Peer, environ: dict[str, str]
) -> None:
    """Another server would have the code and the verifier."""
    link, code = begun(headless)
    address = laptop("--hand-over", link, stdin=f"{code}\n").stdout.strip()
    elsewhere = {**environ, "HALFDAY_DOMAIN": "http://localhost:9"}
    for command in (("login", "--hand-over"), ("exchange",)):
        refused = commands.run(*command, address, env=elsewhere)
        assert refused.returncode == 2, refused.stderr
        assert f"begun at {peer.origin}, and these settings are of http://localhost:9" in refused.stderr
    assert headless("--hand-over", address).returncode == 0


def test_what_cannot_be_kept_is_not_begun(environ: dict[str, str], headless: Machine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environ["HALFDAY_CACHE_DIR"] = str(tmp_path / "file" / "cache")
    done = headless("--hand-over")
    assert done.returncode == 2
    assert "cannot be kept" in done.stderr
    assert done.stdout == ""


def test_it_is_for_a_browser(headless: Machine) -> None:
    done = headless("--hand-over", "--username", "ada")
    assert done.returncode == 2
    assert "--username" in done.stderr


def test_a_link_says_no_lines_of_its_own(headless: Machine, laptop: Machine) -> None:
    link, _ = begun(headless)
    told = laptop("--hand-over", link.replace("client_id=", "client_id=x%0AThis+is+your+own+machine.%0A"), stdin="A\n")
    assert "as app client x\\nThis is your own machine.\\n" in told.stderr
