"""halfday.testing.Server: for any runner."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests
from botocore.config import Config

from halfday import TokenVerifier
from halfday.testing import Pool, Server, aws_environment
from halfday.testing.management import ManagementRefused

SEED = """
[[user_pool]]
id = "us-east-1_Seeded001"
[[user_pool.client]]
id = "seededclient"
name = "web"
auth_flows = ["USER_PASSWORD_AUTH"]
[[user_pool.user]]
username = "ada"
password = "Lovelace-1815"
"""


@pytest.fixture(scope="module", params=[False, True], ids=["thread", "process"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    seed = tmp_path_factory.mktemp("seed") / "halfday.toml"
    seed.write_text(SEED)
    with Server(seed, process=request.param, region="eu-west-1") as up:
        yield up


def test_a_person_signs_in_and_their_token_is_verified(server: Server) -> None:
    pool = server.pool()
    client, ada = pool.client(GenerateSecret=True), pool.user(groups=("admin", "staff"), given_name="Ada")
    tokens = ada.sign_in(client)
    verifier = TokenVerifier(pool.pool_id, client_id=client.client_id, token_use="id", endpoint=server.origin)
    claims = verifier.verify(tokens.id_token)
    assert (claims["sub"], claims["given_name"]) == (ada.sub, "Ada")
    assert sorted(claims["cognito:groups"]) == ["admin", "staff"]


@pytest.mark.parametrize("groups", ["admin", ("admin",), ["admin"]])
def test_a_group_that_stands_alone_is_one_word_and_never_its_letters(server: Server, groups: str | list[str]) -> None:
    pool = server.pool()
    pool.user("ada", groups=groups)
    made = server.idp.list_groups(UserPoolId=pool.pool_id)["Groups"]
    assert [one["GroupName"] for one in made] == ["admin"]


def test_what_was_sent_is_read(server: Server) -> None:
    pool = server.pool(AutoVerifiedAttributes=["email"])
    sent = {"UserAttributes": [{"Name": "email", "Value": "grace@example.com"}]}
    client_id = pool.default_client.client_id
    server.idp.sign_up(ClientId=client_id, Username="grace", Password="Hopper-1906", **sent)
    code = server.codes("grace@example.com", pool_id=pool.pool_id)
    server.idp.confirm_sign_up(ClientId=client_id, Username="grace", ConfirmationCode=code)
    with pytest.raises(LookupError, match=r"nothing was sent to 'nobody' within 0\.1 s"):
        server.codes("nobody", wait_s=0.1)


def test_what_expires_does_so_without_waiting(server: Server) -> None:
    pool = server.pool()
    tokens = pool.user().sign_in()
    server.idp.get_user(AccessToken=tokens.access_token)
    server.clock.freeze()
    server.clock.forward(3601)
    with pytest.raises(server.idp.exceptions.NotAuthorizedException, match="Access Token has expired"):
        server.idp.get_user(AccessToken=tokens.access_token)
    server.clock.release()
    assert abs(server.clock.now() - time.time()) < 5
    server.idp.get_user(AccessToken=tokens.access_token)


def test_signatures_go_by_the_time_of_who_signs(server: Server) -> None:
    server.clock.forward(7200)
    try:
        caller = server.boto3("sts").get_caller_identity()
    finally:
        server.clock.release()
    assert caller["Account"] == "123456789012"


def test_a_reset_puts_all_back_and_leaves_the_seed_s_keys(server: Server) -> None:
    jwks = f"{server.origin}/us-east-1_Seeded001/.well-known/jwks.json"
    before = requests.get(jwks, timeout=5).json()
    region = {"region_name": "us-east-1"}
    seeded = server.boto3("cognito-idp", **region)
    proof = {"USERNAME": "ada", "PASSWORD": "Lovelace-1815"}
    seeded.admin_disable_user(UserPoolId="us-east-1_Seeded001", Username="ada")
    others = server.pool().pool_id
    server.clock.forward(60)
    server.reset()
    asked = {"ClientId": "seededclient", "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": proof}
    assert seeded.initiate_auth(**asked)["AuthenticationResult"]["IdToken"]
    assert requests.get(jwks, timeout=5).json() == before
    assert others not in [one["Id"] for one in server.idp.list_user_pools(MaxResults=60)["UserPools"]]
    assert abs(server.clock.now() - time.time()) < 5
    server.reset(to="empty")
    assert seeded.list_user_pools(MaxResults=60)["UserPools"] == []
    server.reset()
    assert [one["Id"] for one in seeded.list_user_pools(MaxResults=60)["UserPools"]] == ["us-east-1_Seeded001"]


def test_what_a_snapshot_held_is_not_answered_after_a_reset(server: Server) -> None:
    """Numbers of changes begin again with a reset, so what was held under a higher one has to go."""
    server.reset(to="empty")
    for mfa in ("OFF", "OPTIONAL"):
        pool = server.pool(UserPoolTags={"_custom_id_": "eu-west-1_Again00001"}, MfaConfiguration="OFF", PoolName=mfa)
        assert server.idp.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Name"] == mfa
        server.reset(to="empty")
        with pytest.raises(server.idp.exceptions.ResourceNotFoundException):
            server.idp.describe_user_pool(UserPoolId=pool.pool_id)
    server.reset()


def test_keys_of_a_pool_that_is_gone_are_another_s() -> None:
    with Server() as server:

        def kids(pool: Pool) -> set[str]:
            keys = requests.get(f"{pool.issuer}/.well-known/jwks.json", timeout=5).json()["keys"]
            return {key["kid"] for key in keys}

        one, other = server.pool(), server.pool()
        kept, gone = kids(one), kids(other)
        assert not kept & gone
        other.delete()
        again = kids(server.pool())
        assert again == gone
        assert not again & kept


def test_a_declared_pool_comes_back_with_keys_that_nobody_else_has_got(server: Server) -> None:
    server.reset()
    seeded = server.boto3("cognito-idp", region_name="us-east-1")

    def kids(pool_id: str) -> set[str]:
        keys = requests.get(f"{server.origin}/{pool_id}/.well-known/jwks.json", timeout=5).json()["keys"]
        return {key["kid"] for key in keys}

    own = kids("us-east-1_Seeded001")
    seeded.delete_user_pool(UserPoolId="us-east-1_Seeded001")
    meanwhile = server.pool().pool_id
    assert not kids(meanwhile) & own
    server.reset()
    assert kids("us-east-1_Seeded001") == own
    for _ in range(3):
        assert not kids(server.pool().pool_id) & own


def test_the_environment_leads_every_sdk_here_and_is_put_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    with aws_environment(server.environment):
        assert "AWS_PROFILE" not in os.environ
        assert boto3.session.Session().client("cognito-idp").meta.endpoint_url == server.origin
        assert boto3.session.Session().client("sts").get_caller_identity()["Account"] == "123456789012"
        assert boto3.session.Session().client("s3").meta.endpoint_url != server.origin
    assert (os.environ["AWS_PROFILE"], os.environ["AWS_DEFAULT_REGION"]) == ("production", "us-west-2")
    assert "AWS_ENDPOINT_URL_STS" not in os.environ


def test_no_setting_of_the_person_s_own_leads_elsewhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that is not here, endpoints that are ignored (a test would ask AWS), a proxy that does not know us."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_CONFIG_FILE", __file__)
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "example.com")
    assert server.boto3("cognito-idp", config=Config(retries={"max_attempts": 1})).list_user_pools(MaxResults=1)
    monkeypatch.delenv("AWS_CONFIG_FILE")
    with aws_environment(server.environment):
        assert boto3.session.Session().client("sts").get_caller_identity()["Account"] == "123456789012"
        assert os.environ["no_proxy"].startswith("example.com,")
    assert (os.environ["NO_PROXY"], os.environ["no_proxy"]) == ("example.com", "example.com")
    assert os.environ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] == "true"


def test_a_server_is_started_again(tmp_path: Path) -> None:
    server = Server()
    for _ in range(2):
        with server:
            assert server.codes.all() == []
            assert server.pool().user().sign_in().access_token
            assert abs(server.clock.now() - time.time()) < 5
            with pytest.raises(RuntimeError, match="running already"):
                server.start()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_test_run_that_is_killed_leaves_no_server_behind(number: int) -> None:
    program = (
        "from halfday.testing import Server; print(Server(process=True).start().told['port'], flush=True); input()"
    )
    run = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    port = int(run.stdout.readline())
    assert is_listened_on(port)
    run.send_signal(number)
    run.communicate(timeout=20)
    ends_at = time.monotonic() + 20
    while is_listened_on(port) and time.monotonic() < ends_at:
        time.sleep(0.1)
    assert not is_listened_on(port)


def is_listened_on(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


FORKS = """
import os, sys
from halfday.testing import Server
server = Server(process=sys.argv[1] == "process").start()
for ends in (lambda: sys.exit(), lambda: (server.stop(), os._exit(0))):
    if (child := os.fork()) == 0:
        ends()
    assert os.waitpid(child, 0)[1] == 0
