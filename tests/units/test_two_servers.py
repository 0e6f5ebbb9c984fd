"""Two `halfday serve` on one data folder: one pool, one set of keys, one issuer, and codes that either one shows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from halfday.server.serving import ServerThread
from halfday.server.settings import SettingRefused, Settings
from ports import free_port

POOL, CLIENT = "us-east-1_TwoServer1", "client0000000000000000001"
SEED = f"""
[[user_pool]]
id = "{POOL}"
name = "two servers"

[[user_pool.client]]
id = "{CLIENT}"
auth_flows = ["ALLOW_USER_PASSWORD_AUTH"]

[[user_pool.user]]
username = "ada"
password = "Lovelace-1815"
attributes = {{ email = "ada@example.com", email_verified = "true" }}
"""


@contextmanager
def served(folder: Path, port: int, management: int, public_url: str) -> Iterator[None]:
    halfday = str(Path(sys.executable).with_name("halfday"))
    command = [halfday, "serve", "--config", str(folder / "seed.toml"), "--data", str(folder / "data")]
    ports = ["--port", str(port), "--management-port", str(management), "--public-url", public_url]
    process = subprocess.Popen([*command, *ports, "--upstream", "none"], stderr=subprocess.PIPE, text=True)
    try:
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)


def wait_for(port: int) -> None:
    for _ in range(600):
        try:
            requests.get(f"http://127.0.0.1:{port}/{POOL}/.well-known/jwks.json", timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers at port {port}")


def idp(port: int) -> Any:
    dummy = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return boto3.client("cognito-idp", endpoint_url=f"http://127.0.0.1:{port}", **dummy)


def test_two_processes_on_one_folder_are_one_server(tmp_path: Path) -> None:
    """Both begin at once, on an empty folder."""
    (tmp_path / "seed.toml").write_text(SEED)
    ports, management = (free_port(), free_port()), (free_port(), free_port())
    public_url = f"http://localhost:{ports[0]}"
    with served(tmp_path, ports[0], management[0], public_url), served(tmp_path, ports[1], management[1], public_url):
        for port in ports:
            wait_for(port)
        urls = [f"http://127.0.0.1:{port}/{POOL}/.well-known" for port in ports]
        assert len({requests.get(f"{url}/jwks.json", timeout=10).text for url in urls}) == 1, "keys made once"
        issuers = {requests.get(f"{url}/openid-configuration", timeout=10).json()["issuer"] for url in urls}
        assert issuers == {f"{public_url}/{POOL}"}
        first, second = map(idp, ports)
        given = {"USERNAME": "ada", "PASSWORD": "Lovelace-1815"}
        signed_in = first.initiate_auth(ClientId=CLIENT, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
        token = signed_in["AuthenticationResult"]["AccessToken"]
        assert second.get_user(AccessToken=token)["Username"] == "ada", "a token of one is the other's"
        first.forgot_password(ClientId=CLIENT, Username="ada")
        shown = [f"http://127.0.0.1:{port}/messages/latest?username=ada&wait_s=10" for port in management]
        assert len({requests.get(url, timeout=20).json()["code"] for url in shown}) == 1


def test_a_second_server_with_another_issuer_is_refused(tmp_path: Path) -> None:
    with ServerThread(Settings(data=tmp_path / "data", port=0, upstream="none")) as running:
        other = ServerThread(Settings(data=tmp_path / "data", port=0, upstream="none"))
        with pytest.raises(SettingRefused, match="public_url"):
            other.__enter__()
        same = Settings(data=tmp_path / "data", port=0, upstream="none", public_url=running.origin)
        with ServerThread(same):
            pass
    with ServerThread(Settings(data=tmp_path / "data", port=0, upstream="none")):
        pass
