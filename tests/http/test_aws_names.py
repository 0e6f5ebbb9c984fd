"""The proxy for AWS's names: what it answers, what is at which host, and what nobody gains by it."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests

from aws_names import at_aws, bundle_of, connect, proxy_of, said, session_of, tls_to
from front_door import refusal
from halfday.protocol.printable import printable
from halfday.server.connections import Limits
from halfday.server.serving import ServerThread
from halfday.server.settings import Settings
from world import CALLBACK, Browser, Pool, World, code_in, running

IDP = "cognito-idp.us-east-1.amazonaws.com"
SHOP = "shop.auth.us-east-1.amazoncognito.com"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data"), aws_names=0, issuer="aws") as up:
        yield up


@pytest.fixture(scope="module")
def pool(world: World) -> Pool:
    world.clients["cognito-idp"] = at_aws(world, "cognito-idp")
    pool = world.pool()
    pool.user()
    world.idp.create_user_pool_domain(Domain="shop", UserPoolId=pool.pool_id)
    return pool


def test_boto3_without_an_endpoint_finds_each_service(world: World, pool: Pool) -> None:
    assert at_aws(world, "cognito-idp").describe_user_pool(UserPoolId=pool.pool_id)["UserPool"]["Domain"] == "shop"
    assert at_aws(world, "cognito-identity").list_identity_pools(MaxResults=1)["IdentityPools"] == []
    assert at_aws(world, "sts").get_caller_identity()["Account"] == "123456789012"
    assert at_aws(world, "sts", region_name="eu-west-1").get_caller_identity()["Account"] == "123456789012"
    assert refusal(at_aws(world, "iam").get_role, RoleName="nobody")[0] == "NoSuchEntity"
    s3 = at_aws(world, "s3", signature_version="s3v4")
    s3.create_bucket(Bucket="at-aws-names")
    s3.put_object(Bucket="at-aws-names", Key="a/b", Body=b"x" * 300_000)
    assert len(s3.get_object(Bucket="at-aws-names", Key="a/b")["Body"].read()) == 300_000
    url = s3.generate_presigned_url("get_object", {"Bucket": "at-aws-names", "Key": "a/b"})
    assert (urlsplit(url).hostname or "").startswith("at-aws-names.s3.")
    assert session_of(world).get(url).status_code == 200


def test_the_pages_sign_in_at_aws_s_name_with_tokens_of_aws_s_issuer(world: World, pool: Pool) -> None:
    client = pool.client()
    browser = Browser(f"https://{SHOP}")
    browser.session = session_of(world)
    code = code_in(browser.sign_in(client))
    assert all(cookie.secure for cookie in browser.session.cookies if cookie.name == "cognito")
    form = {"grant_type": "authorization_code", "client_id": client["ClientId"], "code": code, "redirect_uri": CALLBACK}
    tokens = browser.session.post(f"https://{SHOP}/oauth2/token", data=form).json()
    issuer = f"https://{IDP}/{pool.pool_id}"
    document = browser.session.get(f"{issuer}/.well-known/openid-configuration").json()
    assert document["issuer"] == issuer
    assert document["jwks_uri"] == f"{issuer}/.well-known/jwks.json"
    assert document["authorization_endpoint"] == f"https://{SHOP}/oauth2/authorize", "pages are at the domain"
    keys = jwt.PyJWKSet(browser.session.get(document["jwks_uri"]).json()["keys"])
    key = next(key for key in keys.keys if key.key_id == jwt.get_unverified_header(tokens["id_token"])["kid"])
    claims = jwt.decode(tokens["id_token"], key.key, algorithms=["RS256"], issuer=issuer, audience=client["ClientId"])
    assert claims["cognito:username"] == "ada"


@pytest.mark.parametrize("by_connect", [True, False])
def test_tls_begins_after_connect_or_at_once(world: World, by_connect: bool) -> None:
    with tls_to(world, IDP, by_connect=by_connect) as connection:
        connection.sendall(f"GET /.well-known/jwks_uri HTTP/1.1\r\nHost: {IDP}\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_request_that_comes_with_the_handshake_s_end_is_answered(world: World) -> None:
    """TLS 1.3's Finished and the request in one segment: data comes before the connection is handed over."""
    with connect(world) as connection:
        connection.sendall(f"CONNECT {IDP}:443 HTTP/1.1\r\n\r\n".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        context = ssl.create_default_context(cafile=bundle_of(world))
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        peer = context.wrap_bio(incoming, outgoing, server_hostname=IDP)
        while True:
            try:
                peer.do_handshake()
                break
            except ssl.SSLWantReadError:
                connection.sendall(outgoing.read())
                incoming.write(connection.recv(65536))
        peer.write(f"GET /.well-known/jwks_uri HTTP/1.1\r\nHost: {IDP}\r\n\r\n".encode())
        connection.sendall(outgoing.read())  # Finished and the request
        answer = b""
        while not answer:
            incoming.write(connection.recv(65536))
            try:
                answer = peer.read(65536)
            except ssl.SSLWantReadError:
                continue
        assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "amazonaws.com",
        "dynamodb.us-east-1.amazonaws.com",
        "abc123.execute-api.us-east-1.amazonaws.com",
        "ec2-1-2-3-4.compute-1.amazonaws.com",
        "bucket.s3-website-us-east-1.amazonaws.com",
        "cognito-idp.us-east-1.amazonaws.com.evil.example",
        "evilcognito-idp.us-east-1.amazonaws.com",
        "cognito-idp.us-east-1.amazonaws.com.cn",
        "127.0.0.1",
        "localhost",
        "169.254.169.254",
        "[",
        "cognito-idp.us-east-1.amazonaws.com\x00",
    ],
)
def test_every_other_host_is_refused_with_a_sentence_and_nothing_is_passed_on(
    world: World, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "halfday.connections")
    told = said(world, f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode("latin-1"))
    assert told.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert b"This is a proxy for AWS's own names" in told
    assert f"the proxy for AWS's names refused CONNECT {printable(host)}:443" in caplog.messages


