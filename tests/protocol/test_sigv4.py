"""SigV4 against botocore's signers and AWS's published example."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from unittest import mock
from urllib.parse import quote, urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from halfday.protocol import sigv4
from halfday.protocol.sigv4_check import verify
from halfday.protocol.sigv4_chunks import CHUNKED_FORMS
from halfday.protocol.sigv4_claim import (
    Claimed,
    Reason,
    SignatureRefused,
    _parse_timestamp,
    parse,
    without_signature,
)

NOW = 1_795_341_600
KEY, SECRET, TOKEN = "ASIAEXAMPLEEXAMPLE12", "secret/+key", "token//+=="
HOST = "example.us-east-1.amazonaws.com"


@pytest.fixture(scope="module", autouse=True)
def botocore_clock() -> Iterator[None]:
    frozen = datetime.datetime.fromtimestamp(NOW, datetime.UTC).replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime", return_value=frozen):
        yield


def signed_by_botocore(
    signer: type, service: str, method: str, url: str, body: bytes, token: str | None = TOKEN, **options: object
) -> AWSRequest:
    request = AWSRequest(method, url, headers={"Host": HOST, "x-amz-meta-note": " two  spaces "}, data=body)
    signer(Credentials(KEY, SECRET, token), service, "us-east-1", **options).add_auth(request)
    return request


def claim_of(request: AWSRequest) -> Claimed:
    parts = urlsplit(request.url)
    return parse(request.method, parts.path, parts.query, list(request.headers.items()))


def check(request: AWSRequest, service: str, body: bytes, **changes: object) -> None:
    known = {"secret_access_key": SECRET, "now": NOW, **changes}
    verify(claim_of(request), service=service, body=body, **known)  # type: ignore[arg-type]


def refusal(request: AWSRequest, service: str, body: bytes, **changes: object) -> Reason:
    with pytest.raises(SignatureRefused) as caught:
        check(request, service, body, **changes)
    return caught.value.reason


SIGNERS = [
    (botocore.auth.SigV4Auth, "cognito-idp"),
    (botocore.auth.S3SigV4Auth, "s3"),
    (botocore.auth.SigV4QueryAuth, "sts"),
    (botocore.auth.S3SigV4QueryAuth, "s3"),
]
segments = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
paths = st.lists(segments, max_size=4).map(lambda parts: "/" + quote("/".join(parts), safe="/-_.~"))
queries = st.lists(st.tuples(segments.filter(bool), segments), max_size=4).map(
    lambda pairs: "&".join(f"{quote(n, safe='-_.~')}={quote(v, safe='-_.~')}" for n, v in pairs)
)


@pytest.mark.parametrize(("signer", "service"), SIGNERS)
@given(path=paths, query=queries, body=st.binary(max_size=40))
def test_what_botocore_signs_is_verified(signer: type, service: str, path: str, query: str, body: bytes) -> None:
    presigned = "Query" in signer.__name__
    body = b"" if presigned else body
    if presigned:  # botocore itself keeps one value of a name there
        names = [part.partition("=")[0] for part in query.split("&")]
        query = query if len(set(names)) == len(names) else ""
    request = signed_by_botocore(signer, service, "PUT", f"https://{HOST}{path}?{query}", body)
    check(request, service, body)
    assert claim_of(request).session_token == TOKEN


@pytest.mark.parametrize(("signer", "service"), SIGNERS[:2])
@given(path=paths, query=queries, body=st.binary(max_size=40))
def test_we_sign_as_botocore_does(signer: type, service: str, path: str, query: str, body: bytes) -> None:
    theirs = signed_by_botocore(signer, service, "POST", f"https://{HOST}{path}?{query}", body)
    ours = sigv4.sign(
        "POST",
        path,
        query,
        [("Host", HOST), ("x-amz-meta-note", " two  spaces ")],
        access_key_id=KEY,
        secret_access_key=SECRET,
        session_token=TOKEN,
        region="us-east-1",
        service=service,
        payload_hash=sigv4.hash_of(body),
        now=NOW,
    )
    assert {name: theirs.headers[name] for name in ours} == ours


def test_the_published_example_has_the_published_signature() -> None:
    """S3 API reference, Signature Calculations for the Authorization Header: Example, GET Object."""
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    added = sigv4.sign(
        "GET",
        "/test.txt",
        "",
        [("Host", "examplebucket.s3.amazonaws.com"), ("Range", "bytes=0-9")],
        access_key_id="AKIAIOSFODNN7EXAMPLE",
        secret_access_key=secret,
        session_token=None,
        region="us-east-1",
        service="s3",
        payload_hash=sigv4.hash_of(b""),
        now=1369353600,
    )
    assert added["Authorization"].endswith("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


def test_the_published_presigned_url_is_verified() -> None:
    """S3 API reference, Authenticating Requests: Using Query Parameters, example."""
    query = (
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
        "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    claimed = parse("GET", "/test.txt", query, [("host", "examplebucket.s3.amazonaws.com")])
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    verify(claimed, service="s3", secret_access_key=secret, body=b"", now=1369353600)
    assert without_signature(claimed.message.query) == ()


@pytest.mark.parametrize(("signer", "service"), SIGNERS)
def test_another_secret_is_refused(signer: type, service: str) -> None:
    request = signed_by_botocore(signer, service, "GET", f"https://{HOST}/a", b"")
    assert refusal(request, service, b"", secret_access_key="other") is Reason.SIGNATURE


@pytest.mark.parametrize(("signer", "service"), SIGNERS)
@pytest.mark.parametrize("change", ["method", "path", "query", "header"])
def test_whatever_is_changed_on_the_way_is_noticed(signer: type, service: str, change: str) -> None:
    request = signed_by_botocore(signer, service, "GET", f"https://{HOST}/a?b=c", b"")
    if change == "method":
        request.method = "DELETE"
    elif change == "path":
        request.url = request.url.replace("/a?", "/A?")
    elif change == "query":
        request.url += "&more="
    else:
        request.headers.replace_header("x-amz-meta-note", "other")
    assert refusal(request, service, b"") is Reason.SIGNATURE


def test_a_changed_body_is_noticed() -> None:
    request = signed_by_botocore(botocore.auth.SigV4Auth, "sts", "POST", f"https://{HOST}/", b"one")
    assert refusal(request, "sts", b"two") is Reason.SIGNATURE
    request = signed_by_botocore(botocore.auth.S3SigV4Auth, "s3", "PUT", f"https://{HOST}/b/k", b"one")
    assert refusal(request, "s3", b"two") is Reason.PAYLOAD


def test_a_header_added_on_the_way_is_refused_if_it_means_something() -> None:
    request = signed_by_botocore(botocore.auth.S3SigV4Auth, "s3", "PUT", f"https://{HOST}/b/k", b"")
    request.headers["X-Forwarded-For"] = "192.0.2.1"
    check(request, "s3", b"")
    request.headers["x-amz-acl"] = "public-read"
    assert refusal(request, "s3", b"") is Reason.UNSIGNED_HEADERS


@pytest.mark.parametrize(("service", "skew_s"), [("sts", 300), ("s3", 900)])
def test_the_clocks_may_differ_by_so_much(service: str, skew_s: int) -> None:
    signer = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    request = signed_by_botocore(signer, service, "GET", f"https://{HOST}/", b"")
    for now in (NOW - skew_s, NOW + skew_s):
        check(request, service, b"", now=now)
    for now in (NOW - skew_s - 1, NOW + skew_s + 1):
        assert refusal(request, service, b"", now=now) is Reason.SKEWED


def test_a_presigned_url_lives_as_long_as_it_says() -> None:
    signer = botocore.auth.S3SigV4QueryAuth
    request = signed_by_botocore(signer, "s3", "GET", f"https://{HOST}/b/k", b"", expires=3000)
    check(request, "s3", b"", now=NOW + 2999)
    assert refusal(request, "s3", b"", now=NOW + 3000) is Reason.URL_EXPIRED
    assert refusal(request, "s3", b"", now=NOW - 901) is Reason.SKEWED
    longer = signed_by_botocore(signer, "s3", "GET", f"https://{HOST}/b/k", b"", expires=604801)
    assert refusal(longer, "s3", b"") is Reason.PRESIGNED_PARAMETERS


def test_a_signature_for_another_service_is_refused() -> None:
    request = signed_by_botocore(botocore.auth.SigV4Auth, "sts", "GET", f"https://{HOST}/", b"")
    assert refusal(request, "iam", b"") is Reason.SCOPE


def test_bodies_in_chunks_signed_with_ecdsa_are_refused_by_their_name() -> None:
    for form in ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"):
        request = signed_by_botocore(botocore.auth.S3SigV4Auth, "s3", "PUT", f"https://{HOST}/b/k", b"")
        request.headers.replace_header("X-Amz-Content-SHA256", form)
        with pytest.raises(SignatureRefused, match=form) as caught:
            check(request, "s3", b"")
        assert caught.value.reason is Reason.NOT_BUILT


def test_a_form_of_body_that_nobody_knows_is_refused_and_the_known_ones_are_told() -> None:
    request = signed_by_botocore(botocore.auth.S3SigV4Auth, "s3", "PUT", f"https://{HOST}/b/k", b"")
    request.headers.replace_header("X-Amz-Content-SHA256", "STREAMING-PAYLOAD")
    with pytest.raises(SignatureRefused, match="STREAMING-UNSIGNED-PAYLOAD-TRAILER") as caught:
        check(request, "s3", b"")
    assert caught.value.reason is Reason.PAYLOAD_HASH


def test_a_request_whose_body_is_in_chunks_is_signed_itself() -> None:
    """What is in the chunks is proven by the signatures that they have."""
    for form in CHUNKED_FORMS:
        headers = [("Host", HOST)]
        added = sigv4.sign(
            "PUT", "/b/k", "", headers, access_key_id=KEY, secret_access_key=SECRET, session_token=None,
            region="eu-west-1", service="s3", payload_hash=form, now=NOW,
        )  # fmt: skip
        given = {"service": "s3", "secret_access_key": SECRET, "body": b"x", "now": NOW}
        verify(parse("PUT", "/b/k", "", [*headers, *added.items()]), **given)
        changed = parse("PUT", "/b/another", "", [*headers, *added.items()])
        with pytest.raises(SignatureRefused) as caught:
            verify(changed, **given)
        assert caught.value.reason is Reason.SIGNATURE


def test_an_unsigned_payload_is_accepted_by_s3_alone() -> None:
    body = sigv4.UNSIGNED_PAYLOAD
    for service, expected in (("s3", None), ("sts", Reason.SIGNATURE)):
        headers = [("Host", HOST)]
        added = sigv4.sign(
            "PUT", "/b/k", "", headers, access_key_id=KEY, secret_access_key=SECRET, session_token=None,
            region="eu-west-1", service=service, payload_hash=body, now=NOW,
        )  # fmt: skip
        claimed = parse("PUT", "/b/k", "", [*headers, *added.items()])
        if expected is None:
            verify(claimed, service=service, secret_access_key=SECRET, body=b"whatever", now=NOW)
        else:
            with pytest.raises(SignatureRefused) as caught:
                verify(claimed, service=service, secret_access_key=SECRET, body=b"whatever", now=NOW)
            assert caught.value.reason is expected


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ([], Reason.MISSING),
        ([("Authorization", "Bearer abc")], Reason.ALGORITHM),
        ([("Authorization", "AWS key:signature")], Reason.ALGORITHM),
        ([("Authorization", "AWS4-HMAC-SHA256 ")], Reason.INCOMPLETE),
        ([("Authorization", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b")], Reason.INCOMPLETE),
        (
            [
                ("Authorization", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=b"),
                ("X-Amz-Date", "20260101T000000Z"),
            ],
            Reason.INCOMPLETE,
        ),
        (
            [
                (
                    "Authorization",
                    "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws4_request,SignedHeaders=host,Signature=b",
                ),
                ("X-Amz-Date", "yesterday"),
            ],
            Reason.INCOMPLETE,
        ),
    ],
)
def test_what_is_not_a_signature_is_told_apart(headers: list[tuple[str, str]], reason: Reason) -> None:
    with pytest.raises(SignatureRefused) as caught:
        parse("GET", "/", "", headers)
    assert caught.value.reason is reason


def test_the_refusal_names_the_missing_part() -> None:
    with pytest.raises(SignatureRefused, match="requires 'Signature' parameter"):
        parse("GET", "/", "", [("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host")])


@pytest.mark.parametrize(
    "date", ["Mon, 01 Jan 2026 00:00:00 +99999999999999", "1 Jan 2026 99999999999999999999:00:00", "1 Jan 99999 0:0:0"]
)
def test_a_date_that_no_clock_has_is_no_date(date: str) -> None:
    scope = "Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"
    headers = [("Authorization", f"AWS4-HMAC-SHA256 {scope}"), ("Date", date), ("Host", HOST)]
    with pytest.raises(SignatureRefused):
        parse("GET", "/", "", headers)


@given(st.text(), st.text(), st.text(), st.text())
def test_nothing_malformed_gets_further_than_a_refusal(authorization: str, date: str, query: str, path: str) -> None:
    headers = [("Authorization", f"AWS4-HMAC-SHA256 {authorization}"), ("X-Amz-Date", date), ("Host", HOST)]
    with pytest.raises(SignatureRefused):
        verify(parse("GET", path, query, headers), service="s3", secret_access_key=SECRET, body=b"", now=NOW)


def test_an_escaped_slash_is_not_a_slash() -> None:
    assert sigv4.canonical_path("/b/a%2fb", "s3") == "/b/a%2Fb"
    assert sigv4.canonical_path("/b/%7E%41 %", "s3") == "/b/~A%20%25"


@pytest.mark.parametrize(
    ("timestamp", "signed_at"),
    [
        ("20261129T021500Z", 1795918500),
        ("19700101T000000Z", 0),
        ("20161231T235960Z", 1483228800),  # a leap second
        ("20240229T120000Z", 1709208000),
    ],
)
def test_a_timestamp_is_read_as_utc(timestamp: str, signed_at: int) -> None:
    assert _parse_timestamp(timestamp) == signed_at


@pytest.mark.parametrize(
    "timestamp",
    (
        "20260229T000000Z 20261301T000000Z 20260100T000000Z 00000101T000000Z 20260101T240000Z 20260101T006000Z "
        "20260101T000062Z 20260101T000000 2026-01-01T00:00:00Z ٢٠٢٦٠١٠١T000000Z nothing"
    ).split(),
)
def test_what_no_clock_shows_is_no_timestamp(timestamp: str) -> None:
    with pytest.raises(SignatureRefused):
        _parse_timestamp(timestamp)
