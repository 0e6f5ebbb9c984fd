"""The Authorization header is read once a request, whoever asks for it, and shows nothing of itself."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from halfday.protocol.sigv4_claim import Reason, SignatureRefused
from halfday.server.domain.text.authorization import Authorization
from halfday.server.http.requests.callers import read_claim
from halfday.server.http.requests.presented import presented

CREDENTIAL = "AKIDEXAMPLE/20260101/eu-west-1/s3/aws4_request"
SIGNED = f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host, Signature=00"


def asked(authorization: str | None, query: str = "") -> Request:
    given = [] if authorization is None else [(b"authorization", authorization.encode())]
    headers = [*given, (b"x-amz-date", b"20260101T000000Z")]
    scope = {"type": "http", "method": "GET", "path": "/b/k", "query_string": query.encode(), "headers": headers}
    return Request(scope)


def test_what_was_read_stays_read() -> None:
    request = asked(SIGNED)
    first, claimed = presented(request), read_claim(request)
    request.scope["headers"] = []
    assert presented(request) is first
    assert read_claim(Request(request.scope)) is claimed


@pytest.mark.parametrize(
    ("authorization", "query", "region", "service"),
    [
        (SIGNED, "", "eu-west-1", "s3"),
        (None, f"X-Amz-Credential={CREDENTIAL.replace('/', '%2F')}", "eu-west-1", "s3"),
        ("AWS4-HMAC-SHA256 Credential=a/b/c", "", None, None),
        ("Basic YTpi", f"X-Amz-Credential={CREDENTIAL}", "eu-west-1", "s3"),
        ("Bearer x", "", None, None),
        (None, "", None, None),
    ],
)
def test_a_signature_tells_region_and_service_before_anything_is_checked(
    authorization: str | None, query: str, region: str | None, service: str | None
) -> None:
    found = presented(asked(authorization, query))
    assert (found.region, found.service) == (region, service)


def test_a_claim_that_cannot_be_read_is_refused_each_time() -> None:
    request = asked("AWS4-HMAC-SHA256 Credential=a/b/c")
    for _ in range(2):
        with pytest.raises(SignatureRefused) as caught:
            read_claim(request)
        assert caught.value.reason is Reason.INCOMPLETE
        assert "a/b/c" not in caught.value.logged


def test_schemes_are_told_apart_whatever_their_case() -> None:
    assert Authorization.read("bEaReR abc ").of_scheme("bearer") == "abc"
    assert Authorization.read("Basic abc").of_scheme("bearer") is None
    assert Authorization.read("hunter2").of_scheme("bearer") is None
    assert Authorization.read(None).header is None


@pytest.mark.parametrize("header", ["hunter2", "Bearer hunter2", "hunter2 x"])
def test_nothing_of_the_header_is_shown(header: str) -> None:
    assert "hunter2" not in repr(Authorization.read(header))
    assert "hunter2" not in repr(presented(asked(header)))
