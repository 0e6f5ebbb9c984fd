"""JSON bodies that can be read in one way: no key twice, no NaN, no half character, bounded in depth and number.

What goes on is written anew from what was read. Source: RFC 8259 §4 (names should be unique, and readers differ where
they are not); decision 26 for the bounds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from halfday.server.domain.calls.refusals import CallRefused

MOST_DEEP = 64
MOST_MEMBERS = 200_000
"""Commas and brackets. A BatchWriteItem of 25 items with some thousand attributes each has less."""

Members = dict[str, Any]


def read_object(body: bytes) -> Members:
    """The object. An empty body is an empty object, as AWS's JSON services read it. Raises CallRefused."""
    if not body.strip(b" \t\r\n"):
        return {}
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_MEMBERS:
        raise _malformed("it has too many members")
    try:
        text = body.decode("utf-8")
        _check_depth(text)
        found = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole
        )
        found_again = json.dumps(found, ensure_ascii=False)
        found_again.encode("utf-8")
    except UnicodeError as problem:
        raise _malformed("it is not UTF-8") from problem
    except (ValueError, RecursionError) as problem:
        if isinstance(problem, CallRefused):
            raise
        raise _malformed("it is no JSON") from problem
    if not isinstance(found, dict):
        raise _malformed("it is no object")
    return found


def write_object(members: Members) -> bytes:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _unique(pairs: Iterable[tuple[str, Any]]) -> Members:
    found: Members = {}
    for name, value in pairs:
        if name in found:
            raise _malformed(f"it has the member {name[:64]!r} twice")
        found[name] = value
    return found


def _check_depth(text: str) -> None:
    """A walk over the brackets outside strings, before a parser recurses into them."""
    depth, quoted, escaped = 0, False, False
    if text.count("[") + text.count("{") <= MOST_DEEP:
        return
    for letter in text:
        if quoted:
            quoted, escaped = (letter != '"' or escaped), (letter == "\\" and not escaped)
        elif letter == '"':
            quoted = True
        elif letter in "[{":
            depth += 1
            if depth > MOST_DEEP:
                raise _malformed(f"it is more than {MOST_DEEP} levels deep")
        elif letter in "]}":
            depth -= 1


def _refuse_constant(name: str) -> Any:
    raise _malformed(f"{name} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _malformed("a number is too large")
    return number


def _whole(text: str) -> int:
    if len(text) > 40:
        raise _malformed("a number is too large")
    return int(text)


def _malformed(why: str) -> CallRefused:
    return CallRefused("SerializationException", f"The body cannot be read: {why}.")
