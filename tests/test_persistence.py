"""What is left when a server stops and another starts on the same folder."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import jwt
import pytest
import requests

from asking import refusal
from federated import identities
from halfday.server.storage.sealing import WrongMasterKey
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
