"""A request as the gateway reads it, once: pure, so that events and mappings are made from it without the edge."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import parse_qsl, unquote

_CANONICAL = {
    name.lower(): name
    for name in (
        "Accept Accept-Charset Accept-Encoding Accept-Language Access-Control-Request-Headers "
        "Access-Control-Request-Method Authorization Cache-Control Content-Encoding Content-Language Content-Length "
        "Content-Type Cookie Date Host If-Match If-Modified-Since If-None-Match If-Unmodified-Since Origin Pragma "
        "Range Referer User-Agent Via X-Amz-Date X-Amz-Security-Token X-Amzn-Trace-Id X-Forwarded-For X-Forwarded-Port "
        "X-Forwarded-Proto"
    ).split()
}
"""How a REST API spells common names, however they were sent ([inferred]: HTTP/2 sends all of them in lower case)."""


@dataclass(frozen=True)
class ApiRequest:
    """`raw_path` is the path within the stage, as it was sent; `whole_path` the one with the stage, as API Gateway
    knows it. `headers` are by lower-case names; those of the proxies are ours.
    """

    method: str
    raw_path: str
    whole_path: str
    raw_query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    source_ip: str
    domain_name: str
    request_id: str
    received_at: float
    secure: bool = False

    @property
    def path(self) -> str:
        return unquote(self.raw_path)

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        return tuple(parse_qsl(self.raw_query, keep_blank_values=True))

    def header(self, name: str) -> str | None:
        """The last value of a header; None where it was not sent."""
        values = self.header_values(name)
        return values[-1] if values else None

    def header_values(self, name: str) -> list[str]:
        wanted = name.lower()
        return [value for known, value in self.headers if known == wanted]

    @property
    def user_agent(self) -> str | None:
        return self.header("user-agent")

    @property
    def time(self) -> str:
        """As requestContext has it: 09/Apr/2015:12:34:56 +0000."""
        return datetime.fromtimestamp(self.received_at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")

    @property
    def time_epoch_ms(self) -> int:
        return int(self.received_at * 1000)

    def body_text(self, *, binary: bool) -> tuple[str | None, bool]:
        """The body for an event, and whether it is in base64. None without a body."""
        if not self.body:
            return None, False
        if binary:
            return base64.b64encode(self.body).decode(), True
        return self.body.decode(errors="replace"), False

    def many_headers(self) -> dict[str, list[str]]:
        """All values by name, spelt as a REST API spells it."""
        found: dict[str, list[str]] = {}
        for name, value in self.headers:
            found.setdefault(_CANONICAL.get(name, name), []).append(value)
        return found

    def many_parameters(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in self.query:
            found.setdefault(name, []).append(value)
        return found


def last_of(many: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in many.items()}


def joined(many: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: ",".join(values) for name, values in many.items()}