@pytest.mark.parametrize("port", [80, 22, 8443, 0, 99999])
def test_every_other_port_is_refused(world: World, port: int) -> None:
    assert said(world, f"CONNECT {IDP}:{port} HTTP/1.1\r\n\r\n".encode()).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://evil.example\r\n\r\n",
        b"GET http://sts.amazonaws.com/ HTTP/1.1\r\nHost: sts.amazonaws.com\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: cognito-idp.us-east-1.amazonaws.com\r\nContent-Length: 2\r\n\r\n{}",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"connect cognito-idp.us-east-1.amazonaws.com:443 HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_connect_gets_nothing(world: World, request_: bytes) -> None:
    """A web page can send the first of these to the proxy's port, and nothing that the proxy heeds."""
    told = said(world, request_)
    assert told.startswith(b"HTTP/1.1 403 ")
    assert b"access-control" not in told.lower()


def test_a_head_without_end_and_one_that_goes_on_too_soon_are_refused(world: World) -> None:
    assert said(world, b"CONNECT " + b"x" * 9000).startswith(b"HTTP/1.1 431 ")
    early = f"CONNECT {IDP}:443 HTTP/1.1\r\n\r\n\x16\x03\x01".encode()
    assert said(world, early).startswith(b"HTTP/1.1 400 ")


def test_in_a_tunnel_there_are_aws_s_names_only(world: World) -> None:
    """TLS for another name has no certificate; a Host header of another name is misdirected."""
    with connect(world) as connection:
        connection.sendall(f"CONNECT {IDP}:443 HTTP/1.1\r\n\r\n".encode())
        connection.recv(65536)
        context = ssl.create_default_context(cafile=bundle_of(world))
        with pytest.raises(ssl.SSLError):
            context.wrap_socket(connection, server_hostname="example.com")
    for host in ("localhost", "example.com", "127.0.0.1"):
        with tls_to(world, IDP) as connection:
            connection.sendall(f"GET /.well-known/jwks_uri HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert connection.recv(65536).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"https://{IDP}/", 404),
        (f"https://{IDP}/login", 404),
        (f"https://{IDP}/oauth2/token", 404),
        (f"https://{IDP}/us-east-1_Nobody/.well-known/jwks.json", 404),
        ("https://cognito-identity.amazonaws.com/.well-known/jwks_uri", 200),
        ("https://sts.amazonaws.com/login", 404),
        (f"https://{SHOP}/login", 302),
        ("https://nobody.auth.us-east-1.amazoncognito.com/login", 404),
        ("https://shop.auth.eu-west-1.amazoncognito.com/login", 404),
        ("https://bucket.s3.us-east-1.amazonaws.com/key", 403),
        ("https://s3.amazonaws.com/", 403),
    ],
)
def test_at_each_host_is_what_aws_has_there(world: World, pool: Pool, url: str, status: int) -> None:
    assert session_of(world).get(url, allow_redirects=False).status_code == status


