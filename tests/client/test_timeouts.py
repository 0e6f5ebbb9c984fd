"""How long an answer may take is the caller's to say, and connections end with the block that they were made in."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from cognito_peer import CLIENT_ID, PASSWORD, POOL_ID, Peer

from halfday import AsyncCognito, Cognito, NetworkError, SettingsError, TokenVerifier, verify
from halfday.client.settings_loading import load_settings

SOON_S = 0.3
IN_TIME_S = 3.0


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_an_answer_that_does_not_come_is_an_error_at_that_time(silent: str) -> None:
    given = {"client_id": CLIENT_ID, "user_pool_id": POOL_ID, "endpoint_url": silent, "timeout": SOON_S}
    began = time.monotonic()
    with pytest.raises(NetworkError, match="in time"):
        Cognito(**given).sign_in("ada", PASSWORD)
    with pytest.raises(NetworkError, match="in time"):
        asyncio.run(AsyncCognito(**given).sign_in("ada", PASSWORD))
    verifier = TokenVerifier(POOL_ID, client_id=CLIENT_ID, token_use="id", endpoint=silent, timeout=SOON_S)
    with pytest.raises(NetworkError, match="in time"):
        verifier.prefetch()
    assert time.monotonic() - began < IN_TIME_S


def test_one_token_is_verified_within_its_time(silent: str, peer: Peer) -> None:
    began = time.monotonic()
    token = Cognito(client_id=CLIENT_ID, domain=peer.origin).exchange(peer.issue({}), "http://localhost:8080").id_token
    with pytest.raises(NetworkError, match="in time"):
        verify(token, client_id=CLIENT_ID, user_pool_id=POOL_ID, endpoint_url=silent, timeout=SOON_S)
    assert time.monotonic() - began < IN_TIME_S


@pytest.mark.parametrize("wrong", ["0", "-1", "nan", "inf", "soon", "3601"])
def test_what_is_no_time_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(SettingsError, match="timeout"):
        load_settings({"timeout": wrong}, environ={})
    with pytest.raises(SettingsError, match="timeout") as refused:
        load_settings({}, environ={"HALFDAY_TIMEOUT": wrong})
    assert "HALFDAY_TIMEOUT" in refused.value.hint


def test_a_verifier_takes_one_time_only() -> None:
    with pytest.raises(ValueError, match="timeout"):
        TokenVerifier(POOL_ID, client_id=CLIENT_ID, token_use="id", timeout=0)
    shared = Cognito(client_id=CLIENT_ID).connection.transport
    with pytest.raises(ValueError, match="transport"):
        TokenVerifier(POOL_ID, client_id=CLIENT_ID, token_use="id", timeout=1, transport=shared)


def open_connections(origin: str) -> int:
    """Those of this process to a server on this machine, as the system lists them."""
    port = int(origin.rpartition(":")[2])
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file][1:]
    return sum(int(row[2].rpartition(":")[2], 16) == port and row[3] == "01" for row in rows)


@pytest.mark.skipif(not __import__("os").path.exists("/proc/net/tcp"), reason="connections are counted by /proc")
def test_connections_end_with_the_block_and_later_ones_are_new(keeping: str) -> None:
    given = {"client_id": CLIENT_ID, "user_pool_id": POOL_ID, "endpoint_url": keeping}

    def ask(cognito: Cognito) -> None:
        with pytest.raises(NetworkError, match="answered"):
            cognito.sign_in("ada", PASSWORD)

    with Cognito(**given) as cognito:
        ask(cognito)
        assert open_connections(keeping) == 1
    assert open_connections(keeping) == 0
    ask(cognito)
    assert open_connections(keeping) == 1
    cognito.close()

    async def block() -> int:
        async with AsyncCognito(**given) as waiting:
            with pytest.raises(NetworkError, match="answered"):
                await waiting.sign_in("ada", PASSWORD)
            return open_connections(keeping)

    assert asyncio.run(block()) == 1
    assert open_connections(keeping) == 0
    Cognito(**given).close()


@pytest.fixture
def keeping() -> Iterator[str]:
    """A server that keeps its connections open, and answers what no Cognito does."""

    def serve(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65_536):
                connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\n{}")

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
