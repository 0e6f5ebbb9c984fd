"""Ten credential processes that ask at once open one browser; when its person gives up, none goes on waiting."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cognito_peer import Peer

MANY = 6
BROWSER = """
import html, os, re, sys, time, urllib.request
os.close(os.open(sys.argv[1] + "/" + str(os.getpid()), os.O_CREAT))
page = urllib.request.urlopen(sys.argv[3]).read().decode()
if sys.argv[2] == "signs-in":
    time.sleep(1)
    urllib.request.urlopen(html.unescape(re.search('href="([^"]+)"', page)[1])).read()
"""


@pytest.fixture
def opened(tmp_path: Path, environ: dict[str, str], peer: Peer) -> Path:
    """A folder with a file for each browser that was opened."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        peer.redirect_uris = [f"http://localhost:{probe.getsockname()[1]}"]
    environ["HALFDAY_REDIRECT_URI"] = peer.redirect_uris[0]
    (tmp_path / "browser.py").write_text(BROWSER)
    folder = tmp_path / "opened"
    folder.mkdir()
    return folder


def ask_all(environ: dict[str, str], opened: Path, person: str, many: int = MANY) -> list[subprocess.Popen[str]]:
    browser = f"{sys.executable} {opened.parent / 'browser.py'} {opened} {person} %s &"
    command = [sys.executable, "-m", "halfday.cli", "credentials", "--login"]
    pipe = subprocess.PIPE
    return [
        subprocess.Popen(command, env={**environ, "BROWSER": browser}, stdout=pipe, stderr=pipe, text=True)
        for _ in range(many)
    ]


def test_all_of_them_have_credentials_by_one_browser(environ: dict[str, str], opened: Path, peer: Peer) -> None:
    asking = ask_all(environ, opened, "signs-in")
    told = [one.communicate(timeout=120) for one in asking]
    assert [one.returncode for one in asking] == [0] * MANY, told
    assert len({json.loads(out)["AccessKeyId"] for out, _ in told}) == 1
    assert len(list(opened.iterdir())) == 1
    assert sum("/oauth2/authorize?" in err for _, err in told) == 1


def test_when_the_person_gives_up_those_that_wait_say_so(environ: dict[str, str], opened: Path) -> None:
    asking = ask_all(environ, opened, "looks-on")
    ends_at = time.monotonic() + 60
    while not list(opened.iterdir()) and time.monotonic() < ends_at:
        time.sleep(0.05)
    time.sleep(2)  # the others are there by now, and wait
    first = next(one for one in asking if "/oauth2/authorize?" in has_said(one))
    first.send_signal(signal.SIGINT)
    told = {one: one.communicate(timeout=60)[1] for one in asking}
    assert first.returncode == 130
    others = [one for one in asking if one is not first]
    assert [one.returncode for one in others] == [1] * (MANY - 1), told.values()
    assert all("the sign-in that this waited for was given up: it was interrupted" in told[one] for one in others)
    assert len(list(opened.iterdir())) == 1


def test_a_note_of_a_clock_that_was_fast_keeps_nobody_out(environ: dict[str, str], opened: Path) -> None:
    asking = ask_all(environ, opened, "looks-on", many=1)
    ends_at = time.monotonic() + 60
    while not list(opened.iterdir()) and time.monotonic() < ends_at:
        time.sleep(0.05)
    asking[0].send_signal(signal.SIGINT)
    asking[0].communicate(timeout=60)
    [note] = Path(environ["HALFDAY_CACHE_DIR"]).glob("logins/*.json")
    note.write_text(json.dumps({"at": time.time() + 86_400, "why": "tomorrow"}))
    [later] = ask_all(environ, opened, "signs-in", many=1)
    _, told = later.communicate(timeout=60)
    assert later.returncode == 0, told


def has_said(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    os.set_blocking(process.stderr.fileno(), False)
    try:
        return os.read(process.stderr.fileno(), 65_536).decode()
    except BlockingIOError:
        return ""
    finally:
        os.set_blocking(process.stderr.fileno(), True)


def test_without_a_browser_nobody_waits(run, environ: dict[str, str]) -> None:
    done = run("credentials", "--login", NOBROWSER="1")
    assert done.returncode == 3
    assert "nobody is signed in" in done.stderr


def test_a_profile_can_be_written_so(run, environ: dict[str, str]) -> None:
    assert run("configure", "--login").returncode == 0
    assert "credentials --profile demo --login\n" in Path(environ["AWS_CONFIG_FILE"]).read_text()