def test_an_anonymous_call_to_s3_is_refused_in_s3_s_words(world: World) -> None:
    assert "<Code>AccessDenied</Code>" in session_of(world).get("https://some.s3.amazonaws.com/x").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://{SHOP}"},
        {"Origin": "https://bucket.s3.amazonaws.com"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
def test_a_page_in_a_browser_that_uses_the_proxy_is_nobody_with_dummy_keys(
    world: World, pool: Pool, headers: dict[str, str]
) -> None:
    """Neither a page elsewhere nor one that AWS's names serve: an object in a bucket may hold a script."""
    client = at_aws(world, "cognito-idp")
    client.meta.events.register("before-send.*.*", lambda request, **_: request.headers.update(headers))
    assert refusal(client.list_user_pools, MaxResults=1)[0] in ("UnrecognizedClientException", "AccessDeniedException")
    assert at_aws(world, "cognito-idp").list_user_pools(MaxResults=1)


def test_strict_signatures_are_checked_for_the_host_that_was_signed(tmp_path: Any) -> None:
    keys = {"aws_access_key_id": "AKIAROOTROOTROOTROOT", "aws_secret_access_key": "the root's secret, and long"}
    root = {"root_access_key_id": keys["aws_access_key_id"], "root_secret_access_key": keys["aws_secret_access_key"]}
    with running(tmp_path, aws_names=0, signatures="strict", **root) as world:
        assert at_aws(world, "cognito-idp", **keys).list_user_pools(MaxResults=1)["UserPools"] == []
        assert at_aws(world, "s3", **keys).list_buckets()
        wrong = at_aws(world, "cognito-idp", **{**keys, "aws_secret_access_key": "another"})
        assert refusal(wrong.list_user_pools, MaxResults=1)[0] == "InvalidSignatureException"
        moved = at_aws(world, "cognito-idp", **keys)
        moved.meta.events.register("before-send.*.*", _to_another_host)
        assert refusal(moved.list_user_pools, MaxResults=1)[0] == "InvalidSignatureException"


def _to_another_host(request: Any, **_: Any) -> None:
    request.headers["Host"] = "cognito-idp.eu-west-1.amazonaws.com"


def test_the_proxy_is_on_loopback_wherever_the_server_listens(tmp_path: Any) -> None:
    with running(tmp_path, aws_names=0, host="0.0.0.0") as world:
        assert urlsplit(proxy_of(world)).hostname == "127.0.0.1"
        port = urlsplit(proxy_of(world)).port or 0
        address = _own_address()
        if address is not None:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address, port), timeout=5)
        refused = refusal(at_aws(world, "cognito-idp").list_user_pools, MaxResults=1)
        assert refused[0] == "UnrecognizedClientException", "a server that others reach is strict there too"


def _own_address() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


def test_the_folder_tells_where_the_proxy_is_while_it_runs(tmp_path: Any) -> None:
    with running(tmp_path, aws_names=0) as world:
        assert (tmp_path / "ca-aws-names.proxy").read_text() == proxy_of(world)
    assert not (tmp_path / "ca-aws-names.proxy").exists()


def test_connections_that_ask_for_nothing_are_ended(tmp_path: Any) -> None:
    settings, limits = Settings(aws_names=0, port=0, data=tmp_path), Limits(head_s=0.5)
    with ServerThread(settings, limits=limits) as up:
        parts = urlsplit(up.aws_names or "")
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
            connection.sendall(b"CONNECT ")
            began = time.monotonic()
            assert connection.recv(100) == b""
            assert time.monotonic() - began < 5


def test_without_the_setting_nobody_speaks_for_aws(tmp_path: Any) -> None:
    with running(tmp_path, https=True) as world:
        assert world.running.aws_names is None
        assert not list(tmp_path.glob("ca-aws-names*"))
        port = urlsplit(world.origin).port
        with (
            socket.create_connection(("127.0.0.1", port or 0), timeout=10) as connection,
            pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
        ):
            ssl.create_default_context(cafile=bundle_of(world)).wrap_socket(connection, server_hostname=IDP)
        assert requests.get(f"{world.for_tools}/.well-known/jwks_uri", timeout=10).status_code == 200
