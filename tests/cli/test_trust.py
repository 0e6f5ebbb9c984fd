"""halfday trust: asks first, changes only the stores that it names, and takes back what it gave."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import Run
from halfday.cli.trust_stores import Root, find_stores, nss_databases
from tools import missing


def test_print_gives_the_roots_alone_and_makes_the_authority_at_first_need(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    done = run("trust", "--print", "--data", str(folder))
    assert done.returncode == 0
    assert done.stdout == (folder / "ca-localhost.pem").read_text()
    assert "PRIVATE" not in done.stdout + done.stderr
    assert "may speak for localhost, 127.0.0.0/8, ::1/128" in done.stderr
    assert (folder / "ca-localhost.key").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_root_of_aws_s_names_is_for_no_store(run: Run, tmp_path: Path) -> None:
    import datetime

    from halfday.server.certificates import AWS_NAMES, keep_authority, of_host

    for subtrees in (AWS_NAMES, of_host("auth.example.com")):
        keep_authority(tmp_path, subtrees, datetime.datetime.now(datetime.UTC))
    done = run("trust", "--print", "--data", str(tmp_path))
    kept = [(tmp_path / f"ca-{name}.pem").read_text() for name in ("auth.example.com", "localhost")]
    assert done.stdout == "".join(kept)
    assert (tmp_path / "ca-aws-names.pem").read_text() not in done.stdout
    assert "amazonaws" not in done.stderr


def test_the_host_of_the_public_address_has_its_root_before_the_first_start(run: Run, tmp_path: Path) -> None:
    seed = tmp_path / "halfday.toml"
    seed.write_text('[server]\nhttps = true\npublic_url = "https://cognito.example:4242"\n')
    done = run("trust", "--print", "--data", str(tmp_path / "data"), "--config", str(seed))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "ca-cognito.example.pem").read_text() in done.stdout


def test_who_is_not_at_a_terminal_is_shown_the_commands_and_nothing_is_run(run: Run, tmp_path: Path) -> None:
    home, tools = _home_with_a_store(tmp_path), _tools(tmp_path)
    done = run("trust", "--data", str(tmp_path / "data"), HOME=str(home), PATH=str(tools))
    assert done.returncode == 1
    assert "left as it is" in done.stderr
    assert "certutil -d sql:" in done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("typed", "runs"), [("y\n", True), ("n\n", False), ("\n", False), ("", False)])
def test_a_person_is_asked(tmp_path: Path, typed: str, runs: bool) -> None:
    home, tools = _home_with_a_store(tmp_path), _tools(tmp_path)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "halfday.cli", "trust", "--data", str(tmp_path / "data")]
    environ = {"HOME": str(home), "PATH": str(tools)}
    with subprocess.Popen(
        command, env=environ, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as asked:
        os.write(ours, typed.encode() or b"\x04")
        _, said = asked.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert b"Run this? [y/N]" in said
    assert (tmp_path / "ran").exists() == runs


def _home_with_a_store(tmp_path: Path) -> Path:
    database = tmp_path / "home" / ".pki" / "nssdb"
    database.mkdir(parents=True)
    (database / "cert9.db").touch()
    return tmp_path / "home"


def _tools(tmp_path: Path) -> Path:
    """A folder with a certutil that only notes that it was run."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "certutil").write_text(f"#!/bin/sh\necho \"$@\" >> '{tmp_path / 'ran'}'\n")
    (folder / "certutil").chmod(0o755)
    return folder


def test_a_command_that_fails_is_told_and_is_the_exit_code(run: Run, tmp_path: Path) -> None:
    home, tools = _home_with_a_store(tmp_path), _tools(tmp_path)
    (tools / "certutil").write_text("#!/bin/sh\nexit 7\n")
    done = run("trust", "--yes", "--data", str(tmp_path / "data"), HOME=str(home), PATH=str(tools))
    assert done.returncode == 1
    assert "ended with 7" in done.stderr


def test_a_machine_without_any_store_is_told_where_the_root_lies(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("trust", "--yes", "--data", str(tmp_path / "data"), PATH=str(tmp_path / "empty"))
    assert done.returncode == 1
    assert str(tmp_path / "data" / "ca-localhost.pem") in done.stderr


def test_nss_s_own_store_trusts_and_trusts_no_longer(run: Run, tmp_path: Path) -> None:
    """The real certutil, on a database of Chromium's and Firefox's kind."""
    certutil = shutil.which("certutil")
    if certutil is None:
        missing("certutil is not installed: apt install libnss3-tools")
    home, tools = tmp_path / "home", tmp_path / "tools"
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    tools.mkdir()
    (tools / "certutil").symlink_to(certutil or "")
    subprocess.run([certutil or "", "-N", "-d", f"sql:{database}", "--empty-password"], check=True)

    def listed() -> str:
        return subprocess.run(
            [certutil or "", "-L", "-d", f"sql:{database}"], capture_output=True, text=True, check=True
        ).stdout

    where = {"HOME": str(home), "PATH": str(tools)}
    for _ in range(2):  # once more changes nothing
        assert run("trust", "--yes", "--data", str(tmp_path / "data"), **where).returncode == 0
        assert listed().count("halfday-localhost-") == 1
        assert "C,," in listed()
    assert run("trust", "--remove", "--yes", "--data", str(tmp_path / "data"), **where).returncode == 0
    assert "halfday" not in listed()


def test_the_system_s_stores_are_changed_by_their_own_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = Root(tmp_path / "ca-localhost.pem", "halfday-localhost-1a2b3c4d", "ab" * 20)

    def found(platform: str, *programs: str) -> list[tuple[bool, list[tuple[str, ...]], list[tuple[str, ...]]]]:
        monkeypatch.setattr(sys, "platform", platform)
        stores = find_stores(tmp_path, lambda name: name if name in programs else None)
        return [(store.by_root, store.add(root), store.remove(root)) for store in stores]

    ((by_root, add, remove),) = found("linux", "update-ca-certificates")
    anchor = "/usr/local/share/ca-certificates/halfday-localhost-1a2b3c4d.crt"
    assert by_root
    assert add == [("install", "-m", "644", str(root.path), anchor), ("update-ca-certificates",)]
    assert remove == [("rm", "-f", anchor), ("update-ca-certificates", "--fresh")]
    ((_, add, _),) = found("linux", "update-ca-trust")
    assert add[0][-1] == "/etc/pki/ca-trust/source/anchors/halfday-localhost-1a2b3c4d.pem"
    ((by_root, add, _),) = found("darwin")
    assert (by_root, add[0][:4]) == (False, ("security", "add-trusted-cert", "-r", "trustRoot"))
    ((by_root, add, _),) = found("win32")
    assert (by_root, add[0][:4]) == (False, ("certutil", "-user", "-addstore", "Root"))


def test_browsers_stores_are_found_where_they_are(tmp_path: Path) -> None:
    for place in (".pki/nssdb", ".mozilla/firefox/abc.default-release", ".mozilla/firefox/empty"):
        (tmp_path / place).mkdir(parents=True)
    for place in (".pki/nssdb", ".mozilla/firefox/abc.default-release"):
        (tmp_path / place / "cert9.db").touch()
    assert nss_databases(tmp_path) == [tmp_path / ".mozilla/firefox/abc.default-release", tmp_path / ".pki/nssdb"]
