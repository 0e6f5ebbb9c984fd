"""What is decided at the front door is what is done: headers, paths, bodies and upload ids that say two things."""

from __future__ import annotations

import dataclasses
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import httpx2
import pytest

from attack.wire import dummy_signature
from front_door import ACCOUNT, ME, ROLE, SOMEONE_ELSE, Door, code_of, issue, refusal, signed, tamper
from halfday.protocol.sigv4 import sign
from halfday.protocol.sigv4_claim import Reason, SignatureRefused, parse
from halfday.server.domain.aws.sessions import IssuedCredentials
from halfday.server.domain.s3.headers import (
    AMZ_HEADERS,
    ANSWERED_HERE,
    CANNED_ACLS,
    PLAIN_HEADERS,
    goes_on,
    read_headers,
)
from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.domain.s3.uploads import KnownUploads, UnreadableUploads, parse_uploads
from halfday.server.http.requests.body_budget import Room
from sockets import read_answer
from world import running

SECRET = f"{SOMEONE_ELSE}/secret"
SOURCE = f"/app/{SECRET}"
HOME = f"/app/{ME}"


@pytest.fixture
def mine(door: Door) -> Any:
    door.root().put_object(Bucket="app", Key=SECRET, Body=b"theirs")
    return door.admit(issue(1))


def spellings(name: str) -> list[str]:
    """Everything that WSGI reads as this header, and that is not it."""
    return [
        name.replace("-", "_"),
        name.replace("-", "_", 1),
        "_".join(name.rsplit("-", 1)),
        name.upper()[:6] + name[6:],
    ]


DOING = {
    "x-amz-copy-source": SOURCE,
    "x-amz-acl": "public-read",
    "x-amz-grant-read": "id=abc",
    "x-amz-tagging": "owner=me",
    "x-amz-website-redirect-location": "https://evil.example/",
    "x-amz-server-side-encryption": "AES256",
    "x-amz-storage-class": "GLACIER",
    "x-amz-object-lock-mode": "GOVERNANCE",
    "x-amz-object-lock-legal-hold": "ON",
    "x-amz-bypass-governance-retention": "true",
    "x-amz-meta-role": "admin",
    "x-amz-metadata-directive": "REPLACE",
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": "1",
    "x-moto-account-id": "999999999999",
}


@pytest.mark.parametrize("name", DOING)
def test_an_unsigned_header_does_nothing_however_it_is_spelt(door: Door, mine: Any, name: str) -> None:
    for spelling in dict.fromkeys(spellings(name)):
        key = f"{HOME}/unsigned"
        answer = signed(door, mine, "PUT", key, body=b"own", unsigned=[(spelling, DOING[name])])
        if name.startswith("x-amz-"):
            assert code_of(answer) in ("AccessDenied", "SignatureDoesNotMatch", "InvalidRequest"), spelling
        else:
            assert answer.status_code == 200, "not S3's, so ignored as S3 ignores it"
        found = door.root().list_objects_v2(Bucket="app", Prefix=f"{ME}/unsigned").get("Contents", [])
        assert bool(found) is (answer.status_code == 200), spelling
        door.root().delete_object(Bucket="app", Key=f"{ME}/unsigned")


def test_the_refusal_names_the_headers_that_were_not_signed(door: Door, mine: Any) -> None:
    answer = signed(door, mine, "PUT", f"{HOME}/x", unsigned=[("x_amz_copy_source", SOURCE), ("x-amz-acl", "private")])
    assert "<Message>There were headers present in the request which were not signed</Message>" in answer.text
    assert "<HeadersNotSigned>x-amz-acl, x_amz_copy_source</HeadersNotSigned>" in answer.text


@pytest.mark.parametrize(
    "name", ["x_amz_copy_source", "x-amz_copy-source", "x_amz_acl", "content_type", "range_", "if_match"]
)
def test_a_signed_header_that_can_be_taken_for_another_is_refused(door: Door, mine: Any, name: str) -> None:
    answer = signed(door, mine, "PUT", f"{HOME}/x", body=b"own", headers=[(name, SOURCE)])
    if name == "range_":
        assert answer.status_code == 200, "it is no header of S3's, and goes no further"
    else:
        assert (answer.status_code, code_of(answer)) == (400, "InvalidRequest")


