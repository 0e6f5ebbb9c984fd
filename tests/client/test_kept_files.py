"""Nothing is taken from a file that somebody else wrote, could have written, or that is damaged; and that is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, REDIRECT_URI, Peer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfday import Cognito, HalfdayError, SignInNeeded
from halfday.client.kept_sessions import end_all
from halfday.client.oauth.journal import Journal
from halfday.client.session_record import read_session_record
from halfday.client.token_store.cache_files import read_process_output
from halfday.client.token_store.key_files import KeyFiles
from halfday.client.token_store.token_cache import TokenCache
from halfday.client.user_pool.devices import Device, KeptDevice

NOBODY = 65_534
root_only = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def kept(cognito: Cognito, peer: Peer, own_home: Path) -> Path:
    """The session's file, and beside it the ready-made credentials."""
    cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True).credentials()
    [path] = (own_home / "cache").glob("*.json")
    return path


def give_away(path: Path) -> None:
    os.chown(path, NOBODY, NOBODY)


def open_to_all(path: Path) -> None:
    path.chmod(0o666)


def readable_by_all(path: Path) -> None:
    path.chmod(0o644)


WAYS = [pytest.param(give_away, marks=root_only), open_to_all, readable_by_all]


@pytest.mark.parametrize("spoil", WAYS, ids=lambda spoil: spoil.__name__)
def test_a_session_that_is_open_to_others_is_not_used_and_that_is_said(
    spoil: Callable[[Path], None], kept: Path, cognito: Cognito
) -> None:
    spoil(kept)
    with pytest.raises(SignInNeeded, match="and is not used") as refused:
        _ = cognito.session
    assert str(kept) in str(refused.value)
    assert "halfday login" in refused.value.hint


@pytest.mark.parametrize("spoil", WAYS, ids=lambda spoil: spoil.__name__)
def test_ready_made_credentials_that_are_open_to_others_are_not_printed(
    spoil: Callable[[Path], None], kept: Path, cognito: Cognito
) -> None:
    [path] = kept.parent.glob("*.process")
    key, place = cognito.settings.key, cognito.settings.credentials_place()
    assert read_process_output(key, place, directory=str(kept.parent))
    spoil(path)
    assert read_process_output(key, place, directory=str(kept.parent)) is None


@pytest.mark.parametrize("spoil", WAYS, ids=lambda spoil: spoil.__name__)
def test_nothing_else_that_is_kept_is_taken_from_others(
    spoil: Callable[[Path], None], cognito: Cognito, own_home: Path
) -> None:
    """Keys would have forged tokens accepted, a begun sign-in sends a verifier, a device is a password."""
    cache = own_home / "cache"
    files = KeyFiles(str(cache), time.time)
    files.save("https://x/jwks.json", {"keys": []})
    request = cognito.begin(REDIRECT_URI)
    device = KeptDevice(cognito.settings, "ada")
    device.save(Device("key", "group", "password"))
    Journal().sent("a-code", "refused", now=1)

    def found() -> list[object]:
        return [
            files.load("https://x/jwks.json") is not None,
            Journal().find(request.state) is not None,
            device.load() is not None,
            Journal().find_spent("a-code") is not None,
        ]

    assert found() == [True] * 4
    for path in [one for one in cache.rglob("*") if one.is_file()]:
        spoil(path)
    assert found() == [False] * 4


def test_a_new_sign_in_replaces_what_is_not_used(kept: Path, cognito: Cognito, peer: Peer) -> None:
    open_to_all(kept)
    cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert cognito.session.subject


