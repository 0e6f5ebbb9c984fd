"""The front door: boto3's S3 client, over a socket, to moto behind it."""

from __future__ import annotations

import asyncio
import random
import time
from types import SimpleNamespace
from typing import Any

import boto3
import httpx2
import pytest
from botocore.config import Config

from front_door import ACCOUNT, ME, POLICY, ROLE, SOMEONE_ELSE, Door, issue, refusal, tamper
from halfday.protocol.sigv4 import hash_of, sign
from halfday.server.domain.aws.roles import Role
from halfday.server.outside.upstreams import HttpUpstream, UpstreamCall, UpstreamKeys, whole
from halfday.server.outside.upstreams.calls import PIECE_BYTES
from halfday.server.settings import Settings
from sockets import Handler, answering


@pytest.fixture
def s3(door: Door) -> Any:
    return door.client(door.admit(issue(1)))


def test_a_person_writes_reads_and_deletes_below_their_own_prefix(s3: Any) -> None:
    key = f"{ME}/a folder/é+*.txt"
    s3.put_object(Bucket="app", Key=key, Body=b"mine", Metadata={"note": "x"}, ContentType="text/plain")
    answer = s3.get_object(Bucket="app", Key=key)
    assert answer["Body"].read() == b"mine"
    assert answer["ContentType"] == "text/plain"
    assert answer["Metadata"] == {"note": "x"}
    assert s3.head_object(Bucket="app", Key=key)["ContentLength"] == 4
    s3.delete_object(Bucket="app", Key=key)
    assert refusal(s3.get_object, Bucket="app", Key=key)[:2] == ("NoSuchKey", 404)


def lines_of(caplog: pytest.LogCaptureFixture, count: int) -> list[str]:
    """The server's log, once it has so many lines: it writes them after it has answered."""
    deadline = time.monotonic() + 5
    while len(caplog.records) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return [record.getMessage() for record in caplog.records]


def test_someone_elses_prefix_is_denied_in_awss_words(s3: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "halfday.requests")
    code, status, message = refusal(s3.put_object, Bucket="app", Key=f"{SOMEONE_ELSE}/x", Body=b"")
    assert (code, status) == ("AccessDenied", 403)
    assert message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/people/CognitoIdentityCredentials is not authorized to perform: "
        f's3:PutObject on resource: "arn:aws:s3:::app/{SOMEONE_ELSE}/x" '
        "because no identity-based policy allows the s3:PutObject action"
    )
    s3.put_object(Bucket="app", Key=f"{ME}/x", Body=b"")
    lines = lines_of(caplog, 2)
    assert any("implicit deny of s3:PutObject" in line for line in lines)
    assert any("s3:PutObject allowed by identity-based policy own-folder, Own" in line for line in lines)
    assert not any("secret-1" in line or "token-1" in line for line in lines)


def test_climbing_out_of_the_prefix_is_refused(door: Door, s3: Any) -> None:
    for key in (f"{ME}/../{SOMEONE_ELSE}/x", f"{ME}/./x"):
        assert refusal(s3.put_object, Bucket="app", Key=key, Body=b"")[:2] == ("NotImplemented", 501)


@pytest.mark.parametrize("name", ["a%2Fb", "a%252e%252e", "a+b c", "a;b,c=d&e", "a?b#c", "é/ü/\u2603", "x/", "'\"<>"])
def test_a_key_means_the_same_to_the_door_and_behind_it(door: Door, s3: Any, name: str) -> None:
    key = f"{ME}/odd/{name}"
    s3.put_object(Bucket="app", Key=key, Body=name.encode())
    found = door.root().list_objects_v2(Bucket="app", Prefix=f"{ME}/odd/")
    assert [item["Key"] for item in found["Contents"]] == [key]
    s3.copy_object(Bucket="app", Key=f"{ME}/copied", CopySource={"Bucket": "app", "Key": key})
    assert s3.get_object(Bucket="app", Key=f"{ME}/copied")["Body"].read() == name.encode()
    s3.delete_objects(Bucket="app", Delete={"Objects": [{"Key": key}]})
    assert "Contents" not in s3.list_objects_v2(Bucket="app", Prefix=f"{ME}/odd/")


