"""S3 requests that are signed in ways that are not taken here, and keys that look like paths of this server."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.config import Config

from halfday.server.outside.upstreams import MotoUpstream
from world import World

KEYS = [
    "a.txt",
    "login",
    "oauth2/token",
    ".well-known/jwks.json",
    ".well-known/openid-configuration",
]


def client(world: World, **config: Any) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    options = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}, **config)
    return boto3.client("s3", endpoint_url=world.origin, config=options, **keys)


@pytest.mark.parametrize("key", KEYS)
def test_a_url_that_boto3_presigns_by_default_is_told_what_to_set(world: World, key: str) -> None:
    """botocore presigns with Signature Version 2 as soon as an endpoint is set."""
    url = client(world).generate_presigned_url("get_object", {"Bucket": "app", "Key": key})
    assert "AWSAccessKeyId=" in url
    answer = requests.get(url, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/xml")
    assert "<Code>InvalidRequest</Code>" in answer.text
    assert "Please use AWS4-HMAC-SHA256." in answer.text
    assert 'signature_version="s3v4"' in answer.text.replace("&quot;", '"')


def test_a_header_of_signature_version_2_is_told_the_same(world: World) -> None:
    answer = requests.get(f"{world.origin}/app/a.txt", headers={"Authorization": "AWS test:c2lnbmF0dXJl"}, timeout=10)
    assert (answer.status_code, "<Code>InvalidRequest</Code>" in answer.text) == (400, True)


@pytest.mark.parametrize("query", ["AWSAccessKeyId=x&Signature=y", "AWSAccessKeyId=x", "Expires=1&AWSAccessKeyId="])
def test_half_a_url_of_signature_version_2_is_told_what_is_missing(world: World, query: str) -> None:
    for path in ("/app/a.txt", "/login", "/oauth2/token", "/"):
        answer = requests.get(f"{world.origin}{path}?{query}", timeout=10)
        assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)
        assert "requires the Signature, Expires and AWSAccessKeyId parameters" in answer.text


def test_signature_version_4a_is_not_built(world: World) -> None:
    header = {"Authorization": "AWS4-ECDSA-P256-SHA256 Credential=x/20261128/s3/aws4_request, SignedHeaders=host"}
    by_header = requests.put(f"{world.origin}/app/a.txt", b"x", headers=header, timeout=10)
    presigned = requests.get(f"{world.origin}/login/a?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256", timeout=10)
    for answer in (by_header, presigned):
        assert (answer.status_code, "<Code>NotImplemented</Code>" in answer.text) == (501, True)
        assert "Use AWS4-HMAC-SHA256." in answer.text


@pytest.mark.parametrize("bucket", ["app", "login", "error", "logout", "confirmUser"])
def test_a_form_posted_with_a_policy_is_not_built(world: World, bucket: str) -> None:
    for version in ("s3", "s3v4"):
        post = client(world, signature_version=version).generate_presigned_post(bucket, "a.txt")
        for path in (f"/{bucket}", f"/{bucket}/", "/"):
            url = f"{world.origin}{path}"
            answer = requests.post(url, data=post["fields"], files={"file": b"x"}, timeout=10)
            assert (answer.status_code, "<Code>NotImplemented</Code>" in answer.text) == (501, True), url
            assert "presigned PUT" in answer.text
        assert urlsplit(post["url"]).path == f"/{bucket}"


def test_a_form_for_somebody_else_is_not_taken_for_s3_s(world: World) -> None:
    """Neither one that a gateway's backend takes, nor one that was meant for an OAuth endpoint."""
    fields: dict[str, Any] = {"data": {"grant_type": "x"}, "files": {"file": b"x"}, "timeout": 10}
    told = requests.post(f"{world.origin}/oauth2/token", **fields)
    assert told.json()["error"] == "invalid_request"
    assert "json" in requests.post(f"{world.origin}/api/nothing", **fields).headers["Content-Type"]


def test_keys_that_look_like_this_server_s_paths_are_keys(world: World) -> None:
    s3 = client(world, signature_version="s3v4")
    for bucket in ("login", "oauth2", "app"):
        s3.create_bucket(Bucket=bucket)
        for key in KEYS:
            s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
            assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
            url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key})
            assert requests.get(url, timeout=10).text == key


def test_a_line_says_that_moto_s_buckets_end_with_the_server(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "halfday")  # as halfday serve does
    MotoUpstream()._s3()
    assert "buckets live in memory and end with this server" in caplog.text
