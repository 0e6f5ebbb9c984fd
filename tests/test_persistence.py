"""What is left when a server stops and another starts on the same folder."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import jwt
import pytest
import requests

from asking import refusal
from federated import identities
from halfday.server.settings import SettingRefused
from halfday.server.storage.sealing import WrongMasterKey, load_master_key
from world import Browser, Pool, running


def jwks(origin: str, pool_id: str) -> dict[str, object]:
    keys: dict[str, object] = requests.get(f"{origin}/{pool_id}/.well-known/jwks.json", timeout=10).json()
    return keys


def test_people_keys_tokens_and_credentials_survive_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        people = identities(world)
        people.set_roles(authenticated=people.role("kept"))
        pool, client = people.pool, people.client
        tokens, logins = pool.tokens(client), people.logins()
        identity_id, issued = people.get_id(logins), people.credentials(logins)
        browser = Browser(world.origin)
        browser.code(client)
        keys = jwks(world.origin, pool.pool_id)
        port = int(world.origin.rpartition(":")[2])
    with running(tmp_path, port=port) as world:
        again = Pool(world, pool.pool_id)
        assert jwks(world.origin, pool.pool_id) == keys
        assert world.idp.get_user(AccessToken=tokens["AccessToken"])["Username"] == "ada"
        parameters = {"REFRESH_TOKEN": tokens["RefreshToken"]}
        given = {"ClientId": client["ClientId"], "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": parameters}
        renewed = world.idp.initiate_auth(**given)["AuthenticationResult"]["IdToken"]
        key = jwt.PyJWKClient(f"{world.origin}/{pool.pool_id}/.well-known/jwks.json").get_signing_key_from_jwt(renewed)
        assert jwt.decode(renewed, key.key, algorithms=["RS256"], audience=client["ClientId"])
        assert again.tokens(client)["IdToken"], "the password still is the password"
        people.world = again.world
        assert people.get_id(logins) == identity_id
        assert people.signed("sts", issued).get_caller_identity()["Arn"].endswith("/kept/CognitoIdentityCredentials")
        browser.origin = world.origin
        assert "code=" in browser.authorize(client).headers["Location"], "and the browser still is signed in"


def test_a_sign_out_is_not_forgotten_by_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        pool = world.pool()
        pool.user()
        token = pool.tokens(pool.client())["AccessToken"]
        world.idp.global_sign_out(AccessToken=token)
        port = int(world.origin.rpartition(":")[2])
    with running(tmp_path, port=port) as world:
        refused = refusal(world.idp.get_user, AccessToken=token)
        assert refused == ("NotAuthorizedException", "Access Token has been revoked")


def test_another_master_key_is_refused_before_anything_listens(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as world:
        world.pool()
    other = tmp_path / "other.key"
    other.write_text(base64.b64encode(os.urandom(32)).decode())
    sentence = "does not open with this master key: is --master-key-file the one it was written with"
    with pytest.raises(WrongMasterKey, match=sentence), running(data, master_key_file=str(other)):
        pass
    with running(data) as world:
        assert world.idp.list_user_pools(MaxResults=1)["UserPools"], "its own still opens it"


def test_a_lost_master_key_is_told_and_not_replaced_by_a_new_one(tmp_path: Path) -> None:
    with running(tmp_path) as world:
        world.pool()
    (tmp_path / "master.key").unlink()
    with pytest.raises(WrongMasterKey), running(tmp_path):
        pass


def test_the_folder_and_its_files_are_their_owner_s(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as world:
        world.pool()
        modes = {path.name: path.stat().st_mode & 0o777 for path in data.iterdir()}
    assert data.stat().st_mode & 0o777 == 0o700
    assert {mode for name, mode in modes.items() if not name.endswith(("-wal", "-shm"))} == {0o600}
    assert {mode for name, mode in modes.items() if name.endswith(("-wal", "-shm"))} <= {0o600}


def test_a_folder_that_others_may_read_does_not_stay_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And the log says so: somebody else may have relied on it."""
    data = tmp_path / "data"
    with running(data) as world:
        world.pool()
    assert "open to others" not in caplog.text
    files = list(data.iterdir())
    for path in (data, *files):
        path.chmod(0o777 if path == data else 0o666)
    with running(data):
        assert f"{data} was open to others, mode 0777: it is its owner's alone now" in caplog.text
        assert all(f"{path} was open to others, mode 0666" in caplog.text for path in files)
        assert data.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in data.iterdir()} == {0o600}


def test_a_project_s_folder_keeps_its_mode_and_the_files_are_private(tmp_path: Path) -> None:
    (tmp_path / "app.py").touch(mode=0o644)
    tmp_path.chmod(0o755)
    for _ in range(2):
        with running(tmp_path):
            assert tmp_path.stat().st_mode & 0o777 == 0o755
            assert (tmp_path / "app.py").stat().st_mode & 0o777 == 0o644
            assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("master.key", "halfday.sqlite3")} == {0o600}


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_a_folder_that_others_may_write_in_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "somebody-s.txt").touch()
    tmp_path.chmod(mode)
    with pytest.raises(SettingRefused, match="data: others may write in"), running(tmp_path):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["somebody-s.txt"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_somebody_else_s_folder_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, -1)
    with pytest.raises(SettingRefused, match="belongs to user id 12345"), running(tmp_path):
        pass


@pytest.mark.parametrize("data", ["/dev/null", "/dev/null/x", "a\0b"])
def test_what_is_no_folder_is_refused(data: str) -> None:
    with pytest.raises(SettingRefused, match=r"^data: "), running(Path(data)):
        pass


def test_a_master_key_is_on_the_disk_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flushed under its own name and in its folder: a key that a power cut takes away takes everything with it."""
    flushed: list[str] = []
    fsync = os.fsync

    def told(descriptor: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", told)
    key = load_master_key(tmp_path / "master.key")
    assert flushed == [str(tmp_path / "master.key.new"), str(tmp_path)]
    assert load_master_key(tmp_path / "master.key") == key
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def test_what_a_kill_left_of_a_master_key_does_not_stop_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "master.key.new").write_text("aGFsZg")
    assert len(load_master_key(tmp_path / "master.key")) == 32


def test_processes_that_begin_at_once_have_one_master_key(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from halfday.server.storage.sealing import load_master_key; "
        "print(load_master_key(pathlib.Path(sys.argv[1])).hex())"
    )
    begun = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "master.key")], stdout=subprocess.PIPE)
        for _ in range(8)
    ]
    assert len({process.communicate(timeout=60)[0] for process in begun}) == 1


def test_git_is_offered_nothing_of_a_data_folder(tmp_path: Path) -> None:
    subprocess.run(("git", "init", "-q", str(tmp_path)), check=True)
    for _ in range(2):
        with running(tmp_path / ".halfday", upstream="none"):
            pass
    told = subprocess.run(("git", "status", "--porcelain"), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout == ""
    assert (tmp_path / ".halfday" / "master.key").exists()


def test_a_project_s_own_ignore_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("build/\n")
    (tmp_path / "app.py").write_text("")
    with running(tmp_path, upstream="none"):
        pass
    assert (tmp_path / ".gitignore").read_text() == "build/\n"
