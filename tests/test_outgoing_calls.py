"""The client for outgoing calls is made at the first of them; what is wrong around it is told before that."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from halfday.server.outside import connections
from halfday.server.outside.connections import OutgoingCalls
from halfday.server.settings import SettingRefused

NAMED_BY_THE_ENVIRONMENT = ["SSL_CERT_FILE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMED_BY_THE_ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_no_client_is_made_before_the_first_call() -> None:
    calls = OutgoingCalls(timeout_s=5)
    assert calls._made is None
    asyncio.run(calls.aclose())
    assert calls._made is None


def test_first_calls_at_once_share_one_client_and_one_reading_of_the_authorities(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    make = connections.make_client
    monkeypatch.setattr(connections, "make_client", lambda **given: made.append(1) or make(**given))

    async def first_calls() -> list[object]:
        calls = OutgoingCalls(timeout_s=5)
        found = await asyncio.gather(*(calls.ready() for _ in range(8)))
        await calls.aclose()
        return list(found)

    assert len(set(map(id, asyncio.run(first_calls())))) == 1
    assert len(made) == 1


@pytest.mark.parametrize("content", [None, b"", b"no certificate"], ids=["missing", "empty", "another file"])
def test_a_file_without_authorities_stops_the_start(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "authorities.pem"
    if content is not None:
        named.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(named))
    with pytest.raises(SettingRefused, match="SSL_CERT_FILE"):
        OutgoingCalls(timeout_s=5)


def test_a_proxy_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://proxy.example.com")
    with pytest.raises(ValueError, match="proxy"):
        OutgoingCalls(timeout_s=5)