assert server.pool().user().sign_in().access_token
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks nothing")
@pytest.mark.parametrize("way", ["thread", "process"])
def test_a_forked_process_leaves_its_parent_s_server_alone(way: str) -> None:
    subprocess.run([sys.executable, "-c", FORKS, way], timeout=60, check=True)


def test_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", None)
    with Server() as server:
        server.pool().user().sign_in()
        assert [*tmp_path.iterdir()] == []
    assert [*tmp_path.iterdir()] == []


def test_two_servers_know_nothing_of_each_other(server: Server) -> None:
    with Server() as other:
        assert other.origin != server.origin
        pool = server.pool()
        with pytest.raises(other.idp.exceptions.ResourceNotFoundException):
            other.idp.describe_user_pool(UserPoolId=pool.pool_id)


def test_what_stands_in_the_way_of_a_start_is_raised() -> None:
    for process in (False, True):
        with pytest.raises(Exception, match="region"):
            Server(process=process, region="nowhere").start()
    with pytest.raises(RuntimeError, match="not running"):
        _ = Server().origin


def test_a_server_that_keeps_what_it_is_told_does_not_reset(tmp_path: Path) -> None:
    with Server(ephemeral=False, data=str(tmp_path / "data")) as server, pytest.raises(ManagementRefused) as refused:
        server.reset()
    assert refused.value.status == 409
    assert "--ephemeral" in str(refused.value)


def test_a_reset_empties_moto_too_and_makes_declared_buckets_again(tmp_path: Path) -> None:
    seed = tmp_path / "halfday.toml"
    seed.write_text('[[bucket]]\nname = "declared"\n')
    with Server(seed, process=True) as server:
        s3, dynamodb = server.boto3("s3"), server.boto3("dynamodb")
        s3.put_object(Bucket="declared", Key="kept", Body=b"no")
        s3.create_bucket(Bucket="made")
        dynamodb.create_table(
            TableName="made",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        server.reset()
        assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["declared"]
        assert "Contents" not in s3.list_objects_v2(Bucket="declared")
        assert dynamodb.list_tables()["TableNames"] == []
        server.reset(to="empty")
        assert s3.list_buckets()["Buckets"] == []
