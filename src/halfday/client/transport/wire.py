"""HTTP requests and responses as records, and `Flow`, the type of everything that talks without doing I/O itself.

A `Flow` is a generator: it yields a Request, receives its Response, and at the end returns its result. A transport runs
it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from halfday.client.errors import NetworkError, ServerFault, SettingsError
from halfday.client.transport.addresses import read_url
from halfday.protocol.urls import Url

Result = TypeVar("Result")

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True, slots=True)
class Request:
    """One request that can be sent. The body and the headers may hold secrets and stay out of repr.

    `address` is `url`, parsed once: checks of where it goes and the connection itself both use it.
    Raises SettingsError for what is no URL, no method or no header (RFC 9110 §5.5, §5.6.2).
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    address: Url = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.method):
            raise SettingsError(f"{self.method!r} is no method", hint="such as GET or POST")
        for name, value in self.headers.items():
            if not (_TOKEN.fullmatch(name) and _FIELD_VALUE.fullmatch(value)):
                hint = "a name of letters, digits and hyphens; a value on one line, without letters beyond Latin-1"
                raise SettingsError("a header cannot be sent", hint=hint)
        object.__setattr__(self, "address", read_url(self.url))
        object.__setattr__(self, "url", str(self.address))


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
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}


Flow = Generator[Request, Response, Result]


def run_flow(flow: Flow[Result], send: Callable[[Request], Response]) -> Result:
    """The result of a flow, with `send` answering each of its requests. Raises what they raise."""
    try:
        request = next(flow)
        while True:
            request = flow.send(send(request))
    except StopIteration as end:
        result: Result = end.value
        return result


def form_request(url: str, members: Mapping[str, str], headers: Mapping[str, str]) -> Request:
    """A POST of application/x-www-form-urlencoded, the only body the OAuth endpoints read (facts/failures.md 2.18)."""
    content_type = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return Request("POST", url, {**content_type, **headers}, urlencode(members).encode())


def raise_for_fault(request: Request, response: Response) -> None:
    """Raises when the answer comes from a gateway, a firewall or an overloaded service, not from the protocol."""
    if is_fault(response):
        raise server_fault(request, response)
    if response.status == 403 and not response.json().get("error"):
        raise unusable(request, response)


def is_fault(response: Response) -> bool:
    """Whether the status says "not now"."""
    return (response.status >= 500 and response.status != 501) or response.status == 429


def server_fault(request: Request, response: Response, told: str = "") -> ServerFault:
    """The error for "not now", with the service's own words (`told`) and its Retry-After, where it sent them."""
    wait_s = response.headers.get("retry-after", "")
    wait = f", and asks to wait {wait_s} seconds" if wait_s.isdecimal() else ""
    return ServerFault(f"{request.url} answered {told or response.status}{wait}", response.status)


def unusable(request: Request, response: Response) -> NetworkError:
    """The error for an answer that is not of the protocol: a firewall's, a captive portal's, a wrong host's."""
    if response.status == 403:
        return NetworkError(f"{request.url} answered 403 without an explanation", kind="waf")
    content_type = response.headers.get("content-type", "no content type")
    sentence = f"{request.url} answered {response.status} with {content_type}, not as expected"
    return NetworkError(sentence, kind="strange_answer")


def text_of(members: object, name: str, url: str) -> str:
    """A member that has to be text: a token, a key, an id. Raises NetworkError naming `url`, which answered."""
    found = members.get(name) if isinstance(members, Mapping) else None
    if isinstance(found, str) and found and found.isascii() and found.isprintable():
        return found
    raise _without(name, url)


def text_if_any(members: Mapping[str, Any], name: str, url: str) -> str | None:
    """As text_of; None when the member is absent."""
    return None if members.get(name) is None else text_of(members, name, url)


def number_of(members: object, name: str, url: str) -> int:
    """A member that has to be a number of seconds, of a lifetime or of the epoch."""
    found = members.get(name) if isinstance(members, Mapping) else None
    if isinstance(found, (int, float)) and not isinstance(found, bool) and 0 < found < _LATEST_S:
        return int(found)
    raise _without(name, url)


def _without(name: str, url: str) -> NetworkError:
    return NetworkError(f"{url} answered without a usable {name}", kind="strange_answer")


_LATEST_S = 2**36
"""The year 4147. A later time is refused."""
