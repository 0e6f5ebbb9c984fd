"""The image serves: without root, on a file system that cannot be written, for other containers, through kills."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from image.conftest import Start
from image.networks import SERVER, Network
from image.places import STAGE

pytestmark = [pytest.mark.long, pytest.mark.timeout(120)]

TOKEN = "a-token-of-management"
FOR_TESTS = {"SIGNATURES": "relaxed", "MANAGEMENT_HOST": "0.0.0.0", "MANAGEMENT_TOKEN": TOKEN, "UPSTREAM": "none"}
SEED = """
[[user_pool]]
id = "us-east-1_Image0001"
verify = ["email"]
[[user_pool.client]]
id = "imagetests"
auth_flows = ["ALLOW_USER_PASSWORD_AUTH"]
"""
GRACE = {"ClientId": "imagetests", "Username": "grace", "Password": "Hopper-1906"}
EMAIL = {"UserAttributes": [{"Name": "email", "Value": "grace@example.com"}]}


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    written = tmp_path / "halfday.toml"
    written.write_text(SEED)
    return written


def test_it_runs_as_nobody_of_note_on_a_root_that_is_read_only(begin: Start, network: Network) -> None:
    server = begin(EPHEMERAL="true", **FOR_TESTS)
    assert server.run("id", "-u") == (0, f"{STAGE.user}\n")
    _, mounts = server.run("cat", "/proc/self/mounts")
    roots = [line.split()[3] for line in mounts.splitlines() if line.split()[1] == "/"]
    assert roots[-1].startswith("ro"), roots
    _, capabilities = server.run("grep", "CapBnd", "/proc/self/status")
    assert int(capabilities.split()[1], 16) == 0
    assert server.run(*STAGE.healthcheck)[0] == 0
    for path in ("health", "ready"):
        assert network.ask("GET", f"http://{SERVER}:4242/{path}") == (200, '{"status":"ok"}')


def test_without_any_place_to_write_an_ephemeral_server_serves(begin: Start, network: Network, seed: Path) -> None:
    """No volume, no tmpfs: what it wanted to write would fail."""
    server = begin(seed=seed, tmp=False, EPHEMERAL="true", **FOR_TESTS)
    assert server.run("sh", "-c", "echo > /tmp/written")[0] != 0
    assert network.call("SignUp", **GRACE, **EMAIL)[0] == 200
    status, pool = network.call("CreateUserPool", PoolName="another")
    assert (status, "UserPool" in pool) == (200, True)
    assert server.stop()[0] == 0
    assert "Traceback" not in server.log()


def test_codes_are_read_from_another_network_namespace_with_the_token(
    begin: Start, network: Network, seed: Path
) -> None:
    server = begin(seed=seed, EPHEMERAL="true", **FOR_TESTS)
    messages = f"http://{SERVER}:4244/messages/latest?username=grace@example.com&wait_s=5"
    assert network.call("SignUp", **GRACE, **EMAIL)[0] == 200
    assert network.ask("GET", messages)[0] == 401
    assert network.ask("GET", messages, token="another-token-than-it")[0] == 401
    assert network.ask("GET", messages, token=TOKEN, headers="Origin: http://localhost:8000")[0] == 403
    status, told = network.ask("GET", messages, token=TOKEN)
    assert status == 200
    code = json.loads(told)["code"]
    confirmed, _ = network.call("ConfirmSignUp", ClientId="imagetests", Username="grace", ConfirmationCode=code)
    assert confirmed == 200
    assert "They sign as root with any keys, and read codes, with the management token." in server.log()


def test_without_a_token_nobody_else_reads_codes(begin: Start, network: Network) -> None:
    server = begin(EPHEMERAL="true", UPSTREAM="none")
    assert network.ask("GET", f"http://{SERVER}:4244/messages")[0] == 0
    assert network.call("ListUserPools", MaxResults=1)[0] == 400
    assert "They sign with keys issued here alone, and read no codes." in server.log()


def test_sigterm_ends_it_in_time(begin: Start, network: Network, tmp_path: Path) -> None:
    """Docker waits ten seconds, then kills."""
    code, took_s = begin(data=tmp_path / "data", **FOR_TESTS).stop()
    assert code == 0
    assert took_s < 8


def test_what_was_acknowledged_before_a_kill_is_there_after_it(
    begin: Start, network: Network, seed: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    killed = begin(data=data, seed=seed, **FOR_TESTS)
    pool = {"UserPoolId": "us-east-1_Image0001"}
    for number in range(20):
        status, _ = network.call("AdminCreateUser", **pool, Username=f"user-{number}", MessageAction="SUPPRESS")
        assert status == 200
    killed.kill()
    begin(data=data, seed=seed, **FOR_TESTS)
    _, listed = network.call("ListUsers", **pool)
    assert len(listed["Users"]) == 20


def test_on_a_read_only_root_without_a_volume_it_says_what_is_missing(begin: Start) -> None:
    with pytest.raises(AssertionError, match=r"data: '\.halfday' cannot be used: Read-only file system"):
        begin(**FOR_TESTS)


def test_without_any_place_to_write_https_is_refused(begin: Start) -> None:
    with pytest.raises(AssertionError, match=r"setting ephemeral: certificates .* need a folder for temporary files"):
        begin(tmp=False, EPHEMERAL="true", HTTPS="true", PUBLIC_URL="https://cognito.localhost:4242", UPSTREAM="none")
