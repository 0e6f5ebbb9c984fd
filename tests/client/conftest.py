from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cognito_peer
import pytest
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, Peer

from halfday import Cognito


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the machine's own settings is read, and nothing is written outside the test's folder."""
    for name in list(os.environ):
        if name.startswith(("HALFDAY_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HALFDAY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


@pytest.fixture
def peer() -> Iterator[Peer]:
    with cognito_peer.running() as peer:
        yield peer


@pytest.fixture
def make_cognito(peer: Peer) -> Callable[..., Cognito]:
    def make(**settings: Any) -> Cognito:
        known = {"domain": peer.origin, "client_id": CLIENT_ID, "identity_pool_id": IDENTITY_POOL_ID}
        return Cognito(**{**known, **settings})

    return make


@pytest.fixture
def cognito(make_cognito: Callable[..., Cognito]) -> Cognito:
    return make_cognito()
