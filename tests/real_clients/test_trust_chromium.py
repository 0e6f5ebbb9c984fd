"""`halfday trust` and Chromium's own store: the server's pages open, and the authority is taken for nothing else."""

from __future__ import annotations

import datetime
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

import commands
from halfday.server.certificates import LOCALHOST, kept_authority
from real_clients.test_chromium import ARGUMENTS
from sockets import Handler
from tools import find, find_chromium
from world import World, running

pytestmark = pytest.mark.long

PLACES = [".pki/nssdb", ".local/share/pki/nssdb"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), https=True) as up:
        yield up


@contextmanager
def outside_the_limits(world: World, folder: Path) -> Iterator[int]:
    """The port of a server for example.com, whose certificate a thief of the authority's key has signed."""
    authority = kept_authority(world.data, LOCALHOST)
    assert authority is not None
    (folder / "stolen.pem").write_text(authority.certify(["example.com"], datetime.datetime.now(datetime.UTC)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "stolen.pem")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("place", PLACES)
def test_chromium_opens_the_pages_once_it_was_told_and_nothing_else(world: World, tmp_path: Path, place: str) -> None:
    home, tools, chromium = tmp_path / "home", tmp_path / "tools", find_chromium()
    certutil = find("certutil")
    (home / place).mkdir(parents=True)
    tools.mkdir()
    (tools / "certutil").symlink_to(certutil)
    os.spawnl(os.P_WAIT, certutil, "certutil", "-N", "-d", f"sql:{home / place}", "--empty-password")
    told = commands.run("trust", "--yes", "--data", str(world.data), env={"HOME": str(home), "PATH": str(tools)})
    assert told.returncode == 0, told.stderr
    port = world.origin.rpartition(":")[2]
    arguments = [*ARGUMENTS, "--host-resolver-rules=MAP example.com 127.0.0.1"]
    environment = {**os.environ, "HOME": str(home)}
    with outside_the_limits(world, tmp_path) as stolen, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments, env=environment)
        page = browser.new_page()
        for host in ("localhost", "127.0.0.1", "shop.auth.localhost"):
            answer = page.goto(f"https://{host}:{port}/.well-known/jwks_uri")
            assert answer is not None
            assert answer.status == 200
        with pytest.raises(Error, match="ERR_CERT_INVALID"):
            page.goto(f"https://example.com:{stolen}/")
        browser.close()
