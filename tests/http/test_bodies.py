"""The caller comes before the body: who is not known is refused before more than little of it is read.

A refusal that arrives while the body has not been sent is what proves it: nothing was waited for.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sockets import read_answer
from world import World, running

ROOT = ("AKIAROOTROOTROOTROOT", "root-secret")
LARGE = 200 * 1024 * 1024
IDP = "AWSCognitoIdentityProviderService"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    keys = {"root_access_key_id": ROOT[0], "root_secret_access_key": ROOT[1]}
    with running(tmp_path_factory.mktemp("data"), signatures="strict", **keys) as up:
        yield up


@contextmanager
def head_sent(origin: str, method: str, path: str, headers: dict[str, str]) -> Iterator[socket.socket]:
    parts = urlsplit(origin)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
        yield connection


def signed(world: World, service: str, keys: tuple[str, str], method: str, path: str, **headers: str) -> dict[str, str]:
    """Headers of a request that is signed, of a body that is never sent."""
    request = AWSRequest(
        method, world.origin + path, headers={name.replace("_", "-"): v for name, v in headers.items()}
    )
    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    auth(Credentials(*keys), service, "us-east-1").add_auth(request)
    return {"Host": urlsplit(world.origin).netloc, **dict(request.headers.items())}


FRAMING = {
    "declared": ({"Content-Length": str(LARGE)}, b""),
    "in chunks": ({"Transfer-Encoding": "chunked"}, b"50000\r\n" + b"a" * 0x50000 + b"\r\n"),
}


@pytest.mark.parametrize("how", FRAMING)
@pytest.mark.parametrize(
    ("keys", "code"),
    [(("AKIANOBODYNOBODYNOBO", "x"), b"InvalidAccessKeyId"), ((ROOT[0], "another"), b"SignatureDoesNotMatch")],
)
def test_an_upload_of_somebody_unknown_is_refused_before_it_is_read(
    strict: World, how: str, keys: tuple[str, str], code: bytes
) -> None:
    framing, begun = FRAMING[how]
    headers = signed(strict, "s3", keys, "PUT", "/bucket/key")
    with head_sent(strict.origin, "PUT", "/bucket/key", {**headers, **framing}) as connection:
        connection.sendall(begun)
        assert code in read_answer(connection)


def test_an_upload_of_somebody_known_is_waited_for(strict: World) -> None:
    headers = signed(strict, "s3", ROOT, "PUT", "/bucket/key")
    with head_sent(strict.origin, "PUT", "/bucket/key", {**headers, "Content-Length": str(LARGE)}) as connection:
        connection.settimeout(1)
        with pytest.raises(TimeoutError):
            connection.recv(65536)


def test_an_upload_beyond_what_is_ever_taken_is_refused_unread(strict: World) -> None:
    headers = signed(strict, "s3", ROOT, "PUT", "/bucket/key")
    with head_sent(strict.origin, "PUT", "/bucket/key", {**headers, "Content-Length": str(2 * LARGE)}) as connection:
        assert b"EntityTooLarge" in read_answer(connection)


def test_large_uploads_and_calls_of_signers_go_on_working(strict: World) -> None:
    keys = {"aws_access_key_id": ROOT[0], "aws_secret_access_key": ROOT[1]}
    s3, idp = strict.boto3("s3", **keys), strict.boto3("cognito-idp", **keys)
    s3.create_bucket(Bucket="large")
    s3.put_object(Bucket="large", Key="k", Body=b"x" * 6_000_000)
    assert s3.head_object(Bucket="large", Key="k")["ContentLength"] == 6_000_000
    with pytest.raises(idp.exceptions.InvalidParameterException):
        idp.create_user_pool(PoolName="x" * 3_000_000)


@pytest.mark.parametrize("how", FRAMING)
@pytest.mark.parametrize(
    ("operation", "keys", "said"),
    [
        ("SignUp", None, b"RequestEntityTooLargeException"),
        ("GetUser", ROOT, b"RequestEntityTooLargeException"),
        ("Nothing", ROOT, b"RequestEntityTooLargeException"),
        ("ListUserPools", None, b"MissingAuthenticationTokenException"),
        ("ListUserPools", ("AKIANOBODYNOBODYNOBO", "x"), b"UnrecognizedClientException"),
    ],
)
def test_a_large_call_is_for_known_signers_of_signed_operations(
    strict: World, how: str, operation: str, keys: tuple[str, str] | None, said: bytes
) -> None:
    framing, begun = FRAMING[how]
    framing = {**framing, "Content-Length": "3000000"} if how == "declared" else framing
    target = {"X_Amz_Target": f"{IDP}.{operation}"}
    headers = signed(strict, "cognito-idp", keys or ROOT, "POST", "/", **target)
    if keys is None:
        del headers["Authorization"]
    with head_sent(strict.origin, "POST", "/", {**headers, **framing}) as connection:
        connection.sendall(begun)
        assert said in read_answer(connection)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {"Content-Type": "application/x-www-form-urlencoded"}, b" 413 "),
        ("/oauth2/token", {"Content-Type": "application/x-www-form-urlencoded"}, b" 400 "),
        ("/", {"X-Amz-Target": f"{IDP}.InitiateAuth"}, b" 413 "),
    ],
)
def test_what_is_declared_too_long_is_refused_unread(
    strict: World, path: str, headers: dict[str, str], status: bytes
) -> None:
    with head_sent(strict.origin, "POST", path, {"Host": "x", "Content-Length": "9000000", **headers}) as connection:
        assert status in read_answer(connection).partition(b"\r\n")[0]
