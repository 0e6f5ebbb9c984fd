"""HTTP requests and responses as records, and the shape of everything that talks without doing I/O itself.

A `Flow` yields a Request and receives its Response until it returns what it was for; `transport` carries it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from halfday.client.errors import NetworkError, ServerFault

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. The body and the headers may hold secrets and stay out of repr."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """One response, redirects not followed. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object, {} when it is empty or anything else."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


Flow = Generator[Request, Response, Result]


def form_request(url: str, members: Mapping[str, str], headers: Mapping[str, str]) -> Request:
    """A POST of application/x-www-form-urlencoded, the only body the OAuth endpoints read (facts/failures.md 2.18)."""
    content_type = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return Request("POST", url, {**content_type, **headers}, urlencode(members).encode())


def raise_for_fault(request: Request, response: Response) -> None:
    """Raises when the answer comes from a gateway, a firewall or an overloaded service, not from the protocol."""
    if response.status >= 500 or response.status == 429:
        raise ServerFault(f"{request.url} answered {response.status}", response.status)
    if response.status == 403 and not response.json().get("error"):
        raise NetworkError(f"{request.url} answered 403 without an explanation", kind="waf")


def unusable(request: Request, response: Response) -> NetworkError:
    """For an answer that is not the protocol's: a captive portal, a wrong host, a page."""
    content_type = response.headers.get("content-type", "no content type")
    sentence = f"{request.url} answered {response.status} with {content_type}, not as expected"
    return NetworkError(sentence, kind="strange_answer")
