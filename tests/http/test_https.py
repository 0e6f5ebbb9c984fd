"""The setting https: TLS and plain http on one port, pools by the host that was asked, and what plain http is for."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from requests.adapters import HTTPAdapter

from front_door import refusal
from halfday.server.connections import Limits
from halfday.server.serving import ServerThread
from halfday.server.settings import SettingRefused, Settings
from handshakes import client_context
from sockets import raw, read_answer
from world import CALLBACK, PASSWORD, Browser, Pool, World, code_in, query_in, running

IDENTITY_POOL = "us-east-1:11111111-2222-3333-4444-555555555555"
BY_TLS = {
    "Effect": "Allow",
    "Action": "s3:ListAllMyBuckets",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "true"}},
}
DOCUMENT = {
    "identity_pool": [{"id": IDENTITY_POOL, "guests": True, "unauthenticated_role": "guests"}],
    "role": [
        {
            "name": "guests",
            "identity_pool": IDENTITY_POOL,
            "kind": "unauthenticated",
            "policies": {"by-tls": {"Version": "2012-10-17", "Statement": [BY_TLS]}},
        }
    ],
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), DOCUMENT, https=True) as up:
        yield up


@pytest.fixture(scope="module")
def pool(world: World) -> Pool:
    pool = world.pool()
    pool.user()
    world.idp.create_user_pool_domain(Domain="shop", UserPoolId=pool.pool_id)
    return pool


def port_of(world: World) -> int:
    return urlsplit(world.origin).port or 0


def browser_of(world: World, origin: str) -> Browser:
    """A browser that trusts the server's own authority, and knows that .localhost is this machine."""
    browser = Browser(origin)
    browser.session.trust_env = False
    browser.session.verify = str(world.data / "ca-localhost.pem")
    browser.session.mount("https://", _ToThisMachine())
    return browser


class _ToThisMachine(HTTPAdapter):
    """Connects to 127.0.0.1 whatever the host is; the certificate is checked for the host, which Host names too."""

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        host, _ = self.build_connection_pool_key_attributes(request, verify, cert)
        name = host["host"]
        request.headers["Host"] = urlsplit(request.url).netloc
        return self.poolmanager.connection_from_host(
            "127.0.0.1", host["port"], "https", {"server_hostname": name, "assert_hostname": name}
        )


def test_the_origin_is_localhost_s_by_https_and_clients_that_trust_the_root_reach_it(world: World, pool: Pool) -> None:
    assert world.origin == f"https://localhost:{port_of(world)}"
    for host in ("localhost", "127.0.0.1"):
        document = requests.get(
            f"https://{host}:{port_of(world)}/{pool.pool_id}/.well-known/openid-configuration",
            verify=str(world.data / "ca-localhost.pem"),
            timeout=10,
        ).json()
        assert document["token_endpoint"] == f"https://{host}:{port_of(world)}/oauth2/token"
        assert document["issuer"] == f"{world.origin}/{pool.pool_id}"


def test_who_does_not_trust_the_root_is_not_served_in_the_clear_instead(world: World) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(world.origin, timeout=10)


def test_boto3_calls_by_either_scheme_on_one_port(world: World, pool: Pool) -> None:
    dummy = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    root = str(world.data / "ca-localhost.pem")
    encrypted = boto3.client("cognito-idp", endpoint_url=world.origin, verify=root, **dummy)
    for client in (encrypted, world.idp):
        assert client.describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Id"] == pool.pool_id


@pytest.mark.parametrize("host", ["shop.auth.localhost", "shop.auth.us-east-1.localhost", "shop.localhost"])
def test_a_pool_s_own_host_signs_in_with_secure_cookies_and_speaks_by_its_name(
    world: World, pool: Pool, host: str
) -> None:
    client = pool.client()
    origin = f"https://{host}:{port_of(world)}"
    browser = browser_of(world, origin)
    answer = browser.sign_in(client)
    code = code_in(answer)
    cookies = {cookie.name: cookie for cookie in browser.session.cookies}
    assert cookies["cognito"].secure
    document = browser.session.get(f"{origin}/{pool.pool_id}/.well-known/openid-configuration").json()
    assert document["authorization_endpoint"] == f"{origin}/oauth2/authorize"
    form = {"grant_type": "authorization_code", "client_id": client["ClientId"], "code": code, "redirect_uri": CALLBACK}
    tokens = browser.session.post(f"{origin}/oauth2/token", data=form).json()
    assert tokens["access_token"]