def test_no_secret_is_copied_by_a_part_or_by_a_presigned_address(door: Door, mine: Any) -> None:
    s3 = door.client(mine)
    where = {"Bucket": "app", "Key": f"{ME}/parts"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    for header in ("x_amz_copy_source", "x-amz-copy-source", "x-amz-copy_source"):
        part = f"{HOME}/parts?partNumber=1&uploadId={upload}"
        assert signed(door, mine, "PUT", part, unsigned=[(header, SOURCE)]).status_code == 403
        url = s3.generate_presigned_url("put_object", {"Bucket": "app", "Key": f"{ME}/copied-unsigned"})
        assert httpx2.put(url, headers={header: SOURCE}).status_code == 403
    assert refusal(s3.get_object, Bucket="app", Key=f"{ME}/copied-unsigned")[0] == "NoSuchKey"
    assert door.root().list_parts(**where, UploadId=upload).get("Parts", []) == []


def test_a_signed_copy_of_a_part_needs_its_source(door: Door, mine: Any) -> None:
    s3 = door.client(mine)
    where = {"Bucket": "app", "Key": f"{ME}/parts"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    asked = {**where, "UploadId": upload, "PartNumber": 1}
    assert refusal(s3.upload_part_copy, CopySource={"Bucket": "app", "Key": SECRET}, **asked)[0] == "AccessDenied"
    s3.put_object(Bucket="app", Key=f"{ME}/source", Body=b"own")
    assert s3.upload_part_copy(CopySource={"Bucket": "app", "Key": f"{ME}/source"}, **asked)["CopyPartResult"]


@pytest.mark.parametrize(
    "pairs",
    [
        [("x-amz-copy-source", f"/app/{ME}/a"), ("x-amz-copy-source", SOURCE)],
        [("x-amz-acl", "private"), ("x-amz-acl", "public-read")],
        [("x-amz-acl", "private"), ("X-Amz-Acl", "private")],
        [("content-type", "text/plain"), ("content-type", "text/html")],
        [("x-amz-meta-a_b", "1"), ("x-amz-meta-a-b", "2")],
    ],
)
def test_a_header_that_is_given_twice_is_refused(door: Door, mine: Any, pairs: list[tuple[str, str]]) -> None:
    answer = signed(door, mine, "PUT", f"{HOME}/twice", headers=pairs)
    assert (answer.status_code, code_of(answer)) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    "query", ["x-amz-acl=private&X-Amz-Acl=public-read", "x-amz-acl=private&x-amz-acl=public-read"]
)
def test_a_header_that_moved_into_the_query_twice_is_refused(door: Door, mine: Any, query: str) -> None:
    assert code_of(signed(door, mine, "PUT", f"{HOME}/twice?{query}")) == "InvalidRequest"


def test_a_header_in_the_query_is_not_undone_by_one_outside(door: Door, mine: Any) -> None:
    target = f"{HOME}/copy?x-amz-copy-source=%2Fapp%2F{ME}%2Fown"
    assert code_of(signed(door, mine, "PUT", target, headers=[("x-amz-copy-source", SOURCE)])) == "InvalidRequest"
    moved = f"{HOME}/copy?x-amz-copy-source={SOURCE}"
    assert code_of(signed(door, mine, "PUT", moved)) == "AccessDenied"


@pytest.mark.parametrize(
    "name", ["x-amz-mfa", "x-amz-rename-source", "x-amz-trailer", "x-amz-write-offset-bytes", "x-amz-new"]
)
def test_a_header_that_nobody_here_knows_is_refused_by_its_name(door: Door, mine: Any, name: str) -> None:
    answer = signed(door, mine, "PUT", f"{HOME}/x", headers=[(name, "1")])
    assert (answer.status_code, code_of(answer), name in answer.text) == (501, "NotImplemented", True)


REFUSED_HEADERS = set(
    """
    x-amz-bucket-namespace x-amz-client-token x-amz-create-session-mode x-amz-if-match-initiated-time
    x-amz-if-match-last-modified-time x-amz-if-match-size x-amz-mfa x-amz-object-annotation-directive
    x-amz-object-if-match x-amz-object-lock-event-hold x-amz-object-lock-event-hold-duration-days
    x-amz-object-lock-event-hold-duration-years x-amz-rename-source x-amz-rename-source-if-match
    x-amz-rename-source-if-modified-since x-amz-rename-source-if-none-match x-amz-rename-source-if-unmodified-since
    x-amz-request-route x-amz-request-token x-amz-write-offset-bytes
    """.split()
)


def test_every_header_of_s3_is_known_or_listed_as_refused() -> None:
    model = botocore.session.get_session().get_service_model("s3")
    shapes = [model.operation_model(name).input_shape for name in model.operation_names]
    members = [member.serialization for shape in shapes if shape for member in shape.members.values()]
    names = {at["name"].lower() for at in members if at.get("location") == "header"} - {"content-length"}
    refused = {name for name in names if not goes_on(name) and name not in ANSWERED_HERE}
    assert {name for name in refused if not name.startswith("x-amz-fwd-")} == REFUSED_HEADERS
    assert names >= AMZ_HEADERS - {"x-amz-content-sha256"}, "and nothing is known that S3 does not know"
    for name in refused:
        with pytest.raises(S3RequestRefused):
            read_headers([(name, "1")])


def test_only_what_is_listed_goes_on(door: Door, mine: Any) -> None:
    """Method overrides, forwarded headers and cookies are nothing to S3, so nobody behind is told them."""
    seen: dict[str, str] = {}
    first = door.services.upstream

    class Listening:
        def streams(self, service: str) -> bool:
            return False

        async def open(self, call: Any) -> Any:
            seen.update(call.headers)
            return await first.open(call)

    sent = {"X-HTTP-Method-Override": "DELETE", "X-Forwarded-For": "1.2.3.4", "Cookie": "a=b", "Forwarded": "for=x"}
    sent |= {"Connection": "keep-alive, x-amz-acl", "Via": "1.1 x", "X-Real-IP": "1.2.3.4", "versionId": "1", "TE": "x"}
    door.services.upstream = Listening()
    try:
        assert signed(door, mine, "PUT", f"{HOME}/x", body=b"x", unsigned=sent.items()).status_code == 200
    finally:
        door.services.upstream = first
    assert set(seen) == {"x-amz-content-sha256"}
    assert all(goes_on(name) for name in PLAIN_HEADERS | AMZ_HEADERS)


def test_metadata_keeps_its_underscores(door: Door, mine: Any) -> None:
    s3 = door.client(mine)
    s3.put_object(Bucket="app", Key=f"{ME}/meta", Body=b"", Metadata={"my_key": "1", "other-key": "2"})
    assert s3.head_object(Bucket="app", Key=f"{ME}/meta")["Metadata"] == {"my_key": "1", "other-key": "2"}


def test_false_is_no_permission_to_bypass(door: Door) -> None:
    assert read_headers([("x-amz-bypass-governance-retention", "False")]) == {}
    with pytest.raises(S3RequestRefused, match="true or false"):
        read_headers([("x-amz-bypass-governance-retention", "0")])


def test_a_value_means_what_was_signed() -> None:
    """Blanks are signed as one; other white space is not a blank."""
    assert read_headers([("x-amz-copy-source", " a \t b ")]) == {"x-amz-copy-source": "a b"}
    assert read_headers([("x-amz-copy-source", "a\u00a0b")]) == {"x-amz-copy-source": "a\u00a0b"}


def test_a_no_break_space_does_not_pass_for_a_blank(door: Door, mine: Any) -> None:
    door.root().put_object(Bucket="app", Key=f"{ME}/a b", Body=b"")
    s3 = door.client(mine)

    def swap(request: Any) -> None:
        request.headers["x-amz-meta-note"] = "a\u00a0b".encode()

    tamper(s3, "PutObject", swap)
    answer = refusal(s3.put_object, Bucket="app", Key=f"{ME}/x", Body=b"", Metadata={"note": "a b"})
    assert answer[:2] == ("SignatureDoesNotMatch", 403)


@pytest.mark.parametrize("target", ["//app/{k}", "/%2Fapp/{k}", "/%2f%2fapp/{k}", "///app/{k}"])
def test_a_key_without_a_bucket_is_refused(door: Door, target: str) -> None:
    """`//app/x` was decided upon as the key `app/x` of no bucket, and done to the key x of the bucket app."""
    everything = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    issued = door.admit(issue(1, session_policies=(everything,)))
    answer = signed(door, issued, "GET", target.format(k=SECRET))
    assert (answer.status_code, code_of(answer)) in ((400, "InvalidBucketName"), (501, "NotImplemented"))


@pytest.mark.parametrize(
    "target", ["/moto-api/reset", "/moto-api/data.json", "/latest/meta-data/iam", "/minio/admin/v3"]
)
def test_the_administration_of_what_stands_behind_is_no_object(door: Door, mine: Any, target: str) -> None:
    assert code_of(signed(door, mine, "GET", target)) == "InvalidBucketName"
    assert code_of(signed(door, mine, "POST", f"{target}?uploads")) == "InvalidBucketName"


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "us-iso-east-1"])
def test_another_partition_is_refused(door: Door, mine: Any, region: str) -> None:
    """moto keeps its buckets apart by partition: the bucket there is not the one that the policy names."""
    answer = signed(door, mine, "GET", f"{HOME}/x", region=region)
    assert (answer.status_code, code_of(answer)) == (501, "NotImplemented")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded ; a=b"])
