"""Numbers, dates and response headers in S3 requests, checked before they are passed on: the upstream fails on
malformed ones.

A number that is none is refused, a condition's date that is none does not count (RFC 9110 §13.1.3). Source: S3 API
reference, ListObjectsV2, UploadPart, GetObject; sentences as S3 gives them, seen in ceph/s3-tests and users' reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.domain.text.header_fields import is_field_value, is_latin_1

_LONGEST = 15
PART_NUMBERS = range(1, 10_001)
_COUNTS = ("max-keys", "max-uploads", "max-parts", "max-buckets", "part-number-marker")
_COUNT_HEADERS = ("x-amz-max-parts", "x-amz-part-number-marker", "x-amz-mp-object-size")
_CONDITIONS = frozenset(
    f"{prefix}if-{which}-since" for prefix in ("", "x-amz-copy-source-") for which in ("modified", "unmodified")
)
_ANSWERED = "response-"
_RETAIN_UNTIL = "x-amz-object-lock-retain-until-date"


def check_number(name: str, value: str) -> None:
    """Of a parameter. Raises S3RequestRefused."""
    if name == "partNumber" and _whole(value) not in PART_NUMBERS:
        sentence = "Part number must be an integer between 1 and 10000, inclusive"
        raise S3RequestRefused("InvalidArgument", sentence)
    if name in _COUNTS and (_whole(value) is None or int(value) >= 2**31):
        raise S3RequestRefused("InvalidArgument", f"Provided {name} not an integer or within integer range")


def check_answered(name: str, value: str) -> None:
    """Of a parameter whose value becomes a header of the answer (response-content-type). Raises S3RequestRefused."""
    if not name.startswith(_ANSWERED):
        return
    members = {"ArgumentName": name, "ArgumentValue": value}
    if not is_latin_1(value):
        sentence = "Header value cannot be represented using ISO-8859-1."
        raise S3RequestRefused("InvalidArgument", sentence, members=members)
    if not is_field_value(value.encode("latin-1")):
        sentence = f"The value of {name} cannot be a header: it has a control character, or is too long"
        raise S3RequestRefused("InvalidArgument", sentence)


def with_readable_values(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with dates in the one form that everybody reads, without dates that are none.

    Raises S3RequestRefused.
    """
    for name in _COUNT_HEADERS:
        if name in headers and _whole(headers[name]) is None:
            raise S3RequestRefused("InvalidArgument", f"Provided {name} not an integer or within integer range")
    if _RETAIN_UNTIL in headers and _iso(headers[_RETAIN_UNTIL]) is None:
        raise S3RequestRefused("InvalidArgument", "The retain until date must be provided in ISO 8601 format")
    readable = {name: value for name, value in headers.items() if name not in _CONDITIONS}
    for name in headers.keys() & _CONDITIONS:
        if (date := _date(headers[name]) or _iso(headers[name])) is not None:
            readable[name] = format_datetime(date.astimezone(UTC), usegmt=True)
    return readable


def _whole(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        return None
    return int(text)


def _date(text: str) -> datetime | None:
    try:
        return _in_utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        return _in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _in_utc(date: datetime) -> datetime:
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