def test_a_copy_out_of_someone_elses_prefix_is_denied(door: Door, s3: Any) -> None:
    door.root().put_object(Bucket="app", Key=f"{SOMEONE_ELSE}/secret", Body=b"x")
    for source in (f"app/{SOMEONE_ELSE}/secret", {"Bucket": "app", "Key": f"{SOMEONE_ELSE}/secret"}):
        code, _, message = refusal(s3.copy_object, Bucket="app", Key=f"{ME}/copy", CopySource=source)
        assert code == "AccessDenied"
        assert "s3:GetObject" in message
    s3.put_object(Bucket="app", Key=f"{ME}/a b", Body=b"mine")
    s3.copy_object(Bucket="app", Key=f"{ME}/copy", CopySource={"Bucket": "app", "Key": f"{ME}/a b"})
    assert s3.get_object(Bucket="app", Key=f"{ME}/copy")["Body"].read() == b"mine"


def test_a_bulk_delete_is_denied_for_one_foreign_key(s3: Any) -> None:
    s3.put_object(Bucket="app", Key=f"{ME}/1", Body=b"")
    both = {"Objects": [{"Key": f"{ME}/1"}, {"Key": f"{SOMEONE_ELSE}/1"}]}
    assert refusal(s3.delete_objects, Bucket="app", Delete=both)[0] == "AccessDenied"
    answer = s3.delete_objects(Bucket="app", Delete={"Objects": [{"Key": f"{ME}/1"}]})
    assert [item["Key"] for item in answer["Deleted"]] == [f"{ME}/1"]


def test_an_upload_in_parts(s3: Any) -> None:
    where = {"Bucket": "app", "Key": f"{ME}/parts"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"part")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload=parts)
    assert s3.get_object(**where)["Body"].read() == b"part"


def test_only_their_own_prefix_may_be_listed(s3: Any) -> None:
    s3.put_object(Bucket="app", Key=f"{ME}/listed", Body=b"")
    found = s3.list_objects_v2(Bucket="app", Prefix=f"{ME}/")
    assert f"{ME}/listed" in [item["Key"] for item in found["Contents"]]
    for foreign in ({}, {"Prefix": ""}, {"Prefix": SOMEONE_ELSE}):
        assert refusal(s3.list_objects_v2, Bucket="app", **foreign)[0] == "AccessDenied"
    assert refusal(s3.list_buckets)[0] == "AccessDenied"


def test_a_head_is_refused_without_a_body(s3: Any) -> None:
    assert refusal(s3.head_object, Bucket="app", Key=f"{SOMEONE_ELSE}/x")[:2] == ("403", 403)


def test_what_our_own_client_half_signs_is_let_in(door: Door) -> None:
    mine, url = door.admit(issue(1)), httpx2.URL(f"{door.url}/app/{ME}/signed%20by%20us")
    headers = [("host", url.netloc.decode()), ("x-amz-meta-note", "é")]
    added = sign(
        "PUT",
        url.raw_path.decode(),
        "",
        headers,
        access_key_id=mine.access_key_id,
        secret_access_key=mine.secret_access_key,
        session_token=mine.session_token,
        region="us-east-1",
        service="s3",
        payload_hash=hash_of(b"x"),
        now=time.time(),
    )
    encoded = [(name.encode(), value.encode()) for name, value in [*headers, *added.items()]]
    assert httpx2.put(url, headers=encoded, content=b"x").status_code == 200
    answer = httpx2.get(
        door.client(mine).generate_presigned_url("get_object", {"Bucket": "app", "Key": f"{ME}/signed by us"})
    )
    assert dict(answer.headers.raw)[b"x-amz-meta-note"].decode() == "é"


