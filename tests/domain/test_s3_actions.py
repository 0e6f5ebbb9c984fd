"""S3 requests: what has to be allowed for them, and what is refused because nobody here knows it."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.protocol.sigv4 import parse_query
from halfday.server.domain.s3.actions import (
    S3NotBuilt,
    S3Request,
    S3RequestRefused,
    is_bulk_delete,
    locate,
    needs,
    understand,
    upstream_headers,
)
from halfday.server.domain.s3.bulk_delete import DeletedKey, parse_bulk_delete
from halfday.server.domain.text.xml_documents import MalformedDocument

DOMAINS = ("localhost", "halfday.example")


def ask(method: str, target: str, host: str = "127.0.0.1:4242", **headers: str) -> S3Request:
    path, _, query = target.partition("?")
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return understand(method, host, path, parse_query(query), named, domains=DOMAINS)


def wanted(method: str, target: str, **headers: str) -> list[tuple[str, str]]:
    return [(need.action, need.resource) for need in needs(ask(method, target, **headers))]


OBJECT, BUCKET = "arn:aws:s3:::b/k", "arn:aws:s3:::b"


@pytest.mark.parametrize(
    ("method", "target", "action", "resource"),
    [
        ("GET", "/", "s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        ("GET", "/?x-id=ListBuckets", "s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        ("PUT", "/b", "s3:CreateBucket", BUCKET),
        ("DELETE", "/b/", "s3:DeleteBucket", BUCKET),
        ("HEAD", "/b", "s3:ListBucket", BUCKET),
        ("GET", "/b", "s3:ListBucket", BUCKET),
        ("GET", "/b?list-type=2&prefix=x", "s3:ListBucket", BUCKET),
        ("GET", "/b?versions", "s3:ListBucketVersions", BUCKET),
        ("GET", "/b?uploads", "s3:ListBucketMultipartUploads", BUCKET),
        ("GET", "/b?location", "s3:GetBucketLocation", BUCKET),
        ("PUT", "/b?policy", "s3:PutBucketPolicy", BUCKET),
        ("DELETE", "/b?policy=", "s3:DeleteBucketPolicy", BUCKET),
        ("DELETE", "/b?tagging", "s3:PutBucketTagging", BUCKET),
        ("PUT", "/b?versioning", "s3:PutBucketVersioning", BUCKET),
        ("GET", "/b/k", "s3:GetObject", OBJECT),
        ("GET", "/b/k?versionId=1", "s3:GetObjectVersion", OBJECT),
        ("HEAD", "/b/k?partNumber=1", "s3:GetObject", OBJECT),
        ("PUT", "/b/k?x-id=PutObject", "s3:PutObject", OBJECT),
        ("PUT", "/b/k?partNumber=1&uploadId=u", "s3:PutObject", OBJECT),
        ("POST", "/b/k?uploads", "s3:PutObject", OBJECT),
        ("POST", "/b/k?uploadId=u", "s3:PutObject", OBJECT),
        ("GET", "/b/k?uploadId=u", "s3:ListMultipartUploadParts", OBJECT),
        ("DELETE", "/b/k?uploadId=u", "s3:AbortMultipartUpload", OBJECT),
        ("DELETE", "/b/k", "s3:DeleteObject", OBJECT),
        ("DELETE", "/b/k?versionId=1", "s3:DeleteObjectVersion", OBJECT),
        ("GET", "/b/k?tagging", "s3:GetObjectTagging", OBJECT),
        ("PUT", "/b/k?acl", "s3:PutObjectAcl", OBJECT),
        ("GET", "/b/a%20b/%C3%A9+%2A", "s3:GetObject", "arn:aws:s3:::b/a b/é+*"),
    ],
)
def test_one_request_one_action(method: str, target: str, action: str, resource: str) -> None:
    assert wanted(method, target) == [(action, resource)]


def test_a_copy_needs_its_source_too() -> None:
    both = wanted("PUT", "/b/k", x_amz_copy_source="/other/a%20b?versionId=7")
    assert both == [("s3:PutObject", OBJECT), ("s3:GetObjectVersion", "arn:aws:s3:::other/a b")]
    part = wanted("PUT", "/b/k?partNumber=1&uploadId=u", x_amz_copy_source="other/x")
    assert part == [("s3:PutObject", OBJECT), ("s3:GetObject", "arn:aws:s3:::other/x")]


def test_a_copy_goes_on_with_its_source_spelt_anew() -> None:
    asked = ask("PUT", "/b/k", x_amz_copy_source="other/a%2Fb;c?versionId=7")
    assert upstream_headers(asked)["x-amz-copy-source"] == "/other/a/b%3Bc?versionId=7"


@pytest.mark.parametrize("source", ["other", "/other/", "arn:aws:s3:r:1:accesspoint/p/object/k", "o/k?acl", "o/../k"])
def test_a_source_that_is_not_an_object_is_refused(source: str) -> None:
    with pytest.raises(S3RequestRefused):
        wanted("PUT", "/b/k", x_amz_copy_source=source)


def test_headers_that_do_a_second_thing_need_a_second_permission() -> None:
    actions = [action for action, _ in wanted("PUT", "/b/k", x_amz_acl="public-read", x_amz_tagging="a=b")]
    assert actions == ["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging"]
    moved = [action for action, _ in wanted("PUT", "/b/k?X-Amz-Acl=public-read")]
    assert moved == ["s3:PutObject", "s3:PutObjectAcl"]
    bypass = [action for action, _ in wanted("DELETE", "/b/k", x_amz_bypass_governance_retention="true")]
    assert bypass == ["s3:DeleteObject", "s3:BypassGovernanceRetention"]


def test_conditions_may_ask_how_a_bucket_is_listed() -> None:
    need = needs(ask("GET", "/b?prefix=me%2F&delimiter=%2F&max-keys=5"))[0]
    assert need.context == {"s3:prefix": "me/", "s3:delimiter": "/", "s3:max-keys": "5"}
    assert "s3:prefix" not in needs(ask("GET", "/b"))[0].context


@pytest.mark.parametrize(
    ("method", "target", "named"),
    [
        ("PATCH", "/b/k", "PATCH"),
        ("POST", "/b", "POST of a bucket"),
        ("POST", "/b/k", "POST of an object"),
        ("OPTIONS", "/b", "OPTIONS"),
        ("DELETE", "/", "DELETE of the service"),
        ("GET", "/b?metrics", "metrics"),
        ("GET", "/b/k?torrent", "torrent"),
        ("GET", "/b?future", "future"),
        ("GET", "/b?acl&policy", "acl and policy together"),
        ("GET", "/b/k?uploads", "uploads"),
        ("GET", "/b/k?list-type=2", "list-type"),
        ("GET", "/b/k/../../c", "dots"),
        ("GET", "/b/k/%2e%2E/c", "dots"),
        ("GET", "/b//k", "empty path segment"),
    ],
)
def test_what_is_not_known_is_refused_by_name(method: str, target: str, named: str) -> None:
    with pytest.raises(S3NotBuilt, match=named):
        wanted(method, target)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/b?prefix=a&prefix=b", "InvalidArgument"),
        ("/a%00b/k", "InvalidBucketName"),
        ("/arn%3Aaws%3As3/k", "InvalidBucketName"),
        ("/b/" + "k" * 1025, "KeyTooLongError"),
    ],
)
def test_impossible_requests_have_their_codes(target: str, code: str) -> None:
    with pytest.raises(S3RequestRefused) as caught:
        wanted("GET", target)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("host", "path", "place"),
    [
        ("127.0.0.1:4242", "/b/k", ("b", "k")),
        ("[::1]:4242", "/b/k", ("b", "k")),
        ("localhost:4242", "/b/k", ("b", "k")),
        ("s3.us-east-1.amazonaws.com", "/bucket/k", ("bucket", "k")),
        ("s3.amazonaws.com", "/bucket", ("bucket", "")),
        ("bucket.s3.us-east-1.amazonaws.com", "/k/l", ("bucket", "k/l")),
        ("my.bucket.s3.dualstack.eu-west-1.amazonaws.com", "/", ("my.bucket", "")),
        ("bucket.s3-eu-west-1.amazonaws.com", "/k", ("bucket", "k")),
        ("Bucket.localhost:4242", "/k", ("bucket", "k")),
        ("bucket.s3.localhost", "/k", ("bucket", "k")),
        ("s3.localhost", "/bucket/k", ("bucket", "k")),
        ("bucket.halfday.example", "/k", ("bucket", "k")),
        ("halfday.example", "/bucket/k", ("bucket", "k")),
        ("", "/", ("", "")),
    ],
)
def test_buckets_stand_in_the_path_or_in_front_of_the_host(host: str, path: str, place: tuple[str, str]) -> None:
    assert locate(host, path, DOMAINS) == place


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_what_goes_on_is_what_was_judged(key: str) -> None:
    """The path is rebuilt, path style, and means the same key again."""
    try:
        asked = ask("GET", "/" + quote(key, safe="/"), host="bucket.localhost")
    except S3RequestRefused:
        return
    if asked.key:
        assert unquote(asked.path) == f"/bucket/{asked.key}"
        assert re.fullmatch(r"[A-Za-z0-9/%._~-]*", asked.path)


REFUSED_OPERATIONS = set(
    """
    CreateBucketMetadataConfiguration CreateBucketMetadataTableConfiguration CreateSession
    DeleteBucketAnalyticsConfiguration DeleteBucketIntelligentTieringConfiguration DeleteBucketMetadataConfiguration
    DeleteBucketMetadataTableConfiguration DeleteBucketMetricsConfiguration DeleteObjectAnnotation GetBucketAbac
    GetBucketAnalyticsConfiguration GetBucketIntelligentTieringConfiguration GetBucketMetadataConfiguration
    GetBucketMetadataTableConfiguration GetBucketMetricsConfiguration GetObjectAnnotation GetObjectTorrent
    ListBucketAnalyticsConfigurations ListBucketIntelligentTieringConfigurations ListBucketMetricsConfigurations
    ListObjectAnnotations PutBucketAbac PutBucketAnalyticsConfiguration PutBucketIntelligentTieringConfiguration
    PutBucketMetricsConfiguration PutObjectAnnotation RenameObject SelectObjectContent UpdateObjectEncryption
    UpdateBucketMetadataAnnotationTableConfiguration UpdateBucketMetadataInventoryTableConfiguration
    UpdateBucketMetadataJournalTableConfiguration WriteGetObjectResponse
    """.split()
)


def test_every_operation_of_s3_is_known_or_listed_as_refused() -> None:
    model = botocore.session.get_session().get_service_model("s3")
    refused = set()
    for name in model.operation_names:
        operation = model.operation_model(name)
        http, shape = operation.http, operation.input_shape
        target = http["requestUri"].replace("{Bucket}", "bucket").replace("{Key+}", "key")
        for member in shape.required_members if shape else ():
            where = shape.members[member].serialization
            if where.get("location") == "querystring":
                target += f"{'&' if '?' in target else '?'}{where['name']}=1"
        try:
            needs(ask(http["method"], target), [DeletedKey("key")])
        except S3NotBuilt:
            refused.add(name)
    assert refused == REFUSED_OPERATIONS


def delete_body(inside: str) -> bytes:
    return f'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inside}</Delete>'.encode()


def test_a_bulk_delete_needs_every_key() -> None:
    asked = ask("POST", "/b?delete")
    assert is_bulk_delete(asked)
    body = delete_body(
        "<Object><Key>a &amp; b</Key></Object><Quiet>true</Quiet><Object><Key>c</Key><VersionId>1</VersionId></Object>"
    )
    wanted = [(need.action, need.resource) for need in needs(asked, parse_bulk_delete(body).keys)]
    assert wanted == [("s3:DeleteObject", "arn:aws:s3:::b/a & b"), ("s3:DeleteObjectVersion", "arn:aws:s3:::b/c")]


def test_a_bulk_delete_of_nothing_is_refused() -> None:
    with pytest.raises(S3NotBuilt):
        needs(ask("POST", "/b?delete"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Delete>",
        delete_body(""),
        delete_body("<Object><Key></Key></Object>"),
        delete_body("<Object><Key>a</Key><Key>b</Key></Object>"),
        delete_body("<Object><Key>a<b/></Key></Object>"),
        delete_body("<Other/>"),
        delete_body("<x:Object xmlns:x='y'><x:Key>a</x:Key></x:Object>"),
        delete_body("<Object><Key>a</Key></Object>" * 1001),
        b'<!DOCTYPE d [<!ENTITY k "x">]>' + delete_body("<Object><Key>&k;</Key></Object>"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d []>' + delete_body("").decode()).encode("utf-16"),
    ],
)
def test_a_body_that_s3_does_not_document_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedDocument):
        parse_bulk_delete(body)
