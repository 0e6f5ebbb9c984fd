"""This machine as a device that the pool remembers: confirmed, kept, proven, forgotten; against the server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from person import Person, SigningIn
from test_keyring import Narrow

from halfday import ApiRefused, Cognito, SettingsError
from operations.test_devices import attributes_of, keys_of, tracking
from operations.test_mfa import FROM, RECOVERY
from world import PASSWORD, Pool, World

FLOWS = ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"]


@pytest.fixture(params=[False, True], ids=["blocking", "awaited"])
def signing_in(request: pytest.FixtureRequest) -> SigningIn:
    return SigningIn(request.param)


@pytest.fixture
def kept(own_home: Path) -> Path:
    return own_home / "cache" / "devices"


@pytest.fixture
def in_memory() -> Iterator[Narrow]:
    before, backend = keyring.get_keyring(), Narrow()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def with_codes(world: World, **given: Any) -> Pool:
    """A pool that asks ada for a code by mail, of whom a remembered device relieves her."""
    tracked = {"DeviceOnlyRememberedOnUserPrompt": False, "ChallengeRequiredOnNewDevice": True, **given}
    pool = world.pool(EmailConfiguration=FROM, AccountRecoverySetting=RECOVERY, DeviceConfiguration=tracked)
    world.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, MfaConfiguration="ON", EmailMfaConfiguration={})
    pool.user()
    return pool


def reader(pool: Pool) -> Person:
    """Ada, who reads her mail."""
    return Person({"EMAIL_OTP": lambda _: pool.code_for("ada", "Authentication")})


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("secret", [False, True], ids=["public", "with a secret"])
def test_a_remembered_device_relieves_of_the_code(
    world: World, signing_in: SigningIn, flow: str, secret: bool, kept: Path
) -> None:
    pool = with_codes(world)
    client = pool.client(GenerateSecret=secret)
    first, second = reader(pool), reader(pool)
    signing_in(pool, client, "ada", PASSWORD, first, flow=flow, remember_device=True)
    session = signing_in(pool, client, "ada", PASSWORD, second, flow=flow)
    assert (first.names, second.names) == (["EMAIL_OTP"], [])
    assert len(files(kept)) == 1
    session.renew()
    assert session.claims.subject == session.subject


def test_what_is_kept_of_a_device_is_its_owner_s_only(world: World, signing_in: SigningIn, kept: Path) -> None:
    pool = tracking(world)
    signing_in(pool, pool.client(), "ada", PASSWORD, remember_device="ada's laptop")
    (file,) = files(kept)
    assert (file.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o600, 0o700)
    record = json.loads(file.read_text())
    assert set(record) == {"device_key", "group_key", "password", "key"}
    assert PASSWORD not in file.read_text()
    (device,) = world.idp.admin_list_devices(UserPoolId=pool.pool_id, Username="ada")["Devices"]
    assert (device["DeviceKey"], attributes_of(device)["device_name"]) == (record["device_key"], "ada's laptop")


@pytest.mark.parametrize("flow", FLOWS)
def test_tokens_of_a_tracked_pool_are_renewed_though_nothing_is_remembered(
    world: World, signing_in: SigningIn, flow: str, kept: Path
) -> None:
    pool = tracking(world)
    session = signing_in(pool, pool.client(GenerateSecret=True), "ada", PASSWORD, flow=flow)
    before = session.access_token
    world.clock.advance(3590)
    assert session.access_token != before
    assert files(kept) == []


def test_a_kept_session_is_renewed_by_the_next_program(world: World, signing_in: SigningIn) -> None:
    pool = tracking(world)
    client = pool.client()
    subject = signing_in(pool, client, "ada", PASSWORD, keep=True).subject
    world.clock.advance(3590)
    known = {"user_pool_id": pool.pool_id, "endpoint_url": world.origin, "client_id": client["ClientId"]}
    session = Cognito(**known, clock=world.clock).session
    assert session.claims.subject == subject


@pytest.mark.parametrize("remember", [False, True])
def test_where_it_is_the_person_s_choice_they_say_so(world: World, signing_in: SigningIn, remember: bool) -> None:
    pool = tracking(world, on_prompt=True)
    session = signing_in(pool, pool.client(), "ada", PASSWORD, remember_device=remember)
    assert len(keys_of(world.idp.list_devices(AccessToken=session.access_token))) == int(remember)
    everything = world.idp.admin_list_devices(UserPoolId=pool.pool_id, Username="ada")
    assert len(keys_of(everything)) == 1


@pytest.mark.parametrize("flow", FLOWS)
def test_a_device_that_the_pool_has_forgotten_is_forgotten_here_too(
    world: World, signing_in: SigningIn, flow: str, kept: Path
) -> None:
    pool = with_codes(world)
    client = pool.client()
    signing_in(pool, client, "ada", PASSWORD, reader(pool), flow=flow, remember_device=True)
    (file,) = files(kept)
    key = json.loads(file.read_text())["device_key"]
    world.idp.admin_forget_device(UserPoolId=pool.pool_id, Username="ada", DeviceKey=key)
    again = reader(pool)
    again.replies["PASSWORD"] = PASSWORD
    assert signing_in(pool, client, "ada", None, again, flow=flow).subject
    assert again.names == ["PASSWORD", "EMAIL_OTP"], "the password is asked for once"
    assert files(kept) == []


@pytest.mark.parametrize("flow", FLOWS)
def test_a_device_whose_password_is_another_is_replaced(
    world: World, signing_in: SigningIn, flow: str, kept: Path
) -> None:
    pool = with_codes(world)
    client = pool.client()
    signing_in(pool, client, "ada", PASSWORD, reader(pool), flow=flow, remember_device=True)
    (file,) = files(kept)
    record = json.loads(file.read_text())
    file.write_text(json.dumps({**record, "password": "another"}))
    again, then = reader(pool), reader(pool)
    signing_in(pool, client, "ada", PASSWORD, again, flow=flow, remember_device=True)
    assert again.names == ["EMAIL_OTP"]
    assert json.loads(file.read_text())["device_key"] != record["device_key"]
    signing_in(pool, client, "ada", PASSWORD, then, flow=flow)
    assert then.names == []


def test_a_file_that_is_damaged_is_no_device(world: World, signing_in: SigningIn, kept: Path) -> None:
    pool = tracking(world)
    client = pool.client()
    signing_in(pool, client, "ada", PASSWORD, remember_device=True)
    (file,) = files(kept)
    file.write_text('{"device_key"')
    assert signing_in(pool, client, "ada", PASSWORD, remember_device=True).subject
    assert json.loads(file.read_text())["device_key"]


def test_a_device_goes_where_sessions_go(world: World, signing_in: SigningIn, kept: Path, in_memory: Narrow) -> None:
    pool = tracking(world)
    client = pool.client()
    with pytest.raises(SettingsError, match="token_store is none"):
        signing_in(pool, client, "ada", PASSWORD, remember_device=True, settings={"token_store": "none"})
    assert signing_in(pool, client, "ada", PASSWORD, settings={"token_store": "none"}).subject
    assert files(kept) == []
    in_keyring = {"token_store": "keyring"}
    for _ in range(2):
        signing_in(pool, client, "ada", PASSWORD, remember_device=True, settings=in_keyring)
    (file,) = files(kept)
    assert "device_key" not in file.read_text()
    assert any("group_key" in text for text in in_memory.entries.values())
    everything = world.idp.admin_list_devices(UserPoolId=pool.pool_id, Username="ada")
    assert len(keys_of(everything)) == 2, "one that nothing is kept of, and one that proves itself"


def test_two_people_on_one_machine_have_a_device_each(world: World, signing_in: SigningIn, kept: Path) -> None:
    pool = tracking(world)
    pool.user("bob")
    client = pool.client()
    for name in ("ada", "bob", "ada"):
        signing_in(pool, client, name, PASSWORD, remember_device=True)
    assert len(files(kept)) == 2
    for name in ("ada", "bob"):
        listed = world.idp.admin_list_devices(UserPoolId=pool.pool_id, Username=name)
        assert len(keys_of(listed)) == 1


def test_a_log_out_leaves_the_device(world: World, signing_in: SigningIn, kept: Path) -> None:
    pool = with_codes(world)
    client = pool.client()
    signing_in(pool, client, "ada", PASSWORD, reader(pool), remember_device=True, keep=True).logout()
    after = reader(pool)
    signing_in(pool, client, "ada", PASSWORD, after)
    assert after.names == []


def test_a_wrong_password_is_told_as_one_though_a_device_is_kept(world: World, signing_in: SigningIn) -> None:
    pool = with_codes(world)
    client = pool.client()
    signing_in(pool, client, "ada", PASSWORD, reader(pool), remember_device=True)
    with pytest.raises(ApiRefused, match="Incorrect username or password"):
        signing_in(pool, client, "ada", "wrong-1815", reader(pool))
    assert os.listdir(Path(os.environ["HALFDAY_CACHE_DIR"]) / "devices")