def test_at_another_pool_s_host_a_client_is_unknown(world: World, pool: Pool) -> None:
    other = world.pool()
    world.idp.create_user_pool_domain(Domain="other", UserPoolId=other.pool_id)
    browser = browser_of(world, f"https://other.auth.localhost:{port_of(world)}")
    answer = browser.authorize(pool.client())
    assert answer.status_code == 302
    assert query_in(answer).get("error"), answer.headers["Location"]
    world.idp.delete_user_pool_domain(Domain="other", UserPoolId=other.pool_id)


def test_two_regions_have_one_prefix_each_of_its_own(world: World, pool: Pool) -> None:
    west = world.boto3("cognito-idp", region_name="us-west-2")
    there = west.create_user_pool(PoolName="west")["UserPool"]["Id"]
    west.create_user_pool_domain(Domain="shop", UserPoolId=there)
    client = west.create_user_pool_client(
        UserPoolId=there,
        ClientName="web",
        CallbackURLs=[CALLBACK],
        AllowedOAuthFlows=["code"],
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["openid"],
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]
    taken = browser_of(world, f"https://shop.auth.us-west-2.localhost:{port_of(world)}").authorize(client)
    refused = browser_of(world, f"https://shop.auth.us-east-1.localhost:{port_of(world)}").authorize(client)
    assert taken.headers["Location"].startswith("/login")
    assert not refused.headers["Location"].startswith("/login")


def test_a_custom_domain_has_a_certificate_of_its_own_authority(world: World, pool: Pool) -> None:
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
    name = "auth.shop.example"
    world.idp.create_user_pool_domain(Domain=name, UserPoolId=pool.pool_id, CustomDomainConfig={"CertificateArn": arn})
    own = world.data / f"ca-{name}.pem"
    until = time.monotonic() + 10
    while not own.exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.2)
    with _tls(world, client_context(own), name) as connection:
        assert connection.getpeercert()
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        _tls(world, client_context(world.data / "ca-localhost.pem"), name),
    ):
        pass
    world.idp.delete_user_pool_domain(Domain=name, UserPoolId=pool.pool_id)


@contextlib.contextmanager
def _tls(world: World, context: ssl.SSLContext, name: str) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection(("127.0.0.1", port_of(world)), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=name) as encrypted,
    ):
        yield encrypted


def test_a_browser_that_opens_a_page_by_http_is_sent_on_to_https(world: World) -> None:
    plain = f"http://localhost:{port_of(world)}/login?client_id=a%2Fb&x=%20"
    modern = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
    older = {"User-Agent": "Mozilla/5.0 (X11)", "Accept": "text/html,*/*"}
    for headers in (modern, older):
        answer = requests.get(plain, headers=headers, allow_redirects=False, timeout=10)
        assert (answer.status_code, answer.headers["Location"]) == (307, plain.replace("http://", "https://"))
        assert "Strict-Transport-Security" not in answer.headers, "localhost has other servers too"


def test_a_tool_and_a_script_on_a_page_are_answered_by_http(world: World, pool: Pool) -> None:
    url = f"http://127.0.0.1:{port_of(world)}/{pool.pool_id}/.well-known/jwks.json"
    script = {"Sec-Fetch-Mode": "cors", "Origin": "http://localhost:3000", "User-Agent": "Mozilla/5.0"}
    for headers in ({}, script):
        assert requests.get(url, headers=headers, allow_redirects=False, timeout=10).status_code == 200


def test_another_machine_is_not_answered_by_http(tmp_path: Path) -> None:
    """This machine's own address, where it has one, stands for another machine's."""
    address = _own_address()
    if address is None:
        pytest.skip("this machine has no address but loopback's")
    port = _free_port()
    with running(tmp_path, https=True, host="0.0.0.0", port=port, public_url="https://halfday.example:4242"):
        told = raw(f"http://{address}:{port}", b"GET /login HTTP/1.1\r\nHost: x\r\n\r\n")
        assert told.startswith(b"HTTP/1.1 400 ")
        assert b"ask for the same address with https://" in told
        with socket.create_connection((address, port), timeout=10) as connection:
            trusting = client_context(tmp_path / "ca-halfday.example.pem")
            with trusting.wrap_socket(connection, server_hostname="halfday.example") as encrypted:
                encrypted.sendall(b"GET /.well-known/jwks_uri HTTP/1.1\r\nHost: halfday.example:4242\r\n\r\n")
                assert encrypted.recv(65536).startswith(b"HTTP/1.1 200 ")