@pytest.mark.parametrize(
    ("changes", "code", "status"),
    [
        ({"aws_secret_access_key": "wrong"}, "SignatureDoesNotMatch", 403),
        ({"aws_session_token": "wrong"}, "InvalidToken", 400),
        ({"aws_session_token": None}, "InvalidAccessKeyId", 403),
        ({"aws_access_key_id": "ASIA9999999999999999"}, "InvalidAccessKeyId", 403),
    ],
)
def test_credentials_that_are_not_quite_right_are_refused(
    door: Door, changes: dict[str, Any], code: str, status: int
) -> None:
    client = door.client(door.admit(issue(1)), **changes)
    assert refusal(client.list_objects_v2, Bucket="app", Prefix=f"{ME}/")[:2] == (code, status)


def test_expired_credentials_are_refused(door: Door) -> None:
    client = door.client(door.admit(issue(1, lifetime_s=-1)))
    assert refusal(client.list_objects_v2, Bucket="app", Prefix=f"{ME}/")[:2] == ("ExpiredToken", 400)


def test_a_wrong_clock_is_refused(door: Door, s3: Any) -> None:
    door.ahead_s = 901
    assert refusal(s3.list_objects_v2, Bucket="app", Prefix=f"{ME}/")[:2] == ("RequestTimeTooSkewed", 403)


def test_credentials_of_a_role_that_is_gone_or_made_anew_are_refused(door: Door, s3: Any) -> None:
    anew = Role(ACCOUNT, "people", "AROAOTHER", trust_policy={}, created_at=0, policies={"own-folder": POLICY})
    door.services.store.roles.rows[(ACCOUNT, "people")] = anew
    try:
        assert refusal(s3.list_objects_v2, Bucket="app", Prefix=f"{ME}/")[0] == "InvalidToken"
    finally:
        door.services.store.roles.rows[(ACCOUNT, "people")] = ROLE


def test_a_session_policy_takes_away(door: Door) -> None:
    only_reading = {"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
    client = door.client(door.admit(issue(1, session_policies=(only_reading,))))
    code, _, message = refusal(client.put_object, Bucket="app", Key=f"{ME}/x", Body=b"")
    assert code == "AccessDenied"
    assert message.endswith("because no session policy allows the s3:PutObject action")


def test_a_body_changed_on_the_way_is_refused(s3: Any) -> None:
    tamper(s3, "PutObject", lambda request: setattr(request, "body", b"evil"))
    answer = refusal(s3.put_object, Bucket="app", Key=f"{ME}/x", Body=b"good")
    assert answer[:2] == ("XAmzContentSHA256Mismatch", 400)


def test_a_path_changed_on_the_way_is_refused(s3: Any) -> None:
    tamper(s3, "PutObject", lambda request: setattr(request, "url", request.url.replace("/x", "/y")))
    answer = refusal(s3.put_object, Bucket="app", Key=f"{ME}/x", Body=b"good")
    assert answer[:2] == ("SignatureDoesNotMatch", 403)


def test_a_source_header_slipped_in_is_refused(s3: Any) -> None:
    def slip_in(request: Any) -> None:
        request.headers["x-amz-copy-source"] = f"app/{SOMEONE_ELSE}/secret"

    tamper(s3, "PutObject", slip_in)
    assert refusal(s3.put_object, Bucket="app", Key=f"{ME}/x", Body=b"good")[:2] == ("AccessDenied", 403)


def test_dummy_keys_are_root_when_relaxed_and_nobody_when_strict(door: Door) -> None:
    assert "app" in [bucket["Name"] for bucket in door.root().list_buckets()["Buckets"]]
    root = {"root_access_key_id": "AKIAROOT", "root_secret_access_key": "root-secret"}
    door.services.settings = Settings(account_id=ACCOUNT, signatures="strict", **root)
    assert refusal(door.root().list_buckets)[:2] == ("InvalidAccessKeyId", 403)
    wrong = door.raw_client(aws_access_key_id="AKIAROOT", aws_secret_access_key="guess")
    assert refusal(wrong.list_buckets)[:2] == ("SignatureDoesNotMatch", 403)
    right = door.raw_client(aws_access_key_id="AKIAROOT", aws_secret_access_key="root-secret")
    assert right.list_buckets()["Buckets"]


def test_a_presigned_url_works_and_expires(door: Door, s3: Any) -> None:
    s3.put_object(Bucket="app", Key=f"{ME}/shared", Body=b"for you")
    where = {"Bucket": "app", "Key": f"{ME}/shared"}
    url = s3.generate_presigned_url("get_object", where, ExpiresIn=60)
    assert httpx2.get(url).content == b"for you"
    put = s3.generate_presigned_url("put_object", where, ExpiresIn=60)
    assert httpx2.put(put, content=b"from you").status_code == 200
    assert httpx2.get(url).content == b"from you"
    assert httpx2.get(url.replace("shared", "others")).status_code == 403
    foreign = s3.generate_presigned_url("get_object", {"Bucket": "app", "Key": f"{SOMEONE_ELSE}/x"})
    assert "not authorized to perform: s3:GetObject" in httpx2.get(foreign).text
    door.ahead_s = 61
    late = httpx2.get(url)
    assert (late.status_code, "<Message>Request has expired</Message>" in late.text) == (403, True)


def test_an_unsigned_call_is_denied(door: Door) -> None:
    answer = httpx2.get(f"{door.url}/app/x")
    assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)