def test_parameters_in_a_body_do_not_stand_in_for_those_of_the_address(door: Door, mine: Any, kind: str) -> None:
    """moto takes a form's fields in place of the query: the listing, the version or the upload would be another."""
    victim = door.root().create_multipart_upload(Bucket="app", Key=SECRET)["UploadId"]
    own = door.client(mine).create_multipart_upload(Bucket="app", Key=f"{ME}/own")["UploadId"]
    target = f"{HOME}/own?partNumber=1&uploadId={own}"
    answer = signed(
        door, mine, "PUT", target, body=f"partNumber=1&uploadId={victim}".encode(), headers=[("content-type", kind)]
    )
    assert (answer.status_code, code_of(answer)) == (501, "NotImplemented")
    assert door.root().list_parts(Bucket="app", Key=SECRET, UploadId=victim).get("Parts", []) == []


def test_a_victim_s_upload_is_not_reached_through_a_key_of_one_s_own(door: Door, mine: Any) -> None:
    root, s3 = door.root(), door.client(mine)
    victim = root.create_multipart_upload(Bucket="app", Key=SECRET)["UploadId"]
    part = root.upload_part(Bucket="app", Key=SECRET, UploadId=victim, PartNumber=1, Body=b"theirs")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.put_object(Bucket="app", Key=f"{ME}/source", Body=b"evil")
    where = {"Bucket": "app", "Key": f"{ME}/own", "UploadId": victim}
    source = {"Bucket": "app", "Key": f"{ME}/source"}
    for call, more in (
        (s3.upload_part, {"PartNumber": 1, "Body": b"evil"}),
        (s3.upload_part_copy, {"PartNumber": 1, "CopySource": source}),
        (s3.complete_multipart_upload, {"MultipartUpload": parts}),
        (root.list_parts, {}),
        (root.abort_multipart_upload, {}),
    ):
        assert refusal(call, **where, **more)[:2] == ("NoSuchUpload", 404)
    root.complete_multipart_upload(Bucket="app", Key=SECRET, UploadId=victim, MultipartUpload=parts)
    assert root.get_object(Bucket="app", Key=SECRET)["Body"].read() == b"theirs"


