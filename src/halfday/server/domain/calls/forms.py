"""Calls of the Query protocol: a form in the body, or the same fields in a GET's query. No field twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode

from halfday.server.domain.calls.refusals import CallRefused

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 2_000


def read_form(body: bytes) -> list[tuple[str, str]]:
    """Raises CallRefused."""
    try:
        text = body.decode("ascii")
        return parse_qsl(
            text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict", strict_parsing=bool(text)
        )
    except ValueError as problem:
        raise CallRefused("MalformedQueryString", "The form cannot be read, or has too many fields.") from problem


def fields_once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Raises CallRefused for a field that is given twice."""
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise CallRefused("InvalidParameterValue", f"The parameter {name[:64]!r} is given more than once.")
        fields[name] = value
    return fields


def write_form(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode("ascii")
