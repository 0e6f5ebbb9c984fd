"""What a hostile request of any size is, and how the corpus is made: bytes to send, and what they are called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from attack.wire import TARGETS, VERSIONS, dummy_signature

JSON = "application/x-amz-json-1.1"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Case:
    """One request. `body` is made when it is sent: the corpus would not fit into memory."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = b""

    def bytes_of_body(self) -> bytes:
        made = self.body() if callable(self.body) else self.body
        return made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass")


def json_case(name: str, operation: str, body: Any, service: str = "cognito-idp", **headers: str) -> Case:
    """`body` is text that stands for the whole document, or a function that makes it."""
    sent = {"Content-Type": JSON, "X-Amz-Target": f"{TARGETS[service]}.{operation}", **dummy_signature(service)}
    return Case(f"{operation}: {name}", "POST", "/", {**sent, **headers}, body)


def members_case(name: str, operation: str, service: str = "cognito-idp", **members: Any) -> Case:
    return json_case(name, operation, lambda: json.dumps(members), service)


def query_case(name: str, service: str, **fields: str) -> Case:
    sent = {"Content-Type": FORM, **dummy_signature(service)}
    body = lambda: urlencode({"Version": VERSIONS[service], **fields})  # noqa: E731
    return Case(f"{fields['Action']}: {name}", "POST", "/", sent, body)


def form_case(name: str, path: str, body: Any, **headers: str) -> Case:
    return Case(f"{path.partition('?')[0]}: {name}", "POST", path, {"Content-Type": FORM, **headers}, body)


def hostile_strings(longest: int) -> Iterator[tuple[str, str]]:
    """(name, text): each makes some pattern work hard, or is hard to print, compare or decode."""
    for length in (200, 5_000, 40_000, longest):
        yield f"{length} letters and a blank", "a" * length + " "
        yield f"{length} blanks", " " * length
    yield "letters and digits in turn", "a1" * (longest // 2) + "!"
    yield "dots", "." * longest + "@"
    yield "ats", "@" * longest
    yield "dashes", "-" * longest + "_"
    yield "line feeds", "\n" * longest
    yield "nothing but NUL", "\0" * longest
    yield "escapes", "\x1b[2J" * (longest // 4)
    yield "combining marks", "e\u0301" * (longest // 2)
    yield "of four bytes", "\U0001f600" * (longest // 4)
    yield "quotes and backslashes", '\\"' * (longest // 2)
    yield "percent signs", "%" * longest
    yield "digits", "9" * longest
    yield "braces", "{####}" * (longest // 6)
    yield "angle brackets", "<" * longest
    yield "slashes", "/" * longest
    yield "http://", "http://" * (longest // 7)