@pytest.mark.parametrize("name", ["a b+c", "é/ü", "<&>", "a%2Fb", "x" * 200])
def test_one_s_own_upload_is_found_whatever_its_key(door: Door, mine: Any, name: str) -> None:
    s3, where = door.client(mine), {"Bucket": "app", "Key": f"{ME}/{name}"}
    door.root().create_multipart_upload(Bucket="app", Key=f"{ME}/{name}2")
    upload = s3.create_multipart_upload(**where)["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"own")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    for _ in range(2):  # a completion is sent again when its answer was lost
        s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=parts)
    assert s3.get_object(**where)["Body"].read() == b"own"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("DELETE", "?uploadId="),
        ("PUT", "?uploadId=&partNumber=1"),
        ("PUT", "?uploadId=u"),
        ("PUT", "?partNumber=1"),
        ("GET", "?versionId="),
        ("PUT", "?versionId=1"),
        ("POST", "?uploads&versionId=1"),
    ],
)
def test_an_id_that_says_nothing_or_does_not_belong_is_refused(door: Door, mine: Any, method: str, target: str) -> None:
    answer = signed(door, mine, method, f"{HOME}/x{target}")
    assert (answer.status_code, code_of(answer)) == (400, "InvalidArgument")


def test_a_list_of_uploads_is_read_as_it_was_written() -> None:
    page = parse_uploads(
        b"<ListMultipartUploadsResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><EncodingType>url</EncodingType>"
        b"<Bucket>app</Bucket><IsTruncated>true</IsTruncated><NextKeyMarker>a%2Bb</NextKeyMarker>"
        b"<NextUploadIdMarker>u1</NextUploadIdMarker>"
        b"<Upload><Key>a+b%2Bc</Key><UploadId>u1</UploadId><Owner><ID>Key</ID></Owner></Upload>"
        b"<CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes></ListMultipartUploadsResult>"
    )
    assert page.uploads == {("a b+c", "u1")}
    assert page.next_markers == ("a+b", "u1")
    for other in (
        b"",
        b"<Error/>",
        b"<!DOCTYPE a []><ListMultipartUploadsResult/>",
        b'<?xml version="1.0" encoding="x"?>',
    ):
        with pytest.raises(UnreadableUploads):
            parse_uploads(other)


