"""boto3 over https: it sends every object in chunks, with a checksum as trailer. A proxy ends TLS before the server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from front_door import refusal
from tls_front import Front, tls_before
from world import running

KEYS = {"aws_access_key_id": "AKIAROOT", "aws_secret_access_key": "a secret of the account's root"}
CHUNKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
DATA = b"analytical engine " * 70_000


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("front")
    root = {"root_access_key_id": KEYS["aws_access_key_id"], "root_secret_access_key": KEYS["aws_secret_access_key"]}
    with (
        running(folder / "data", trusted_proxy="127.0.0.1", **root) as world,
        tls_before(world.origin, folder) as front,
    ):
        yield front


def client(front: Front, **given: Any) -> Any:
    config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}, **given)
    where = {"endpoint_url": front.url, "region_name": "us-east-1", "verify": str(front.certificate)}
    return boto3.client("s3", config=config, **where, **KEYS)


@pytest.fixture
def s3(front: Front) -> Any:
    s3 = client(front)
    s3.create_bucket(Bucket="https")
    return s3


@pytest.mark.parametrize("algorithm", [None, "CRC32", "SHA1", "SHA256"])
@pytest.mark.parametrize("data", [b"", b"x", DATA])
def test_what_put_object_sends_is_kept(front: Front, s3: Any, data: bytes, algorithm: str | None) -> None:
    front.seen.clear()
    chosen = {"ChecksumAlgorithm": algorithm} if algorithm else {}
    put = s3.put_object(Bucket="https", Key="a b/é", Body=data, ContentEncoding="identity", **chosen)
    sent = front.seen[-1]
    assert (sent["x-amz-content-sha256"], sent["x-amz-trailer"]) == (
        CHUNKED,
        f"x-amz-checksum-{(algorithm or 'CRC32').lower()}",
    )
    got = s3.get_object(Bucket="https", Key="a b/é", ChecksumMode="ENABLED")
    assert (got["Body"].read(), got["ContentEncoding"]) == (data, "identity")
    name = f"Checksum{algorithm or 'CRC32'}"
    assert got[name] == put[name], "what reads it again has a checksum to check"


def test_what_is_uploaded_in_parts_and_from_a_stream_is_kept(front: Front, s3: Any) -> None:
    data = DATA * 10
    front.seen.clear()
    s3.upload_fileobj(io.BytesIO(data), "https", "large")
    forms = [seen.get("x-amz-content-sha256") for seen in front.seen]
    assert forms.count(CHUNKED) >= 2, "of each part"
    assert s3.get_object(Bucket="https", Key="large")["Body"].read() == data


def test_a_wrong_secret_writes_nothing(front: Front, s3: Any) -> None:
    s3.put_object(Bucket="https", Key="kept", Body=b"first")
    where = {"endpoint_url": front.url, "region_name": "us-east-1", "verify": str(front.certificate)}
    other = boto3.client("s3", aws_access_key_id=KEYS["aws_access_key_id"], aws_secret_access_key="wrong", **where)
    asked = {"Bucket": "https", "Key": "kept", "Body": b"second"}
    assert refusal(other.put_object, **asked)[:2] == ("SignatureDoesNotMatch", 403)
    assert s3.get_object(Bucket="https", Key="kept")["Body"].read() == b"first"
