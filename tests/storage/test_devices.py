"""The promises of devices, over every database there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from databases import run
from halfday.server.domain.sign_in.codes_and_sessions import RefreshToken, TokenFamily
from halfday.server.domain.users.factors import Device
from halfday.server.storage.errors import Missing, Taken
from halfday.server.storage.store import Store

POOL = "us-east-1_Store0001"


def device(key: str = "key", **changes: Any) -> Device:
    return replace(
        Device(POOL, "ada", key, "-group", 1.0, 1.0, 1.0, srp_salt="5a17", srp_verifier="7e51f1e5"), **changes
    )


def issue_tokens(store: Store, origin_jti: str, device_key: str | None, username: str = "ada") -> None:
    family = TokenFamily(POOL, origin_jti, "client", username, (), 1.0, 9.0, "event", False, device_key=device_key)
    run(store.token_families.insert(family, RefreshToken(POOL, f"hash of {origin_jti}", origin_jti, username, 9.0)))


def has_refresh_token(store: Store, origin_jti: str) -> bool:
    return run(store.token_families.find_refresh_token(POOL, f"hash of {origin_jti}")) is not None


def keys(devices: list[Device]) -> list[str]:
    return [device.device_key for device in devices]


def test_a_device_is_found_by_its_owner_and_key_and_never_overwritten(store: Store) -> None:
    run(store.devices.insert(device()))
    with pytest.raises(Taken):
        run(store.devices.insert(device(srp_salt="another")))
    assert run(store.devices.find(POOL, "ada", "key")) == device()
    for pool_id, username, key in ((POOL, "bob", "key"), (POOL, "ada", "none"), ("us-east-1_Other", "ada", "key")):
        assert run(store.devices.find(pool_id, username, key)) is None


def test_devices_are_paged_in_the_order_of_their_keys_remembered_ones_alone_if_asked(store: Store) -> None:
    for key in ("c", "a", "b"):
        run(store.devices.insert(device(key, remembered=key != "b")))
    run(store.devices.insert(device("d", username="bob")))
    page = store.devices.page
    assert keys(run(page(POOL, "ada", limit=2))) == ["a", "b"]
    assert keys(run(page(POOL, "ada", limit=2, after="b"))) == ["c"]
    assert keys(run(page(POOL, "ada", limit=9, remembered_only=True))) == ["a", "c"]


def test_what_changes_of_a_device_changes_in_one_statement(store: Store) -> None:
    run(store.devices.insert(device()))
    run(store.devices.set_remembered(POOL, "ada", "key", True, now=2.0))
    run(store.devices.set_authenticated(POOL, "ada", "key", now=3.0))
    changed = device(remembered=True, modified_at=2.0, authenticated_at=3.0)
    assert run(store.devices.find(POOL, "ada", "key")) == changed
    for nothing in (
        store.devices.set_remembered(POOL, "ada", "none", True, now=2.0),
        store.devices.set_authenticated(POOL, "ada", "none", now=3.0),
        store.devices.delete(POOL, "ada", "none"),
    ):
        with pytest.raises(Missing):
            run(nothing)


def test_a_deleted_device_takes_its_refresh_tokens_along_and_no_others(store: Store) -> None:
    run(store.devices.insert(device()))
    issue_tokens(store, "first", "key")
    issue_tokens(store, "second", "key")
    issue_tokens(store, "of another device", "another")
    issue_tokens(store, "of none", None)
    issue_tokens(store, "of bob", "key", "bob")
    run(store.devices.delete(POOL, "ada", "key"))
    assert not has_refresh_token(store, "first")
    assert not has_refresh_token(store, "second")
    assert all(has_refresh_token(store, jti) for jti in ("of another device", "of none", "of bob"))
    assert run(store.token_families.find(POOL, "first")), "its access tokens go on"


def test_a_device_is_handed_out_as_long_as_its_tokens_can_be_refreshed(store: Store) -> None:
    assert not run(store.devices.is_handed_out(POOL, "ada", "key"))
    issue_tokens(store, "first", "key")
    assert run(store.devices.is_handed_out(POOL, "ada", "key"))
    assert not run(store.devices.is_handed_out(POOL, "bob", "key"))
    run(store.devices.insert(device()))
    assert run(store.devices.is_handed_out(POOL, "ada", "key"))
    run(store.devices.delete(POOL, "ada", "key"))
    assert not run(store.devices.is_handed_out(POOL, "ada", "key"))
