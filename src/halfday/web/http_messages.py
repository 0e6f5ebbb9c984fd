"""HTTP requests and responses as records that know no framework, and rules for cookies and paths that hold in all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from halfday.client.browser.plain_page import plain_page, policy
from halfday.protocol.pickling import Picklable

CHUNK_CHARACTERS = 3800
"""Browsers keep 4,096 bytes a cookie, its name and attributes included (RFC 6265 §6.1)."""
MAX_CHUNKS = 2
"""Servers and proxies take 8 kB of cookies (nginx, gunicorn). With more, every page is refused, also the sign-out."""
MAX_CHARACTERS = CHUNK_CHARACTERS * MAX_CHUNKS
MAX_PATH_CHARACTERS = 1000
MAX_QUERY_CHARACTERS = 8192

_FIRST_CHUNK = re.compile(rf"([1-{MAX_CHUNKS}])\.([A-Za-z0-9_-]+)")
_CHUNK = re.compile(r"[A-Za-z0-9_-]+")
_NO_PATH = re.compile(r"[\x00-\x20\x7f\\]")
"""Browsers drop tabs and line ends inside URLs and read a backslash as a slash (WHATWG URL §4.4)."""
_URL_SIGNS = "/?#[]@!$&'()*+,;=:%~"


@dataclass(frozen=True)
class WebRequest:
    """A request. `path` is percent-encoded and `query` undecoded; header names are lower case.

    `cookies` are read by `cookies.read_cookies`. `is_upgrade`: it opens a websocket, which no page has to load.
    """

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_upgrade: bool = False

    @cached_property
    def members(self) -> dict[str, str]:
        """The query's members. One that comes twice is left out (RFC 6749 §3.1)."""
        if len(self.query) > MAX_QUERY_CHARACTERS:
            return {}
        pairs = parse_qsl(self.query)
        counted = Counter(name for name, _ in pairs)
        return {name: value for name, value in pairs if counted[name] == 1}

    @property
    def address(self) -> str:
        """Path and query, in ASCII."""
        return quote(f"{self.path}?{self.query}" if self.query else self.path, safe=_URL_SIGNS)


@dataclass(frozen=True, slots=True)
class Cookie:
    """Always HttpOnly, SameSite=Lax and Path=/. `max_age_s` of 0 removes it."""

    name: str
    value: str = field(repr=False)
    max_age_s: int
    secure: bool

    @property
    def attributes(self) -> dict[str, Any]:
        """As every framework's `set_cookie` takes them."""
        return {"max_age": self.max_age_s, "secure": self.secure, "httponly": True, "samesite": "lax"}


@dataclass(frozen=True, slots=True)
class WebResponse:
    status: int
    body: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: tuple[Cookie, ...] = ()


class Rejection(Picklable, Exception):
    """The request goes no further: `answer` is what the browser or the caller gets instead."""

    def __init__(self, answer: WebResponse) -> None:
        super().__init__(f"answered {answer.status}")
        self.answer = answer


_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


def redirect(location: str, cookies: Iterable[Cookie] = ()) -> WebResponse:
    return WebResponse(303, headers={**_PRIVATE, "Location": location}, cookies=tuple(cookies))


_TITLES = {
    401: "You are not signed in",
    403: "This is not open to you",
    405: "This takes a form",
    503: "Not at the moment",
}
_FAILED = "The sign-in did not work"


def page(
    status: int, sentence: str, *, link: tuple[str, str] | None = None, cookies: Iterable[Cookie] = ()
) -> WebResponse:
    """A page with one sentence and a link, (address, words). It holds no script."""
    title = _TITLES.get(status)
    body = plain_page(title, [sentence], link=link) if title else plain_page(_FAILED, [], bad=sentence, link=link)
    headers = {
        **_PRIVATE,
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy(),
        "X-Content-Type-Options": "nosniff",
    }
    return WebResponse(status, body, headers, tuple(cookies))


def not_now(sentence: str, cookies: Iterable[Cookie] = ()) -> WebResponse:
    """A 503 page: the request cannot be served at the moment. Nobody is signed out by it."""
    answer = page(503, sentence, cookies=cookies)
    return replace(answer, headers={**answer.headers, "Retry-After": "5"})


def own_path(text: str | None) -> str:
    """`text` when it is a path on this site, else "/": after a sign-in nobody is sent to another site."""
    if not text or len(text) > MAX_PATH_CHARACTERS or not text.startswith("/") or text.startswith("//"):
        return "/"
    if _NO_PATH.search(text):
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else quote(text, safe=_URL_SIGNS)


def comes_from(web_request: WebRequest, origin: str) -> bool:
    """Whether a request that changes something was made by one of our own pages, as the browser tells it.

    Browsers send Origin with every POST and every websocket (Fetch §3.2, RFC 6455 §10.2). A client that sends neither
    header is no browser, and has nobody else's cookies. From a page with `Referrer-Policy: no-referrer` the origin is
    "null", as it is from a sandboxed frame; Sec-Fetch-Site tells the two apart.
    """
    said, site = web_request.headers.get("origin"), web_request.headers.get("sec-fetch-site")
    if said is None:
        return site in ("same-origin", "none", None)
    return site == "same-origin" if said == "null" else said.lower() == origin


def origin_of(url: str) -> str:
    """Scheme, host and port as browsers write an Origin: in small letters, without the scheme's own port."""
    parts = urlsplit(url.lower())
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, ":")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].removesuffix(usual)}"


def split_value(name: str, value: str) -> dict[str, str]:
    """Cookies by name that hold a value of any length: the first says how many there are."""
    chunks = [value[at : at + CHUNK_CHARACTERS] for at in range(0, len(value), CHUNK_CHARACTERS)] or [""]
    first = {name: f"{len(chunks)}.{chunks[0]}"}
    return first | {f"{name}.{number}": chunk for number, chunk in enumerate(chunks[1:], 1)}


def join_value(name: str, cookies: Mapping[str, str]) -> str | None:
    """The value that `split_value` split; None for cookies that it would not have written.

    Lengths are checked before letters, and the only number that is read is one digit.
    """
    first = cookies.get(name, "")
    found = _FIRST_CHUNK.fullmatch(first) if len(first) <= CHUNK_CHARACTERS + 2 else None
    if found is None:
        return None
    further = [cookies.get(f"{name}.{number}", "") for number in range(1, int(found[1]))]
    if any(len(chunk) > CHUNK_CHARACTERS or not _CHUNK.fullmatch(chunk) for chunk in further):
        return None
    chunks = [found[2], *further]
    return "".join(chunks) if all(len(chunk) == CHUNK_CHARACTERS for chunk in chunks[:-1]) else None


def cookie_names_of(name: str, cookies: Mapping[str, str]) -> set[str]:
    """Which of the browser's cookies belong to `name`, whole or in parts."""
    return {found for found in cookies if found == name or re.fullmatch(re.escape(name) + r"\.[0-9]", found)}
