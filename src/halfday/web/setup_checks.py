"""Checks of an application's paths, hosts and names, made when it starts."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urlsplit

from halfday.client.errors import SettingsError
from halfday.protocol.urls import is_loopback
from halfday.web.http_messages import own_path

_COOKIE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def are_names_of_one_place(host: str, origin: str) -> bool:
    """Whether a Host header is the origin's own loopback address under its other name."""
    home = urlsplit(origin)
    try:
        here = urlsplit(f"//{host}")
        same = here.port == home.port and is_loopback(here.hostname) and is_loopback(home.hostname)
    except ValueError:
        return False
    return same and here.hostname != home.hostname


def path_of(redirect_uri: str) -> str:
    path = urlsplit(redirect_uri).path
    if path in ("", "/"):
        hint = f"register a path of its own and set redirect_uri to it: {redirect_uri.rstrip('/')}/callback"
        raise SettingsError(f"redirect_uri {redirect_uri} is the home page", hint=hint)
    return quote(unquote(path))


def check_names(login_path: str, logout_path: str, callback_path: str, cookie_name: str) -> None:
    paths = (login_path, logout_path, callback_path)
    if len(set(paths)) < len(paths) or not all(own_path(path) == path != "/" for path in paths):
        sentence = f"login_path {login_path}, logout_path {logout_path} and the redirect URI's {callback_path} clash"
        raise SettingsError(sentence, hint="give three different paths, each beginning with /")
    if not _COOKIE_NAME.fullmatch(cookie_name):
        raise SettingsError(f"cookie_name {cookie_name!r} is no name", hint="take letters, digits, - and _")
