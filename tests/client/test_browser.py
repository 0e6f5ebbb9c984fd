"""What a browser is started with: nothing that another user of the machine, who reads it in `ps`, can use."""

from __future__ import annotations

import ast
import html
import os
import re
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from cognito_peer import CLIENT_ID, Peer

import halfday
from halfday.client.browser import private_page
from halfday.client.browser.opening import open_browser
from halfday.client.browser.private_page import write_page

SECRET = "http://127.0.0.1/somewhere?state=s&x=\"'<>"


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def browser(tmp_path: Path, more: str = "") -> tuple[str, Path]:
    """(what BROWSER names, where it notes its command line)."""
    script, opened = tmp_path / "browser", tmp_path / "opened"
    script.write_text(f'#!/bin/sh\necho "$@" > {opened}\n{more}\n')
    script.chmod(0o755)
    return str(script), opened


def link_on(page: Path) -> str:
    found = re.search('href="([^"]+)"', page.read_text())
    assert found
    return html.unescape(found[1])


def test_a_browser_that_stays_in_the_foreground_does_not_hold_up_the_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends when its gate opens, and the gate opens only after open_browser has returned."""
    gate = tmp_path / "gate"
    script, opened = browser(tmp_path, f"while [ -d {tmp_path} ] && [ ! -e {gate} ]; do sleep 0.1; done")
    monkeypatch.setenv("BROWSER", script)
    try:
        assert open_browser(SECRET)
        assert link_on(Path(unquote(urlsplit(opened.read_text().strip()).path))) == SECRET
    finally:
        gate.touch()


@pytest.mark.parametrize("way", ["{}", "{} %s &"])
def test_a_browser_keeps_none_of_our_streams(tmp_path: Path, way: str) -> None:
    """Else AWS's tools, which read a credential process until its pipes close, would wait until the browser is closed,
    and find its lines in the JSON."""
    gate = tmp_path / "gate"
    stays = f"echo line; echo line >&2; while [ -d {tmp_path} ] && [ ! -e {gate} ]; do sleep 0.1; done"
    script, opened = browser(tmp_path, stays)
    program = "import sys; from halfday.client.browser.opening import open_browser; print(open_browser(sys.argv[1]))"
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, SECRET],
            env={**os.environ, "BROWSER": way.format(script)},
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        assert (done.stdout, done.stderr) == ("True\n", "")
        assert opened.exists()
    finally:
        gate.touch()


def test_no_browser_where_the_person_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", "/bin/true")
    monkeypatch.setenv("NOBROWSER", "1")
    assert not open_browser("http://127.0.0.1/")


def test_only_this_user_reads_the_page_and_it_goes_with_the_program(own_temporary_folder: Path) -> None:
    program = "import sys; from halfday.client.browser.private_page import write_page; print(write_page(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", program, SECRET], capture_output=True, text=True, check=True)
    assert not Path(done.stdout.strip()).parent.exists()
    page = Path(write_page(SECRET))
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
    assert page.is_relative_to(own_temporary_folder)
    assert link_on(page) == SECRET


def test_no_address_makes_a_page_of_its_own() -> None:
    text = Path(write_page('https://x/"><script>alert(1)</script>')).read_text()
    assert "<script" not in text


def test_the_page_is_gone_after_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_page, "LIFE_S", 0.05)
    page = Path(write_page(SECRET))
    for _ in range(200):
        if not page.parent.exists():
            return
        private_page.threading.Event().wait(0.05)
    raise AssertionError("it is still there")


def test_a_browser_in_a_snap_finds_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "snap").mkdir()
    assert Path(write_page(SECRET)).parent.parent == tmp_path


def test_where_no_page_can_be_written_nothing_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, opened = browser(tmp_path)
    monkeypatch.setenv("BROWSER", script)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert not open_browser(SECRET)
    assert not opened.exists()


def test_a_browser_beside_the_person_is_not_given_a_file_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, opened = browser(tmp_path)
    monkeypatch.setenv("BROWSER", script)
    monkeypatch.setenv("VSCODE_IPC_HOOK_CLI", "/run/x.sock")
    assert not open_browser(SECRET)
    assert not opened.exists()


def test_no_sign_in_stands_in_the_process_list(tmp_path: Path, peer: Peer, own_temporary_folder: Path) -> None:
    """With its state, nonce and challenge somebody else could have finished it, as themselves."""
    script, opened = browser(tmp_path)
    command = [sys.executable, "-m", "halfday.cli", "login", "--domain", peer.origin, "--client-id", CLIENT_ID]
    done = subprocess.run(
        [*command, "--timeout", "2"], env={**os.environ, "BROWSER": script}, capture_output=True, text=True, check=False
    )
    link = next(line.strip() for line in done.stderr.splitlines() if "/oauth2/authorize" in line)
    members = dict(pair.split("=", 1) for pair in link.partition("?")[2].split("&"))
    told = opened.read_text()
    assert told.startswith("file://")
    assert not [name for name in ("state", "nonce", "code_challenge", "client_id") if members[name] in told]
    assert list(own_temporary_folder.iterdir()) == [], "and nothing is left of it"


def test_every_program_that_is_started_is_known() -> None:
    """A new one is to be looked at: what stands on its command line is everybody's."""
    house = Path(halfday.__file__).parent
    starters = ("subprocess.", "webbrowser.", "os.exec", "os.spawn", "os.system", "os.popen", "os.startfile")
    found = set()
    for path in (*(house / "client").rglob("*.py"), *(house / "cli").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(starters):
                found.add(f"{path.name}: {ast.unparse(node.func)}({ast.unparse(node.args[0]) if node.args else ''})")
    assert found == {
        "opening.py: subprocess.run([wslview, path or url])",
        "trust.py: subprocess.run(command)",
        "opening.py: webbrowser.get()",
        "opening.py: subprocess.Popen(command)",
        "child_process.py: subprocess.Popen(command)",
        "configure.py: subprocess.list2cmdline(words)",
        "configure.py: subprocess.run([sys.executable, '-I', '-c', 'import halfday'])",
        "exec.py: os.execvpe(command[0])",
        "exec.py: subprocess.call(command)",
    }
