"""What a session costs in requests, counted where they arrive: none while it is good, at most three when it has ended.

Every program here is a new one: what it knows it has from the disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fault_peer
import pytest
from cognito_peer import CLIENT_ID, IDENTITY_ID, IDENTITY_POOL_ID, PASSWORD, POOL_ID, REDIRECT_URI, Peer
from cryptography.hazmat.primitives.asymmetric import rsa
from fault_peer import Front

from halfday import Cognito, TokenInvalid
from halfday.client.token_store.key_files import LIFE_S
from halfday.client.token_store.token_cache import TokenCache

HOUR_S = 3600
BASIC = {"credentials_flow": "basic", "role_arn": "arn:aws:iam::123456789012:role/reader"}


@pytest.fixture
def front(peer: Peer) -> Iterator[Front]:
    with fault_peer.running(peer.origin) as front:
        peer.origin = front.origin
        yield front


Program = Callable[..., Cognito]


@pytest.fixture
def program(front: Front) -> Program:
    def program(**settings: Any) -> Cognito:
        known = {"domain": front.origin, "client_id": CLIENT_ID, "identity_pool_id": IDENTITY_POOL_ID}
        return Cognito(**{**known, **settings})

    return program


def sign_in(program: Program, peer: Peer, by: str, settings: dict[str, str]) -> None:
    """Kept, with credentials."""
    cognito = program(**settings)
    if by == "password":
        session = cognito.sign_in("ada", PASSWORD, srp=False, keep=True)
    else:
        session = cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True)
    session.credentials()


def end(cognito: Cognito, *parts: str) -> None:
    """Of the kept session the tokens or the credentials ended a second ago."""
    cache, over = TokenCache(cognito.settings.key), time.time() - 1
    record = cache.load()
    assert record is not None
    if "tokens" in parts:
        record["tokens"] |= {"access_expires_at": over, "id_expires_at": over, "received_at": over - HOUR_S}
    if "credentials" in parts:
        record["aws"]["credentials"]["expires_at"] = int(over)
        record["aws"]["received_at"] = over - HOUR_S
        cache.forget_outputs()
    cache.save(record)


WAYS = [(by, flow) for by in ("code", "password") for flow in ("enhanced", "basic")]
RENEWAL = {"code": "token", "password": "GetTokensFromRefreshToken"}
KEYS = {
    "enhanced": ["GetCredentialsForIdentity"],
    "basic": ["GetOpenIdToken", "AssumeRoleWithWebIdentity"],
}


@pytest.mark.parametrize(("by", "flow"), WAYS)
def test_what_is_kept_and_good_costs_nothing(program: Program, peer: Peer, front: Front, by: str, flow: str) -> None:
    settings = BASIC if flow == "basic" else {}
    sign_in(program, peer, by, settings)
    front.arrived.clear()
    session = program(**settings).session
    assert session.credentials().access_key_id.startswith("ASIA")
    assert session.identity_id == IDENTITY_ID
    assert session.id_token
    assert session.access_token
    assert session.claims["email"] == "ada@example.com"
    assert front.names() == []


@pytest.mark.parametrize(("by", "flow"), WAYS)
@pytest.mark.parametrize("ended", [("tokens",), ("credentials",), ("tokens", "credentials")], ids=" and ".join)
def test_a_renewal_costs_at_most_three_requests(
    program: Program, peer: Peer, front: Front, by: str, flow: str, ended: tuple[str, ...]
) -> None:
    settings = BASIC if flow == "basic" else {}
    sign_in(program, peer, by, settings)
    end(program(**settings), *ended)
    front.arrived.clear()
    session = program(**settings).session
    session.credentials()
    assert session.access_token
    renewed = [RENEWAL[by]] if "tokens" in ended else []
    fetched = KEYS[flow] if "credentials" in ended else []
    assert sorted(front.names()) == sorted(renewed + fetched)
    assert len(front.names()) <= 3


def test_a_guest_costs_one_request_an_hour(program: Program, front: Front) -> None:
    program().guest(keep=True).credentials()
    front.arrived.clear()
    program().guest(keep=True).credentials()
    assert front.names() == []
    cache = TokenCache(f"guest {IDENTITY_POOL_ID}")
    record = cache.load()
    assert record is not None
    record["aws"]["credentials"]["expires_at"] = int(time.time()) - 1
    cache.save(record)
    program().guest(keep=True).credentials()
    assert front.names() == ["GetCredentialsForIdentity"]


def test_the_command_costs_no_more(program: Program, peer: Peer, front: Front, own_home: Path) -> None:
    """A process of its own, as the AWS CLI runs it."""
    sign_in(program, peer, "code", {})
    command = [sys.executable, "-m", "halfday.cli", "credentials", "--domain", front.origin, "--client-id", CLIENT_ID]
    command += ["--identity-pool-id", IDENTITY_POOL_ID]

    def run() -> str:
        done = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=60, check=True)
        return str(json.loads(done.stdout)["AccessKeyId"])

    front.arrived.clear()
    kept = run()
    assert front.names() == []
    end(program(), "tokens", "credentials")
    renewed = run()
    assert front.names() == ["token", "GetCredentialsForIdentity"]
    assert renewed != kept
    assert run() == renewed
    assert len(front.names()) == 2


# --- key sets ---------------------------------------------------------------------------------------------------------


def key_file(own_home: Path) -> Path:
    (found,) = (own_home / "cache").glob("*.keys")
    return found


def test_a_key_that_is_new_is_fetched_though_older_ones_are_kept(
    program: Program, peer: Peer, front: Front, own_home: Path
) -> None:
    sign_in(program, peer, "code", {})
    peer.key = rsa.generate_private_key(65537, 2048)
    token = peer.tokens({})["id_token"]
    front.arrived.clear()
    assert program(user_pool_id=POOL_ID).verify(token)
    assert program(user_pool_id=POOL_ID).verify(token), "and is kept from then on"
    assert front.names() == ["jwks.json"]


def test_a_key_that_was_withdrawn_is_believed_for_a_day_at_most(program: Program, peer: Peer, front: Front) -> None:
    sign_in(program, peer, "code", {})
    peer.token_life_s = 2 * LIFE_S
    token = peer.tokens({})["id_token"]
    peer.key = rsa.generate_private_key(65537, 2048)
    assert program(user_pool_id=POOL_ID, clock=lambda: time.time() + LIFE_S - 60).verify(token)
    with pytest.raises(TokenInvalid, match="not among the pool's published keys"):
        program(user_pool_id=POOL_ID, clock=lambda: time.time() + LIFE_S).verify(token)


@pytest.mark.parametrize(
    "spoilt",
    ["", "{", "[]", "null", '{"url": 5}', '{"key_set": {}}', "another's", "of the future", "no keys"],
)
def test_a_file_of_keys_that_is_none_is_fetched_anew(
    program: Program, peer: Peer, front: Front, own_home: Path, spoilt: str
) -> None:
    sign_in(program, peer, "code", {})
    file = key_file(own_home)
    whole = json.loads(file.read_text())
    made = {
        "another's": {**whole, "url": "https://evil.example.com/jwks.json"},
        "of the future": {**whole, "fetched_at": time.time() + HOUR_S},
        "no keys": {**whole, "key_set": {"keys": []}},
    }
    file.write_text(json.dumps(made[spoilt]) if spoilt in made else spoilt)
    front.arrived.clear()
    assert program().session.claims["email"] == "ada@example.com"
    assert front.names() == ["jwks.json"]
    assert json.loads(file.read_text())["key_set"] == whole["key_set"]


def test_keys_that_cannot_be_kept_are_used_all_the_same(
    program: Program, peer: Peer, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_home / "a-file").touch()
    monkeypatch.setenv("HALFDAY_CACHE_DIR", str(own_home / "a-file" / "cache"))
    assert program().exchange(peer.issue({}), REDIRECT_URI).claims["email"] == "ada@example.com"
