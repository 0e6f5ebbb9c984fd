"""SigV4 against the signatures that AWS has published, in the header and in the query."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from halfday.protocol import sigv4
from halfday.protocol.sigv4 import Message, Scope, parse_query
from halfday.protocol.sigv4_check import verify
from halfday.protocol.sigv4_claim import Claimed, Reason, SignatureRefused, parse
from protocol.sigv4_vectors import (
    AT,
    EXPIRES_S,
    KEY,
    REGION,
    SECRET,
    SERVICE,
    TIMESTAMP,
    VECTORS,
    Headers,
    Vector,
)

SCOPE = Scope(TIMESTAMP[:8], REGION, SERVICE)


def ids(vector: Vector) -> str:
    return vector.name


def path_and_query(vector: Vector) -> tuple[str, str]:
    path, _, query = vector.target.partition("?")
    return path, query


def headers_of(vector: Vector) -> Headers:
    """With those that signing adds."""
    added: Headers = (("X-Amz-Date", TIMESTAMP),)
    if vector.token:
        added += (("X-Amz-Security-Token", vector.token),)
    if vector.hash_in_header:
        added += (("X-Amz-Content-Sha256", sigv4.hash_of(vector.body.encode())),)
    return (*vector.headers, *added)


def signed_names(headers: Headers, vector: Vector) -> str:
    left_out = {"x-amz-security-token"} if vector.token_after else set()
    return ";".join(sorted({name.lower() for name, _ in headers} - left_out))


def in_header(vector: Vector) -> Claimed:
    headers = headers_of(vector)
    claim = f"Credential={KEY}/{SCOPE}, SignedHeaders={signed_names(headers, vector)}, Signature={vector.in_header}"
    path, query = path_and_query(vector)
    return parse(vector.method, path, query, [*headers, ("Authorization", f"AWS4-HMAC-SHA256 {claim}")])


def in_query(vector: Vector) -> Claimed:
    path, query = path_and_query(vector)
    added = [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", f"{KEY}/{SCOPE}"),
        ("X-Amz-Date", TIMESTAMP),
        ("X-Amz-SignedHeaders", signed_names(vector.headers, vector)),
        ("X-Amz-Expires", str(EXPIRES_S)),
        *([("X-Amz-Security-Token", vector.token)] if vector.token else []),
        ("X-Amz-Signature", vector.in_query),
    ]
    return parse(vector.method, path, "&".join(filter(None, (query, sigv4.format_query(added)))), vector.headers)


NORMALIZED = [vector for vector in VECTORS if vector.normalized and not vector.token_after]


def check(claimed: Claimed, vector: Vector) -> None:
    verify(claimed, service=SERVICE, secret_access_key=SECRET, body=vector.body.encode(), now=AT)


@pytest.mark.parametrize("vector", NORMALIZED, ids=ids)
def test_a_published_signature_in_the_header_is_verified(vector: Vector) -> None:
    check(in_header(vector), vector)


@pytest.mark.parametrize("vector", NORMALIZED, ids=ids)
def test_a_published_signature_in_the_query_is_verified(vector: Vector) -> None:
    check(in_query(vector), vector)


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if not vector.normalized], ids=ids)
def test_paths_that_are_not_cleaned_are_signed_as_s3_signs_them(vector: Vector) -> None:
    path, query = path_and_query(vector)
    message = Message(vector.method, path, parse_query(query), headers_of(vector))
    names = signed_names(headers_of(vector), vector).split(";")
    request = sigv4.canonical_request(message, names, sigv4.hash_of(b""), "s3")
    assert sigv4.signature(SECRET, SCOPE, TIMESTAMP, request) == vector.in_header


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if vector.token_after], ids=ids)
def test_a_session_token_that_was_added_after_signing_is_refused(vector: Vector) -> None:
    """The suite has it for services that take it so. None of those is served here."""
    with pytest.raises(SignatureRefused) as caught:
        check(in_header(vector), vector)
    assert caught.value.reason is Reason.UNSIGNED_HEADERS
    with pytest.raises(SignatureRefused) as caught:
        check(in_query(vector), vector)
    assert caught.value.reason is Reason.SIGNATURE


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if vector.normalized], ids=ids)
def test_we_sign_as_aws_does(vector: Vector) -> None:
    path, query = path_and_query(vector)
    hashed = [("X-Amz-Content-Sha256", sigv4.hash_of(vector.body.encode()))] if vector.hash_in_header else []
    added = sigv4.sign(
        vector.method,
        path,
        query,
        [*vector.headers, *hashed],
        access_key_id=KEY,
        secret_access_key=SECRET,
        session_token=None if vector.token_after else vector.token or None,
        region=REGION,
        service=SERVICE,
        payload_hash=sigv4.hash_of(vector.body.encode()),
        now=AT,
    )
    assert added["Authorization"].endswith(f"Signature={vector.in_header}")


@pytest.mark.parametrize("vector", NORMALIZED, ids=ids)
def test_a_published_signature_is_of_nothing_else(vector: Vector) -> None:
    changed = [
        vector._replace(method="PUT"),
        vector._replace(target=f"{urlsplit(vector.target).path.rstrip('/')}/more?{urlsplit(vector.target).query}"),
        vector._replace(target=f"{vector.target}{'&' if '?' in vector.target else '?'}more=1"),
        vector._replace(headers=tuple((n, f"{v}x" if n == "Host" else v) for n, v in vector.headers)),
        vector._replace(body=f"{vector.body}x"),
        vector._replace(in_header="0" * 64, in_query="0" * 64),
    ]
    for other in changed:
        for claim in (in_header, in_query):
            with pytest.raises(SignatureRefused):
                check(claim(other), other)
