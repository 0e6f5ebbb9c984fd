"""Plays the browser over HTTP: keeps cookies, follows redirects, fills forms in and sends them.

It reads only what is on the pages, as a person would. It ends at the callback, which it does not open.
"""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPMessage
from typing import IO
from urllib.parse import urlencode, urljoin, urlsplit

_MOST_STEPS = 12


class Lost(Exception):
    """A page was not what it should have been."""


@dataclass
class Form:
    """A form of a page, with the values that stand in it."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Robot:
    """Opens pages until one leads to `callback`."""

    def __init__(self, callback: str) -> None:
        self._callback = callback
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(_StayHere, jar)
        self.trail: list[str] = []

    def sign_in_with(self, url: str, provider: str, account: str) -> str:
        """Through "Continue with PROVIDER", choosing `account` on the provider's page."""
        page = self._open(url)
        link = next((href for href in page.links if f"identity_provider={provider}" in href), None)
        if link is None:
            raise Lost(f"{page.url} has no link for {provider}")
        chooser = self._open(link)
        return self.arrive(self._choose(chooser, account))

    def sign_up(self, url: str, email: str, password: str) -> Page:
        """By the link "Sign up" of the sign-in page. The page that asks for the code."""
        page = self._open(url)
        link = next((href for href in page.links if urlsplit(href).path == "/signup"), None)
        if link is None:
            raise Lost(f"{page.url} has no link to sign up")
        return self.fill_in(self._open(link), username=email, password=password)

    def sign_in(self, url: str, username: str, password: str) -> Page:
        """With a password. The page that comes next, or the callback."""
        return self.fill_in(self._open(url), username=username, password=password)

    def fill_in(self, page: Page, **values: str) -> Page:
        """Sends the form that has fields of these names."""
        form = next((form for form in page.forms if values.keys() <= form.fields.keys()), None)
        if form is None:
            raise Lost(f"{page.url} asks for {[list(form.fields) for form in page.forms]}, not for {list(values)}")
        return self._open(urljoin(page.url, form.action), {**form.fields, **values})

    def arrive(self, page: Page) -> str:
        """The address of the callback. Raises Lost if the page is another."""
        if not page.url.startswith(self._callback):
            raise Lost(f"the sign-in ended at {page.url}, not at {self._callback}")
        return page.url

    def _choose(self, page: Page, account: str) -> Page:
        """Presses the button whose value is the account, as a person would click on it."""
        for form in page.forms:
            values = {**form.fields, **dict(button for button in form.buttons if account in button[1])}
            if account in values.values():
                return self._open(urljoin(page.url, form.action), values)
        raise Lost(f"{page.url} does not offer {account}")

    def _open(self, url: str, form: Mapping[str, str] | None = None) -> Page:
        """The page at which all redirects end; the callback itself is not opened."""
        body = urlencode(form).encode() if form is not None else None
        for _ in range(_MOST_STEPS):
            self.trail.append(url)
            if url.startswith(self._callback):
                return Page(url, "")
            try:
                with self._opener.open(urllib.request.Request(url, data=body), timeout=30) as response:  # noqa: S310
                    return Page(url, response.read().decode())
            except urllib.error.HTTPError as answer:
                if answer.code not in (302, 303, 307):
                    raise Lost(f"{url} answered {answer.code}") from answer
                url, body = urljoin(url, answer.headers["Location"]), None
        raise Lost(f"{url} redirects without end")


class Page:
    def __init__(self, url: str, text: str) -> None:
        self.url = url
        reader = _Reader()
        reader.feed(text)
        self.forms = reader.forms
        self.links = [urljoin(url, href) for href in reader.links]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", "")))
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag in ("input", "button") and self.forms and "name" in values:
            self._field(tag, values)

    def _field(self, tag: str, values: dict[str, str]) -> None:
        kind = values.get("type", "submit" if tag == "button" else "text").lower()
        if kind == "submit":
            self.forms[-1].buttons.append((values["name"], values.get("value", "")))
        else:
            self.forms[-1].fields[values["name"]] = values.get("value", "")


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect by itself: `Robot._open` does, and stops before the callback."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None
