"""The HTTP client for outgoing calls: to providers, to the gateway's backends, to the AWS behind the front door.

Limits on incoming connections are in server/connections.
"""

from __future__ import annotations

import ssl
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx2


def make_client(*, timeout_s: float) -> httpx2.AsyncClient:
    """A client that follows no redirects and keeps no cookies, so that one person's cookies never reach another."""
    nobody_s = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx2.AsyncClient(timeout=timeout_s, follow_redirects=False, cookies=nobody_s, verify=_trusted())


@cache
def _trusted() -> ssl.SSLContext:
    """The certificate authorities that this machine trusts. They are read once per process, which takes 30 ms."""
    return httpx2.create_ssl_context()
