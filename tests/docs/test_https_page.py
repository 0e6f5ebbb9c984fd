"""docs/https.md: its commands are run as they stand, the servers among them; only ports and folders are others here."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from docs.blocks import Block, blocks
from docs.reading import Reader
from ports import free_port

PAGE = "https.md"


@contextmanager
def served(command: str, folder: Path, port: int) -> Iterator[None]:
    """What the page serves, until the block ends. Its output says when it is up."""
    argv = [sys.executable, "-m", "halfday.cli", *shlex.split(command)[1:], "--port", str(port), "--google-port", "0"]
    with (folder / "server.log").open("w+") as log, subprocess.Popen(argv, cwd=folder, stderr=log) as process:
        try:
            until = time.monotonic() + 30
            while "Ctrl-C stops it." not in (folder / "server.log").read_text():
                assert process.poll() is None, (folder / "server.log").read_text()
                assert time.monotonic() < until
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(20)


def servers_and_what_follows() -> list[tuple[str, list[Block]]]:
    """Each `halfday serve` of the page, with the blocks up to the next."""
    parts: list[tuple[str, list[Block]]] = []
    for block in blocks(PAGE):
        if block.text.startswith("halfday serve"):
            parts.append((block.text.strip(), []))
        else:
            parts[-1][1].append(block)
    return parts


def test_the_page_has_a_server_by_https_and_one_with_aws_s_names() -> None:
    commands = [command for command, _ in servers_and_what_follows()]
    assert commands == ["halfday serve --https", "halfday serve --https --aws-names 4245 --issuer aws"]


@pytest.mark.parametrize("number", [0, 1])
def test_what_the_page_says_is_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    port, proxy = free_port(), free_port()
    words = {"4242": str(port), "4245": str(proxy)}
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "NODE_OPTIONS"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.endswith(("CA_BUNDLE", "CERT_FILE", "CA_CERTS"))]:
        monkeypatch.delenv(name)
    reader = Reader(tmp_path / "home", words, lambda: "", monkeypatch)
    reader.command_in_home("chromium", f'printf "%s\\n" "$@" > "{tmp_path / "browser"}"')
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    command, following = servers_and_what_follows()[number]
    with served(reader.here(command), reader.folder, port):
        for block in following:
            if block.language == "python":
                _as_in_the_shell(reader, monkeypatch)
            reader.do(replace(block))
    if number == 1:
        flags = (tmp_path / "browser").read_text().splitlines()
        assert [flag.partition("=")[0] for flag in flags[:3]] == [
            "--user-data-dir",
            "--proxy-pac-url",
            "--ignore-certificate-errors-spki-list",
        ]
        assert flags[3:] == ["http://localhost:3000"]


def _as_in_the_shell(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python is started from the shell that has read the lines."""
    script = f'source "{reader.home}/.shell"; env -0'
    shell = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    for line in shell.stdout.split("\0"):
        name, _, value = line.partition("=")
        if name.endswith(("_PROXY", "_proxy", "_BUNDLE", "CERT_FILE")):
            monkeypatch.setenv(name, value)
