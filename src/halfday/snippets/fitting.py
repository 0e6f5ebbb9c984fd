"""Which app client a configuration is for, and at which address the application waits."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from halfday.snippets.app_clients import AppClient
from halfday.snippets.catalogue import Library
from halfday.snippets.needs import needs_of


class NoCallback(ValueError):
    """The redirect URI is not one at which the library waits."""


def choose(library: Library, clients: Sequence[AppClient]) -> AppClient:
    """Of these, the one that lacks least, and one of another kind lacks most."""
    return min(clients, key=lambda client: _lacks(library, client))


def redirect_uri_of(library: Library, client: AppClient, asked: str | None = None) -> str | None:
    """The address at which the application waits: as asked, else as registered, else where the library waits by itself.

    None for a library that waits for no code. Raises NoCallback for an address that is none of the library's.
    """
    if library.redirect_uri is None:
        if asked:
            raise NoCallback(f"{library.title} waits at no redirect URI")
        return None
    if asked:
        return _checked(library, asked)
    fitting = [uri for uri in client.callback_urls if _fits(library, uri)]
    if library.redirect_uri in fitting or not fitting:
        return library.redirect_uri
    return fitting[0]


def _checked(library: Library, uri: str) -> str:
    parts = urlsplit(uri)
    if not parts.scheme or not parts.netloc:
        raise NoCallback(f"{uri} is no address: it begins with http:// or https://")
    if not _fits(library, uri):
        raise NoCallback(f"{library.title} waits at addresses that end in {library.callback_path}; {uri} does not")
    return uri


def _fits(library: Library, uri: str) -> bool:
    if urlsplit(uri).scheme not in ("http", "https"):
        return False
    return library.callback_path is None or uri.endswith(library.callback_path)


def _lacks(library: Library, client: AppClient) -> tuple[bool, int, bool]:
    """Of two that lack as much, a program that can keep a secret has the one with a secret."""
    needs = needs_of(library, client, redirect_uri_of(library, client))
    return any(need.kind == "client" for need in needs), len(needs), not client.confidential
