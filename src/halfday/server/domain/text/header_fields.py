"""Header fields that an answer of ours may hold: names are tokens, values hold no controls (RFC 9110 §5.1, §5.5).

A text from a parameter, a bucket's configuration or an upstream's answer may hold characters that no header can, and an
answer with it could not be sent. Configuration and parameters with such a text are refused where they come in; such
headers of an upstream are left out of our answer.
"""

from __future__ import annotations

import re

LONGEST_NAME = 256
LONGEST_VALUE = 8192

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


def is_field_name(name: str) -> bool:
    return len(name) <= LONGEST_NAME and name.isascii() and _NAME.fullmatch(name.encode()) is not None


def is_latin_1(value: str) -> bool:
    """Whether a header's value can be written at all."""
    return all(char <= "\xff" for char in value)


def is_field_value(value: bytes) -> bool:
    """A text that is not ASCII may stand there in any encoding."""
    return len(value) <= LONGEST_VALUE and _VALUE.fullmatch(value) is not None


def field_bytes(name: str, value: str) -> tuple[bytes, bytes] | None:
    """A field as it is written, in the bytes it was read in. None where it is no legal one."""
    raw = value.encode("utf-8", "surrogateescape")
    return (name.lower().encode(), raw) if is_field_name(name) and is_field_value(raw) else None
