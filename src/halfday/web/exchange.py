"""A request and an answer as records that know no framework, and what is true of cookies and paths in all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

CHUNK_CHARACTERS = 3800
"""Browsers keep 4,096 bytes a cookie, its name and attributes included (RFC 6265 §6.1)."""
MAX_CHUNKS = 4
MAX_PATH_CHARACTERS = 1000

_NO_PATH = re.compile(r"[\x00-\x20\x7f\\]")
"""Browsers drop tabs and line ends inside URLs and read a backslash as a slash (WHATWG URL §4.4)."""
_URL_SIGNS = "/?#[]@!$&'()*+,;=:%~"


@dataclass(frozen=True)
class Visit:
    """A request. `path` is percent-encoded and `query` undecoded; header names are lower case."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def members(self) -> dict[str, str]:
        return dict(parse_qsl(self.query))

    @property
    def address(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


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
class Answer:
    status: int
    body: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookies: tuple[Cookie, ...] = ()


class Rejection(Exception):
    """The request goes no further: `answer` is what the browser or the caller gets instead."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"answered {answer.status}")
        self.answer = answer


_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


def redirect(location: str, cookies: Iterable[Cookie] = ()) -> Answer:
    return Answer(303, headers={**_PRIVATE, "Location": location}, cookies=tuple(cookies))


def page(status: int, sentence: str, *, link: tuple[str, str] | None = None, cookies: Iterable[Cookie] = ()) -> Answer:
    """A page that says one thing, and where to go on: `link` is (address, words). Nothing in it is executed."""
    further = f'<p><a href="{escape(link[0])}">{escape(link[1])}</a></p>' if link else ""
    body = f'<!doctype html><meta charset="utf-8"><title>Sign-in</title><p>{escape(sentence)}</p>{further}\n'
    headers = {
        **_PRIVATE,
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    }
    return Answer(status, body, headers, tuple(cookies))


def own_path(text: str | None) -> str:
    """`text` when it is a path on this very site, else "/": nobody is sent to a stranger's site after a sign-in."""
    if not text or len(text) > MAX_PATH_CHARACTERS or not text.startswith("/") or text.startswith("//"):
        return "/"
    if _NO_PATH.search(text):
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else quote(text, safe=_URL_SIGNS)


def comes_from(visit: Visit, origin: str) -> bool:
    """Whether a request that changes something was made by one of our own pages, as the browser tells it.

    Browsers send Origin with every POST (Fetch §3.2); what sends neither header is no browser and has no cookies of
    somebody else's.
    """
    said = visit.headers.get("origin")
    if said is not None:
        return said.lower() == origin.lower()
    return visit.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def split_value(name: str, value: str) -> dict[str, str]:
    """Cookies by name that hold a value of any length: the first says how many there are."""
    chunks = [value[at : at + CHUNK_CHARACTERS] for at in range(0, len(value), CHUNK_CHARACTERS)] or [""]
    first = {name: f"{len(chunks)}.{chunks[0]}"}
    return first | {f"{name}.{number}": chunk for number, chunk in enumerate(chunks[1:], 1)}


def join_value(name: str, cookies: Mapping[str, str]) -> str | None:
    """What `split_value` split; None when a part is missing."""
    count, dot, first = cookies.get(name, "").partition(".")
    if not dot or not count.isascii() or not count.isdigit() or not 1 <= int(count[:3]) <= MAX_CHUNKS:
        return None
    parts = [first, *(cookies.get(f"{name}.{number}") for number in range(1, int(count)))]
    return "".join(part for part in parts if part) if all(part is not None for part in parts) else None


def names_of(name: str, cookies: Mapping[str, str]) -> set[str]:
    """Which of the browser's cookies belong to `name`, whole or in parts."""
    return {found for found in cookies if found == name or re.fullmatch(re.escape(name) + r"\.\d", found)}
