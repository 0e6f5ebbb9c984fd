"""Bodies of S3 calls that are documents: seen to have an end before anything behind reads them, and read in turns.

Source: S3 API reference, Error responses (MaxMessageLengthExceeded, MalformedXML).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from halfday.protocol.errors import ServiceError
from halfday.server.domain.s3 import actions as s3_actions
from halfday.server.domain.s3.actions import S3Request
from halfday.server.domain.s3.bulk_delete import BulkDelete, BulkDeleteReading
from halfday.server.domain.s3.documents import is_xml, longest_body
from halfday.server.domain.text.xml_documents import MalformedDocument, check_xml

# What stands behind may read such a body as parameters, in place of those in the URL.
_FORMS = frozenset({"application/x-www-form-urlencoded", "application/x-url-encoded", "multipart/form-data"})


async def read_document(asked: S3Request, body: bytes) -> BulkDelete | None:
    """The keys in the body of a DeleteObjects, None for others. Other documents are only checked for a bounded cost.

    Of an object nothing is read here, or by what stands behind.
    """
    if body:
        check_kind(asked)
    if len(body) > (most := longest_body(asked)):
        raise too_long_a_document(most)
    try:
        if s3_actions.is_bulk_delete(asked):
            await _in_turns(reading := BulkDeleteReading(body))
            return reading.bulk
        if body and is_xml(asked):
            await _in_turns(check_xml(body))
    except MalformedDocument as problem:
        raise malformed_xml(str(problem)) from problem
    return None


def check_kind(asked: S3Request) -> None:
    """Raises ServiceError for a body that what stands behind could take for the request's parameters."""
    kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _FORMS:
        message = f"A body with the Content-Type {kind} is not taken here: name another, such as binary/octet-stream."
        raise ServiceError("NotImplemented", message, status=501)


def malformed_xml(detail: str) -> ServiceError:
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return ServiceError("MalformedXML", message, detail=detail)


def too_long_a_document(most_bytes: int) -> ServiceError:
    detail = f"the document is longer than {most_bytes} bytes"
    return ServiceError("MaxMessageLengthExceeded", "Your request was too big.", detail=detail)


async def _in_turns(steps: Iterable[None]) -> None:
    """Runs the steps, and lets others have their turn after each."""
    for _ in steps:
        await asyncio.sleep(0)