def _own_address() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"public_url": "http://halfday.example"}, "public_url: must begin with https://"),
        ({"public_url": "https://192.0.2.7:4242"}, "public_url: must have a name"),
    ],
)
def test_settings_that_contradict_https_stop_the_start(given: dict[str, str], told: str) -> None:
    with pytest.raises(SettingRefused, match=told):
        Settings(https=True, **given)


def test_an_address_without_a_name_stops_the_start(tmp_path: Path) -> None:
    address = _own_address()
    if address is None:
        pytest.skip("this machine has no address but loopback's")
    settings = Settings(https=True, host=address, port=0, data=tmp_path)
    with pytest.raises(SettingRefused, match=r"https: a certificate for .* is not made"), ServerThread(settings):
        pass


def test_the_same_authority_serves_after_a_restart(tmp_path: Path) -> None:
    roots = []
    for _ in range(2):
        with running(tmp_path, https=True) as world:
            roots.append((tmp_path / "ca-localhost.pem").read_text())
            assert requests.get(f"{world.origin}/", verify=str(tmp_path / "ca-localhost.pem"), timeout=10).ok
    assert roots[0] == roots[1]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("ca-*")} == {0o600}


def test_a_handshake_that_stands_still_is_ended_and_keeps_nobody_out(tmp_path: Path) -> None:
    limits = Limits(connections=8, head_s=1.0)
    with ServerThread(Settings(https=True, port=0, data=tmp_path), limits=limits) as up:
        port = urlsplit(up.origin).port or 0
        stalled = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(20)]
        for connection in stalled:
            connection.sendall(b"\x16\x03\x01")
        answer = requests.get(f"{up.origin}/", verify=str(tmp_path / "ca-localhost.pem"), timeout=10)
        assert answer.status_code == 200
        for connection in stalled:
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(100)[:1] in (b"", b"\x15"), "the end, or an alert before it"
            connection.close()


def test_a_request_over_tls_that_breaks_a_limit_is_told_so(world: World) -> None:
    with _tls(world, client_context(world.data / "ca-localhost.pem"), "localhost") as connection:
        connection.sendall(b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 414 ")


def test_a_target_in_absolute_form_names_its_scheme_s_own_port(world: World) -> None:
    with _tls(world, client_context(world.data / "ca-localhost.pem"), "localhost") as connection:
        connection.sendall(b"GET https://localhost/.well-known/jwks_uri HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_several_requests_on_one_connection_and_large_bodies_both_ways(world: World) -> None:
    dummy = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    s3 = boto3.client("s3", endpoint_url=world.origin, verify=str(world.data / "ca-localhost.pem"), **dummy)
    s3.create_bucket(Bucket="https-large")
    data = b"analytical engine " * 200_000
    for key in ("one", "two"):
        s3.put_object(Bucket="https-large", Key=key, Body=data)
        assert s3.get_object(Bucket="https-large", Key=key)["Body"].read() == data
    with _tls(world, client_context(world.data / "ca-localhost.pem"), "localhost") as connection:
        for _ in range(3):
            connection.sendall(b"GET /.well-known/jwks_uri HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert read_answer(connection).startswith(b"HTTP/1.1 200 ")


def test_https_makes_a_request_secure_to_a_policy(world: World) -> None:
    """aws:SecureTransport, by TLS of this server's own."""
    identity = world.boto3("cognito-identity")
    me = identity.get_id(IdentityPoolId=IDENTITY_POOL)["IdentityId"]
    keys = identity.get_credentials_for_identity(IdentityId=me)["Credentials"]
    signed = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretKey"],
        "aws_session_token": keys["SessionToken"],
    }
    root = str(world.data / "ca-localhost.pem")
    encrypted = world.boto3("s3", endpoint_url=world.origin, verify=root, **signed)
    assert encrypted.list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert refusal(world.boto3("s3", **signed).list_buckets)[0] == "AccessDenied"


def test_a_password_is_taken_by_either_scheme(world: World, pool: Pool) -> None:
    assert pool.tokens(pool.client(), password=PASSWORD)["IdToken"]
