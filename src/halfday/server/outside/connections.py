"""How this server calls out over HTTP: to providers, to the gateway's backends, to the AWS behind the front door."""

from __future__ import annotations

import ssl
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2


def make_client(*, timeout_s: float) -> httpx2.AsyncClient:
    """A client that follows no redirects and keeps no cookies: what it is handed for one person stays with that one."""
    nobody_s = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx2.AsyncClient(timeout=timeout_s, follow_redirects=False, cookies=nobody_s, verify=_trusted())


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts, read once a process: reading them takes 30 ms."""
    return httpx2.create_ssl_context()
