"""The HTTP client for outgoing calls: to providers, to the gateway's backends, to the AWS behind the front door.

Most servers make no such call. So httpx2 is loaded at the first one, with the certificate authorities that this machine
trusts: together a sixth of a server's start. Limits on incoming connections are in server/connections.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from halfday.server.runs import in_a_task
from halfday.server.settings import SettingRefused

if TYPE_CHECKING:
    import ssl

    import httpx2


class OutgoingCalls:
    """A client that is made at the first call, in a thread: other requests are answered meanwhile."""

    def __init__(self, *, timeout_s: float) -> None:
        """What the environment names is looked at now: SettingRefused for a file without certificates, ValueError for a
        proxy that is none.
        """
        self._timeout_s = timeout_s
        self._made: httpx2.AsyncClient | None = None
        self._making = threading.Lock()
        _check_authorities(os.environ.get("SSL_CERT_FILE"))
        if any(value and name.lower().endswith("_proxy") for name, value in os.environ.items()):
            self._client()

    async def ready(self) -> httpx2.AsyncClient:
        """The client, made now if this is the first call. It has deadlines, so who calls is a task from now on."""
        await in_a_task()
        return await asyncio.to_thread(self._client) if self._made is None else self._made

    async def request(self, method: str, url: httpx2.URL | str, **given: Any) -> httpx2.Response:
        """The whole answer. Raises what `unreachable` names."""
        client = await self.ready()
        return await client.request(method, url, **given)

    @asynccontextmanager
    async def stream(self, method: str, url: httpx2.URL | str, **given: Any) -> AsyncIterator[httpx2.Response]:
        """The answer, its body still to be read. Raises what `unreachable` names."""
        client = await self.ready()
        async with client.stream(method, url, **given) as answer:
            yield answer

    async def aclose(self) -> None:
        if self._made is not None:
            await self._made.aclose()

    def _client(self) -> httpx2.AsyncClient:
        with self._making:
            self._made = self._made or make_client(timeout_s=self._timeout_s)
            return self._made


def make_client(*, timeout_s: float) -> httpx2.AsyncClient:
    """A client that follows no redirects and keeps no cookies, so that one person's cookies never reach another.

    Its own log is kept to warnings: at INFO it writes addresses, and Facebook's token endpoint is asked by GET, with
    the client secret in the query.
    """
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx2

    logging.getLogger("httpx2").setLevel(logging.WARNING)
    nobody_s = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx2.AsyncClient(timeout=timeout_s, follow_redirects=False, cookies=nobody_s, verify=_trusted())


def unreachable() -> tuple[type[Exception], ...]:
    """What a call raises that got no answer. `except unreachable()` asks for it when something was raised."""
    import httpx2

    return httpx2.HTTPError, httpx2.InvalidURL


def too_late() -> type[Exception]:
    """Of these, what a call raises whose answer did not come in time."""
    import httpx2

    return httpx2.TimeoutException


@cache
def _trusted() -> ssl.SSLContext:
    """The certificate authorities that this machine trusts. They are read once per process, which takes 30 ms."""
    import httpx2

    return httpx2.create_ssl_context()


def _check_authorities(path: str | None) -> None:
    """Reads the file of certificate authorities that the environment names: OpenSSL reads it at the first call only."""
    if not path:
        return
    try:
        with open(path, "rb") as file:
            found = b"-----BEGIN " in file.read()
    except OSError as problem:
        raise SettingRefused(f"SSL_CERT_FILE: {path} cannot be read: {problem.strerror}") from problem
    if not found:
        raise SettingRefused(f"SSL_CERT_FILE: {path} holds no certificate")