DAMAGE: list[bytes] = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"{",
    b"[]",
    b"null",
    b"1e999",
    b'"text"',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"key": "x"}',
]


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: repr(damage[:16]))
def test_a_damaged_session_is_no_traceback(damage: bytes, kept: Path, cognito: Cognito) -> None:
    kept.write_bytes(damage)
    with pytest.raises(SignInNeeded, match=r"damaged|another connection's") as refused:
        _ = cognito.session
    assert refused.value.hint
    assert list(end_all(cognito.settings)) is not None
    told = subprocess.run(
        [sys.executable, "-m", "halfday.cli", "whoami", "--domain", str(cognito.settings.stand_in),
         "--client-id", CLIENT_ID],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (told.returncode, "Traceback" in told.stderr) == (3, False)


def paths_in(record: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [before] if before else []
    for name, value in record.items() if isinstance(record, dict) else ():
        found += paths_in(value, (*before, name))
    return found


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_member_it_is_read_as_it_should_be_or_not_at_all(
    data: st.DataObject, cognito: Cognito, kept: Path
) -> None:
    """A member of another type used to be found out where it was used, by a TypeError."""
    record = json.loads(kept.read_text())
    *way, last = data.draw(st.sampled_from([path for path in paths_in(record) if path != ("key",)]))
    place = record
    for name in way:
        place = place[name]
    if data.draw(st.booleans()):
        place[last] = data.draw(anything)
    else:
        del place[last]
    found = read_session_record(record)
    if found is None:
        return
    again = json.loads(json.dumps(found.record()))
    assert again == {name: record[name] for name in again}
    assert found.tokens.end_at < 2**37
    assert found.subject is not None


def test_a_damaged_member_is_said_to_be_damage(kept: Path, cognito: Cognito) -> None:
    record = json.loads(kept.read_text())
    record["tokens"]["access_expires_at"] = "soon"
    kept.write_text(json.dumps(record))
    with pytest.raises(SignInNeeded, match="damaged"):
        _ = cognito.session


def test_a_guest_whose_file_is_damaged_is_another_guest(peer: Peer, make_cognito: Callable[..., Cognito]) -> None:
    guest = make_cognito().guest(keep=True)
    assert guest.identity_id
    cache = TokenCache(f"guest {IDENTITY_POOL_ID}")
    for aws in ("text", [], {"place": 1}, {"place": "", "identity_id": 5, "credentials": None, "received_at": 0}):
        cache.save({"aws": aws})
        assert make_cognito().guest(keep=True).identity_id


# --- what the disk refuses --------------------------------------------------------------------------------------------


def no_space(handle: int) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("what", ["session", "guest", "device"])
def test_what_cannot_be_kept_is_named_with_what_helps(
    what: str, cognito: Cognito, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, guest = cognito.exchange(peer.issue({}), REDIRECT_URI), cognito.guest(keep=True)
    device = KeptDevice(cognito.settings, "ada")
    save = {
        "session": lambda: session.keep(TokenCache(cognito.settings.key)),
        "guest": lambda: guest.identity_id,
        "device": lambda: device.save(Device("key", "group", "password")),
    }
    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(HalfdayError, match=f"the {what} could not be kept: .*No space left") as refused:
        save[what]()
    assert "room on its disk" in refused.value.hint


@pytest.mark.parametrize("what", ["session", "guest"])
def test_what_is_there_and_cannot_be_read_is_named_and_not_taken_for_gone(
    what: str, cognito: Cognito, own_home: Path
) -> None:
    key = {"session": cognito.settings.key, "guest": f"guest {IDENTITY_POOL_ID}"}[what]
    cache = TokenCache(key)
    Path(f"{cache._stem}.json").mkdir(parents=True)  # for open() what a disk that fails is
    with pytest.raises(HalfdayError, match=f"the {what} could not be read") as refused:
        cognito.session if what == "session" else cognito.guest(keep=True)
    assert cache.directory in refused.value.hint


def test_a_device_that_cannot_be_read_is_a_new_one(cognito: Cognito) -> None:
    device = KeptDevice(cognito.settings, "ada")
    Path(f"{device._cache._stem}.json").mkdir(parents=True)
    assert device.load() is None


def test_a_session_that_cannot_be_forgotten_keeps_no_other_from_being_ended(
    cognito: Cognito, make_cognito: Callable[..., Cognito], peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True)
    assert make_cognito().guest(keep=True).identity_id
    unlink, kept = os.unlink, TokenCache(cognito.settings.key)._stem

    def refused(path: str) -> None:
        if path.startswith(kept):
            raise PermissionError(13, "Permission denied", path)
        unlink(path)

    monkeypatch.setattr("os.unlink", refused)
    ended = {one.key: one.problem for one in end_all(cognito.settings)}
    assert "the session could not be removed" in str(ended.pop(cognito.settings.key))
    assert list(ended.values()) == [None]
