"""What is signed, changed by a byte anywhere: it is refused, or it says the same in another spelling.

And what is not signed, by its name: a change of it goes unnoticed, here as on AWS. botocore signs, in the header and in
the query, for services of both kinds: S3 signs the path as it is, all others a cleaned and escaped one.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace
from unittest import mock
from urllib.parse import quote, unquote, unquote_plus, urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from halfday.protocol.sigv4_check import verify
from halfday.protocol.sigv4_claim import Reason, SignatureRefused, parse

NOW = 1_795_341_600
KEY, SECRET, TOKEN = "ASIAEXAMPLEEXAMPLE12", "secret/+key", "token//+=="
HOST = "bucket.example.amazonaws.com"
SIGNERS = {
    "sts in the header": (botocore.auth.SigV4Auth, "sts"),
    "sts in the query": (botocore.auth.SigV4QueryAuth, "sts"),
    "dynamodb in the header": (botocore.auth.SigV4Auth, "dynamodb"),
    "execute-api in the query": (botocore.auth.SigV4QueryAuth, "execute-api"),
    "s3 in the header": (botocore.auth.S3SigV4Auth, "s3"),
    "s3 in the query": (botocore.auth.S3SigV4QueryAuth, "s3"),
}


@pytest.fixture(scope="module", autouse=True)
def botocore_clock() -> Iterator[None]:
    frozen = datetime.datetime.fromtimestamp(NOW, datetime.UTC).replace(tzinfo=None)
    with mock.patch("botocore.auth.get_current_datetime", return_value=frozen):
        yield


@dataclass(frozen=True)
class Wire:
    """A request as it goes over the wire."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    service: str

    def accepted(self) -> bool:
        try:
            claimed = parse(self.method, self.path, self.query, self.headers)
            verify(claimed, service=self.service, secret_access_key=SECRET, body=self.body, now=NOW)
        except SignatureRefused:
            return False
        return claimed.access_key_id == KEY  # by which the secret is found

    @property
    def meaning(self) -> object:
        """What the request says, read by the standard library: two spellings of the same have the same."""
        path = unquote(self.path, errors="surrogateescape") if self.service == "s3" else _cleaned(self.path)
        pairs = [part.partition("=") for part in self.query.split("&") if part]
        read = sorted((unquote_plus(n, errors="surrogateescape"), unquote_plus(v)) for n, _, v in pairs)
        headers = sorted((name.lower(), _spaced(name, value)) for name, value in self.headers)
        return self.method.upper(), path, read, [pair for pair in headers if pair[0] in self.signed], self.body

    @property
    def signed(self) -> set[str]:
        for name, value in self.headers:
            if name.lower() == "authorization":
                listed = value.partition("SignedHeaders=")[2].partition(",")[0]
                return set(listed.lower().split(";")) | {"authorization"}
        listed = unquote(self.query.partition("X-Amz-SignedHeaders=")[2].partition("&")[0])
        return set(listed.lower().split(";"))


def _spaced(name: str, value: str) -> str:
    """Blanks count once, and the names of signed headers in any case."""
    if name.lower() == "authorization":
        before, _, rest = value.partition("SignedHeaders=")
        listed, comma, after = rest.partition(",")
        return f"{before}{';'.join(sorted(listed.lower().split(';')))}{comma}{after}"
    return " ".join(part for part in value.replace("\t", " ").split(" ") if part)


def _cleaned(path: str) -> str:
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if path.endswith("/") and kept else "")


def signed(which: str, path: str = "/a/b%20c", query: str = "x=1&y=two", body: bytes = b"a body") -> Wire:
    signer, service = SIGNERS[which]
    presigned = "query" in which
    body = b"" if presigned else body
    given_headers = {"Host": HOST, "X-Amz-Meta-Note": "one two", "Content-Type": "text/plain"}
    request = AWSRequest("PUT", f"https://{HOST}{path}?{query}", headers=given_headers, data=body)
    signer(Credentials(KEY, SECRET, TOKEN), service, "us-east-1").add_auth(request)
    parts = urlsplit(request.url)
    return Wire("PUT", parts.path, parts.query, tuple(request.headers.items()), body, service)


WHICH = pytest.mark.parametrize("which", SIGNERS)
printable = st.characters(min_codepoint=33, max_codepoint=126)
segments = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@WHICH
def test_they_are_good_as_they_are(which: str) -> None:
    assert signed(which).accepted()