def test_what_is_remembered_of_uploads_is_bounded() -> None:
    known = KnownUploads()
    for number in range(10_001):
        known.add(("app", "k", str(number)))
    assert ("app", "k", "0") not in known
    assert ("app", "k", "10000") in known


@pytest.mark.parametrize(
    "body",
    [
        '<?xml version="1.0" encoding="ISO-8859-1"?><Delete><Object><Key>{}/\u00c3\u00a9</Key></Object></Delete>',
        "<Delete><Object><Key a='b'>{}/\u00e9</Key></Object></Delete>",
        "<Delete><Object><Key><![CDATA[{}/]]>\u00e9<!-- x --></Key></Object><Quiet>false</Quiet></Delete>",
    ],
)
def test_a_bulk_delete_deletes_what_was_decided_upon(door: Door, mine: Any, body: str) -> None:
    """Another reader may go by another encoding, and moto stumbles over attributes."""
    encoding = "latin-1" if "8859" in body else "utf-8"
    door.root().put_object(Bucket="app", Key=f"{ME}/\u00e9", Body=b"")
    door.root().put_object(Bucket="app", Key=f"{ME}/\u00c3\u00a9", Body=b"")
    answer = signed(door, mine, "POST", "/app?delete", body=body.format(ME).encode(encoding))
    assert answer.status_code == 200, answer.text
    named = "\u00c3\u00a9" if "8859" in body else "\u00e9"
    left = [item["Key"] for item in door.root().list_objects_v2(Bucket="app", Prefix=f"{ME}/")["Contents"]]
    assert f"{ME}/{named}" not in left
    assert {f"{ME}/\u00e9", f"{ME}/\u00c3\u00a9"} & set(left)


