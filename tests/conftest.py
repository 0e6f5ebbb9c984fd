"""Fixtures that all tests share."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from halfday.client.errors import HalfdayError
from halfday.server.key_pairs import KEY_BITS, KeyPairs
from halfday.server.storage.sqlite import IN_MEMORY, SqliteDatabase
from suspending import SuspendingDatabase
from world import Browser, Pool, World, running

KEY_PAIRS = 24


def pytest_configure() -> None:
    """Processes that tests start keep their bytecode, and hear Ctrl-C even where this one runs in the background."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Eight thousand tests are not walked through by every collection of garbage."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """At the end once: pytest looks five times more for errors that nobody raised."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[Callable[[KeyPairs], Future[RSAPrivateKey]]]:
    """RSA key pairs take a third of all processor time where every test has a pool: of many pools some share one.

    Yields what makes them really.
    """
    made: list[Future[RSAPrivateKey]] = []
    turns = itertools.count()

    def ask(_: KeyPairs) -> Future[RSAPrivateKey]:
        """By a worker of its own: a server that ends cancels what its own has not begun, and others wait for it."""
        number = next(turns) % KEY_PAIRS
        if number >= len(made):
            made.append(worker.submit(generate_private_key, 65537, KEY_BITS))
        elif made[number].cancelled():
            made[number] = worker.submit(generate_private_key, 65537, KEY_BITS)
        return made[number]

    make, worker = KeyPairs._ask, ThreadPoolExecutor(max_workers=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeyPairs, "_ask", ask)
        yield make


def _suspending(path: Path | str, **given: Any) -> SqliteDatabase | SuspendingDatabase:
    """A database in memory has one connection, and so nothing to suspend for."""
    return SqliteDatabase(path, **given) if path == IN_MEMORY else SuspendingDatabase(path, **given)


@pytest.fixture(scope="session", autouse=True)
def _database_that_suspends() -> Iterator[None]:
    """HALFDAY_TEST_DATABASE=suspending: every server runs over a database that suspends at every await."""
    with pytest.MonkeyPatch.context() as patched:
        if os.environ.get("HALFDAY_TEST_DATABASE") == "suspending":
            patched.setattr("halfday.server.compose.SqliteDatabase", _suspending)
        yield


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data")) as up:
        yield up


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    """A server for the tests of one file, its clock set right for each. Each test makes a pool of its own."""
    yield shared_world
    shared_world.clock.ahead_s, shared_world.clock.held_at = 0.0, None


@pytest.fixture
def pool(world: World) -> Pool:
    return world.pool()


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world.origin)


@pytest.fixture(autouse=True)
def _no_error_without_advice(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever the client raises, wherever: the last line of its traceback says what to change."""
    without: list[str] = []
    make = HalfdayError.__init__

    def watched(error: HalfdayError, *given: Any, **named: Any) -> None:
        make(error, *given, **named)
        if not error.hint or not error.__notes__[-1].startswith("hint: "):
            without.append(f"{type(error).__name__}: {error}")

    monkeypatch.setattr(HalfdayError, "__init__", watched)
    yield
    assert without == []


@pytest.fixture(autouse=True)
def _a_clean_surrounding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What this machine is set up for reaches no test: no AWS profile, no kept session."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "HALFDAY_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HALFDAY_CACHE_DIR", str(tmp_path / "halfday-cache"))