def test_another_service_is_refused_by_its_name(door: Door) -> None:
    dynamodb = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=door.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}),
    )
    code, status, message = refusal(dynamodb.list_tables)
    assert (code, status) == ("NotImplementedException", 501)
    assert "dynamodb" in message


def test_a_key_cannot_break_the_error_document(s3: Any) -> None:
    code, _, message = refusal(s3.get_object, Bucket="app", Key="<&>\x01")
    assert code == "AccessDenied"
    assert "app/<&>?" in message


def test_the_upstream_may_be_another_server(door: Door) -> None:
    """The door itself stands in for it: what comes out of one door goes into a second."""
    second = door.services.upstream
    key = f"{ME}/through both/é.txt"
    s3 = door.client(door.admit(issue(1)))
    s3.put_object(Bucket="app", Key=key, Body=b"x", ContentEncoding="gzip")

    async def through(call: Any) -> Any:
        door.services.upstream = second
        return await http.open(call)

    http = HttpUpstream(door.url, keys=UpstreamKeys("test", "test"))
    door.services.upstream = SimpleNamespace(open=through, streams=lambda _: False)
    try:
        assert s3.get_object(Bucket="app", Key=key)["Body"].read() == b"x"
    finally:
        door.services.upstream = second


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3_000_000])
def test_another_server_is_sent_a_long_body_in_pieces_and_told_its_length(size: int) -> None:
    seen: list[tuple[str | None, str | None, bytes]] = []

    class Behind(Handler):
        def do_PUT(self) -> None:
            seen.append((self.headers["Content-Length"], self.headers["Transfer-Encoding"], self.read_body()))
            self.answer(200, seen[-1][2])

    content = random.Random(size).randbytes(size)
    with answering(Behind) as url:
        answer = asyncio.run(
            whole(HttpUpstream(url), UpstreamCall("s3", "s3", "us-east-1", "1" * 12, "PUT", "/app/k", {}, content))
        )
    assert seen == [(str(size), None, content)]
    assert answer.body == content


def test_an_upstream_that_is_away_is_said_to_be(door: Door) -> None:
    first = door.services.upstream
    try:
        door.services.upstream = HttpUpstream("http://127.0.0.1:1")
        assert refusal(door.root().list_buckets)[:2] == ("ServiceUnavailable", 503)
        door.services.upstream = None
        assert refusal(door.root().list_buckets)[:2] == ("NotImplemented", 501)
    finally:
        door.services.upstream = first
