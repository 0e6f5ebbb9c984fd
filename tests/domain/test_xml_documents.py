"""XML from strangers: nobody waits for a document, whatever stands in it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from halfday.server.domain.s3.actions import S3Request
from halfday.server.domain.s3.bulk_delete import MOST_KEYS, BulkDeleteReading
from halfday.server.domain.s3.documents import LONGEST_DOCUMENT_BYTES, LONGEST_OBJECT_BYTES, is_xml, longest_body
from halfday.server.domain.text.xml_documents import LONGEST_TAG_BYTES, SLICE_BYTES, MalformedDocument, check_xml

PARTS = "".join(
    f'<Part><ETag>"{"a" * 32}"</ETag><ChecksumSHA256>{"b" * 44}</ChecksumSHA256><PartNumber>{n}</PartNumber></Part>'
    for n in range(1, 10_001)
)
HOSTILE = {
    "100,000 deep": "<a>" * 100_000 + "</a>" * 100_000,
    "17 deep": "<a>" * 17 + "</a>" * 17,
    "100,000 attributes": "<a " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>",
    "17 attributes": "<a " + " ".join(f'a{n}="1"' for n in range(17)) + "/>",
    "50,000 namespaces": "<a " + " ".join(f'xmlns:n{n}="u"' for n in range(50_000)) + "/>",
    "a long attribute": f'<a a="{"x" * 4_000_000}"/>',
    "a long attribute after a document's worth of text": f'<a>{"x" * 60_000}<b a="{"x" * 500_000}"/></a>',
    "a long name": f"<{'a' * 4_000_000}/>",
    "a long comment": f"<a><!--{'x' * 4_000_000}--></a>",
    "a long instruction": f"<a><?x {'x' * 4_000_000}?></a>",
    "400,000 elements": "<a>" + "<b/>" * 400_000 + "</a>",
    "a document type": "<!DOCTYPE a><a/>",
    "an entity": '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    "no end": "<a>",
    "nothing": "",
    "brackets": "<" * 1_000_000,
    "no encoding": '<?xml version="1.0" encoding="foo"?><a/>',
    "an encoding of no text": '<?xml version="1.0" encoding="hex"?><a/>',
}


def slowest_slice_s(steps: Iterator[None]) -> float:
    """Of the processor's time, which others do not add to; until the end, or the refusal."""
    slowest, began = 0.0, time.thread_time()
    try:
        for _ in steps:
            slowest, began = max(slowest, time.thread_time() - began), time.thread_time()
    except MalformedDocument:
        pass
    return max(slowest, time.thread_time() - began)


def until_refused(steps: Iterator[None]) -> tuple[int, str]:
    """How many slices were read, and why no more."""
    number = 0
    try:
        for _ in steps:
            number += 1
    except MalformedDocument as refused:
        return number, str(refused)
    return number, ""


@pytest.mark.parametrize("what", HOSTILE)
def test_a_document_without_an_end_is_refused(what: str) -> None:
    with pytest.raises(MalformedDocument):
        list(check_xml(HOSTILE[what].encode()))
    with pytest.raises(MalformedDocument):
        list(BulkDeleteReading(HOSTILE[what].encode()))


@pytest.mark.parametrize("what", [*HOSTILE, "10,000 parts"])
def test_no_slice_of_a_document_costs_more_than_some_slices_of_an_honest_one(what: str) -> None:
    """The bound is a ratio: a tag of 32 KiB is scanned three times, and makes 7,000 attributes."""
    text = HOSTILE.get(what, PARTS)
    honest = min(slowest_slice_s(check_xml(f"<a>{PARTS}</a>".encode())) for _ in range(3))
    assert min(slowest_slice_s(check_xml(text.encode())) for _ in range(3)) < 20 * honest


@pytest.mark.parametrize(
    "text",
    [
        f"<CompleteMultipartUpload>{PARTS}</CompleteMultipartUpload>",
        '<?xml version="1.0" encoding="UTF-8"?>\n<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>',
        '<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><b xsi:type="CanonicalUser"/><!-- x --></a>',
        f"<a>{'x' * 1_000_000}</a>",
        f"<a>{' ' * 1_000_000}</a>",
        "<a>" * 16 + "</a>" * 16,
    ],
)
def test_a_document_of_s3_is_read_to_its_end(text: str) -> None:
    assert len(list(check_xml(text.encode()))) == -(-len(text.encode()) // SLICE_BYTES)


def test_a_bulk_delete_ends_at_its_thousandth_key() -> None:
    objects = "<Object><Key>k</Key></Object>"
    reading = BulkDeleteReading(f"<Delete>{objects * MOST_KEYS}</Delete>".encode())
    list(reading)
    assert len(reading.bulk.keys) == MOST_KEYS
    body = f"<Delete>{objects * 60_000}</Delete>".encode()
    steps, why = until_refused(iter(BulkDeleteReading(body)))
    assert "more than 1000 keys" in why
    assert steps < len(body) // SLICE_BYTES // 10, "what follows is not read"


@pytest.mark.parametrize("text", ["<Delete><Object><Key>{}</Key></Object></Delete>", "<Delete>{}</Delete>"])
def test_a_text_in_a_bulk_delete_has_an_end(text: str) -> None:
    with pytest.raises(MalformedDocument, match="a text is longer"):
        list(BulkDeleteReading(text.format(" " * 1_000_000).encode()))


@pytest.mark.parametrize(
    ("method", "bucket", "key", "query", "most", "xml"),
    [
        ("PUT", "b", "k", (), LONGEST_OBJECT_BYTES, False),
        ("PUT", "b", "k", (("partNumber", "1"), ("uploadId", "u")), LONGEST_OBJECT_BYTES, False),
        ("POST", "b", "k", (("uploadId", "u"),), 4 * 1024 * 1024, True),
        ("POST", "b", "", (("delete", ""),), 2 * 1024 * 1024, True),
        ("PUT", "b", "", (("cors", ""),), 64 * 1024, True),
        ("PUT", "b", "", (("policy", ""),), 20 * 1024, False),
        ("PUT", "b", "k", (("tagging", ""),), LONGEST_DOCUMENT_BYTES, True),
        ("GET", "b", "k", (), LONGEST_DOCUMENT_BYTES, False),
        ("PUT", "b", "", (), LONGEST_DOCUMENT_BYTES, True),
    ],
)
def test_only_an_object_may_be_as_long_as_an_object(
    method: str, bucket: str, key: str, query: tuple[tuple[str, str], ...], most: int, xml: bool
) -> None:
    asked = S3Request(method, bucket, key, query)
    assert (longest_body(asked), is_xml(asked)) == (most, xml)


def test_a_tag_is_never_scanned_for_longer_than_its_end() -> None:
    body = b"<a " + b" " * (8 * LONGEST_TAG_BYTES)
    steps, why = until_refused(check_xml(body))
    assert "a tag or a comment is longer" in why
    assert steps <= LONGEST_TAG_BYTES // SLICE_BYTES