@WHICH
@settings(max_examples=150, deadline=None)
@given(part=st.sampled_from(["method", "path", "query", "body", "header"]), place=st.integers(0, 4000), char=printable)
def test_a_changed_byte_is_noticed_wherever_it_stands(which: str, part: str, place: int, char: str) -> None:
    good = signed(which)
    if part == "header":
        number = place % len(good.headers)
        name, value = good.headers[number]
        at = place % max(len(value), 1)
        headers = list(good.headers)
        headers[number] = (name, value[:at] + char + value[at + 1 :])
        changed = replace(good, headers=tuple(headers))
        if name.lower() not in good.signed:
            return
    elif part == "body":
        at = place % (len(good.body) + 1)
        changed = replace(good, body=good.body[:at] + char.encode() + good.body[at + 1 :])
        if good.service == "s3" and "query" in which:
            return  # an unsigned payload: see below
    else:
        text = getattr(good, part)
        at = place % (len(text) + 1)
        changed = replace(good, **{part: text[:at] + char + text[at + 1 :]})
    assert changed.meaning == good.meaning or not changed.accepted(), (part, changed)


@WHICH
@settings(max_examples=60, deadline=None)
@given(parts=st.lists(segments, max_size=4), pairs=st.dictionaries(segments.filter(bool), segments, max_size=3))
def test_whatever_path_and_query_are_they_are_verified_and_no_others(
    which: str, parts: list[str], pairs: dict[str, str]
) -> None:
    path = "/" + "/".join(quote(part, safe="-_.~") for part in parts)
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs.items())
    good = signed(which, path, query)
    assert good.accepted()
    for changed in (
        replace(good, path=f"{good.path}x"),
        replace(good, path=f"/x{good.path}"),
        replace(good, query=f"{good.query}&more=1"),
        replace(good, query=f"more&{good.query}"),
        replace(good, method="GET"),
    ):
        assert not changed.accepted()


@WHICH
@pytest.mark.parametrize("name", ["host", "x-amz-meta-note", "content-type", "x-amz-date", "x-amz-security-token"])
def test_a_signed_header_that_is_left_out_sent_twice_or_renamed_is_noticed(which: str, name: str) -> None:
    good = signed(which)
    if name not in {known.lower() for known, _ in good.headers} & good.signed:
        pytest.skip("it is in the query here, or not signed")
    without = tuple(pair for pair in good.headers if pair[0].lower() != name)
    value = next(value for known, value in good.headers if known.lower() == name)
    for headers in (
        without,
        (*good.headers, (name, "other")),
        ((name, "other"), *good.headers),
        (*without, (name.replace("-", "_"), value)),
        (*without, (f"{name}x", value)),
    ):
        changed = replace(good, headers=headers)
        renamed = name == "host" and headers == (*without, ("host", value))
        assert renamed or not changed.accepted(), headers


@WHICH
def test_what_no_signature_covers_may_change_and_is_named_here(which: str) -> None:
    """Headers that are not among the signed ones: none that begins with x-amz- can be one of them."""
    good = signed(which)
    for name in ("User-Agent", "Accept", "X-Forwarded-For", "Via", "Cookie", "Content-Length", "Range", "Expect"):
        assert replace(good, headers=(*good.headers, (name, "other"))).accepted(), name
    for name in ("X-Amz-Acl", "x-amz-copy-source", "x_amz_acl", "X-AMZ-Target"):
        added = replace(good, headers=(*good.headers, (name, "other")))
        claimed = parse(added.method, added.path, added.query, added.headers)
        with pytest.raises(SignatureRefused) as caught:
            verify(claimed, service=added.service, secret_access_key=SECRET, body=added.body, now=NOW)
        assert caught.value.reason is Reason.UNSIGNED_HEADERS


def test_a_body_is_unsigned_only_in_presigned_urls_of_s3_and_where_the_caller_says_so() -> None:
    assert replace(signed("s3 in the query"), body=b"anything").accepted()
    for which in ("s3 in the header", "sts in the header", "sts in the query", "dynamodb in the header"):
        assert not replace(signed(which), body=b"anything").accepted()


@pytest.mark.parametrize(("which", "accepted"), [("s3 in the header", False), ("sts in the header", True)])
def test_a_path_is_cleaned_for_all_but_s3(which: str, accepted: bool) -> None:
    """/a/./b is /a/b to them; a key of S3 may have any name."""
    good = signed(which, "/a/b", "")
    for spelling in ("/a/./b", "/a//b", "/a/x/../b"):
        assert replace(good, path=spelling).accepted() is accepted, spelling


@pytest.mark.parametrize(("which", "accepted"), [("s3 in the header", True), ("sts in the header", False)])
def test_a_path_is_escaped_once_for_s3_and_twice_for_all_others(which: str, accepted: bool) -> None:
    """To S3 %2f and %2F, %7E and ~ are one; the others sign the escapes as characters."""
    for path, other in (("/a%2Fb", "/a%2fb"), ("/a~b", "/a%7Eb")):
        good = signed(which, path, "")
        assert good.accepted()
        assert replace(good, path=other).accepted() is accepted, other


@WHICH
def test_version_4a_is_refused_by_its_name(which: str) -> None:
    good = signed(which)
    query = good.query.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")
    headers = [(name, value.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")) for name, value in good.headers]
    with pytest.raises(SignatureRefused, match="Signature Version 4A") as caught:
        parse(good.method, good.path, query, headers)
    assert caught.value.reason is Reason.NOT_BUILT