@pytest.mark.parametrize("encoding", ["foo", "hex", "utf-7", "utf-16"])
def test_a_bulk_delete_in_an_unknown_encoding_is_malformed(door: Door, mine: Any, encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?><Delete><Object><Key>k</Key></Object></Delete>'
    assert code_of(signed(door, mine, "POST", "/app?delete", body=body.encode())) == "MalformedXML"


def test_a_bulk_delete_climbs_out_of_nothing(door: Door, mine: Any) -> None:
    body = f"<Delete><Object><Key>{ME}/../{SECRET}</Key></Object></Delete>".encode()
    assert code_of(signed(door, mine, "POST", "/app?delete", body=body)) == "NotImplemented"


def test_the_owner_that_is_expected_has_to_be_ours(door: Door, mine: Any) -> None:
    s3, where = door.client(mine), {"Bucket": "app", "Key": f"{ME}/owned"}
    s3.put_object(**where, ExpectedBucketOwner="123456789012")
    assert refusal(s3.put_object, **where, ExpectedBucketOwner="999999999999")[:2] == ("AccessDenied", 403)


def test_an_authorization_that_says_two_things_is_refused() -> None:
    credential = "Credential=AKIA/20261122/us-east-1/{}/aws4_request"
    value = f"AWS4-HMAC-SHA256 {credential.format('s3')}, {credential.format('sts')}, SignedHeaders=host, Signature=x"
    with pytest.raises(SignatureRefused) as caught:
        parse("GET", "/", "", [("authorization", value), ("x-amz-date", "20261122T000000Z")])
    assert caught.value.reason is Reason.INCOMPLETE
    doubled = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=1&X-Amz-Expires=9"
    with pytest.raises(SignatureRefused, match="more than once"):
        parse("GET", "/", doubled, [])


def unread(door: Door, issued: IssuedCredentials, method: str, target: str, declared: int) -> str:
    """What is said to the headers alone of an upload that is never sent."""
    url = httpx2.URL(f"{door.url}{target}")
    path, _, query = url.raw_path.decode().partition("?")
    given = [("host", url.netloc.decode())]
    keys = {"access_key_id": issued.access_key_id, "secret_access_key": issued.secret_access_key}
    proof = {"session_token": issued.session_token, "region": "us-east-1", "service": "s3", "payload_hash": "0" * 64}
    added = sign(method, path, query, given, **keys, **proof, now=time.time())
    lines = [f"{name}: {value}\r\n" for name, value in [*given, *added.items(), ("content-length", str(declared))]]
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        connection.sendall(f"{method} {url.raw_path.decode()} HTTP/1.1\r\n{''.join(lines)}\r\n".encode())
        return read_answer(connection).decode()


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [
        ("PUT", f"/app/{SECRET}", "AccessDenied"),
        ("PUT", f"/app/{SECRET}?partNumber=1&uploadId=u", "AccessDenied"),
        ("PUT", "/app?cors", "AccessDenied"),
        ("PUT", f"{HOME}/k?select&select-type=2", "NotImplemented"),
        ("POST", "/app?delete", "MaxMessageLengthExceeded"),
        ("PUT", f"{HOME}/k?tagging", "AccessDenied"),
    ],
)
def test_who_may_not_do_it_has_none_of_his_body_read(
    door: Door, mine: Any, method: str, target: str, code: str
) -> None:
    """He is known, his signature is good, and nothing of 200 MB is waited for."""
    assert f"<Code>{code}</Code>" in unread(door, mine, method, target, 200 * 1024 * 1024)


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("/app?cors", b"<a>" * 100_000, "MaxMessageLengthExceeded"),
        ("/app?cors", b"<a>" * 10_000, "MalformedXML"),
        ("/app?cors", b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "MalformedXML"),
        (f"{HOME}/k?tagging", b"<Tagging " + b" ".join(b'a%d="1"' % n for n in range(1000)) + b"/>", "MalformedXML"),
        ("/app?policy", b" " * 30_000, "MaxMessageLengthExceeded"),
        ("/app?lifecycle", b"not XML", "MalformedXML"),
    ],
)
def test_nobody_behind_reads_a_document_that_has_no_end(
    door: Door, anything: Any, target: str, body: bytes, code: str
) -> None:
    answer = signed(door, anything, "PUT", target, body=body)
    assert (answer.status_code, code_of(answer)) == (400, code)


@pytest.fixture
def anything(door: Door) -> Iterator[Any]:
    """Credentials that may do anything."""
    everything = {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    role = dataclasses.replace(ROLE, policies={"all": everything})
    door.services.store.roles.rows[(ACCOUNT, ROLE.name)] = role
    yield door.admit(issue(1))
    door.services.store.roles.rows[(ACCOUNT, ROLE.name)] = ROLE


DENIED = '"Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::app/*"'


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        *(
            ("/app?policy", body, "MalformedPolicy")
            for body in (
                "<x/>",
                "not JSON",
                "[]",
                "{}",
                "1",
                '"x"',
                "[" * 5000,
                '{"Statement": 1}',
                '{"Statement": [1]}',
                '{"Statement": [{"Effect": "Deny"}]}',
                f'{{"Statement": [{{"Effect": "Maybe", {DENIED}}}]}}',
                f'{{"Statement": {{"Effect": "Deny", "NotAction": "s3:*", {DENIED}}}}}',
                '{"Statement": {"Effect": "Deny", "Principal": "*", "Action": [], "Resource": "*"}}',
                '{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": {"a": 1}}}',
            )
        ),
        *(
            (f"/app?{selector}", "<x/>", "MalformedXML")
            for selector in (
                "tagging",
                "inventory&id=i",
                "publicAccessBlock",
                "encryption",
                "ownershipControls",
            )
        ),
    ],
)
def test_a_document_that_nothing_can_be_made_of_is_refused_and_breaks_nothing(
    door: Door, anything: Any, target: str, body: str, code: str
) -> None:
    answer = signed(door, anything, "PUT", target, body=body.encode())
    assert (answer.status_code, code_of(answer)) == (400, code)
    door.root().put_object(Bucket="app", Key=f"{ME}/after", Body=b"x")


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("target", ["/app?uploads&versions", "/app?delete&cors", f"{HOME}/k?acl&tagging"])
def test_a_call_that_asks_for_two_things_is_refused_and_no_error_of_ours(
    door: Door, mine: Any, method: str, target: str
) -> None:
    for answer in (signed(door, mine, method, target), signed(door, mine, method, target, body=b"<a/>")):
        assert (answer.status_code, code_of(answer)) == (501, "NotImplemented")
    assert "<Code>NotImplemented</Code>" in unread(door, mine, method, target, 1_000_000)


def test_a_large_object_comes_and_goes_whole(door: Door, mine: Any) -> None:
    """It is hashed as it comes, and given on in pieces."""
    content = random.Random(8).randbytes(3_000_000)
    where = {"Bucket": "app", "Key": f"{ME}/large"}
    for size in (0, 1, 262_143, 262_144, 262_145, 524_288, len(content)):
        door.client(mine).put_object(**where, Body=content[:size])
        assert door.client(mine).get_object(**where)["Body"].read() == content[:size]
    wrong = signed(door, mine, "PUT", f"{HOME}/large", body=content, unsigned=[("x-amz-content-sha256", "0" * 64)])
    assert wrong.status_code == 400


def test_a_body_that_is_not_the_one_that_was_signed_is_refused(door: Door, mine: Any) -> None:
    s3 = door.client(mine)

    def swap(request: Any) -> None:
        request.body = b"y" * 1_000_000

    tamper(s3, "PutObject", swap)
    answer = refusal(s3.put_object, Bucket="app", Key=f"{ME}/swapped", Body=b"x" * 1_000_000)
    assert answer[0] == "XAmzContentSHA256Mismatch"


def test_where_there_is_no_room_an_upload_waits_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("halfday.server.http.edge.Room", lambda: Room(2 * 1024 * 1024))
    with running(tmp_path) as world:
        s3 = world.boto3("s3")
        s3.create_bucket(Bucket="full")
        s3.put_object(Bucket="full", Key="k", Body=b"x" * 900_000)
        headers = {"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", **dummy_signature("s3")}
        answer = httpx2.put(f"{world.origin}/full/k", headers=headers, content=b"x" * 2_000_000)
        assert (answer.status_code, code_of(answer), answer.headers["retry-after"]) == (503, "SlowDown", "1")
        target = {"X-Amz-Target": "AWSCognitoIdentityProviderService.CreateUserPool", **dummy_signature("cognito-idp")}
        large = httpx2.post(world.origin, headers=target, content=b" " * 2_000_000)
        assert (large.status_code, large.json()["__type"]) == (503, "ServiceUnavailable")
        assert large.headers["retry-after"] == "1"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        stranger = httpx2.post(f"{world.origin}/oauth2/token", headers=form, content=b"a" * 260_000)
        assert stranger.status_code in (400, 503)
        assert s3.get_object(Bucket="full", Key="k")["ContentLength"] == 900_000, "and nothing is held any more"
        world.idp.list_user_pools(MaxResults=1)


@pytest.mark.parametrize("acl", ["nonsense", "", "Private", "private,public-read"])
def test_an_acl_that_is_none_is_refused_before_anybody_stumbles_over_it(door: Door, anything: Any, acl: str) -> None:
    for target in (f"{HOME}/k", f"{HOME}/k?acl", "/app?acl"):
        answer = signed(door, anything, "PUT", target, headers=[("x-amz-acl", acl)])
        assert (answer.status_code, code_of(answer)) == (400, "InvalidArgument")


def test_every_canned_acl_of_s3_s_model_is_known() -> None:
    model = botocore.session.get_session().get_service_model("s3")
    named = {value for shape in ("ObjectCannedACL", "BucketCannedACL") for value in model.shape_for(shape).enum}
    assert named | {"log-delivery-write"} == CANNED_ACLS
