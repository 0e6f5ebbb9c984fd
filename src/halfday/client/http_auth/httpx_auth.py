"""`session.httpx_auth()`: an httpx.Auth whose header is `api_auth`'s, for blocking and asynchronous clients.

It imports httpx, its successor httpx2, or both, as they are installed. Redirects are safe: httpx removes the header
before it goes to another origin, and does not call an Auth for a redirect.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Generator
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from halfday.client.errors import SettingsError
from halfday.client.http_auth.api_auth import ApiAuth, Attempt
from halfday.client.transport.addresses import read_url
from halfday.protocol.urls import Url

if TYPE_CHECKING:
    import httpx

Result = TypeVar("Result")


def _installed() -> list[ModuleType]:
    found = []
    for name in ("httpx", "httpx2"):
        with contextlib.suppress(ImportError):
            found.append(import_module(name))
    if not found:
        raise SettingsError("httpx is not installed", hint="pip install 'halfday[httpx]'")
    return found


_LIBRARIES = _installed()
_WHOLE = tuple(library.ByteStream for library in _LIBRARIES)


class HttpxAuth(*(library.Auth for library in _LIBRARIES)):  # type: ignore[misc]
    """Made by Session.httpx_auth. Safe to share between clients, threads and tasks."""

    def __init__(self, auth: ApiAuth) -> None:
        self._auth = auth

    def __repr__(self) -> str:
        return f"Httpx{self._auth!r}"

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        attempt = self._auth.first(_address(request.url))
        response = yield _with(request, attempt)
        if _may_be_refused(response):
            response.read()
        again = self._again(attempt, request, response)
        if again is not None:
            self._auth.note(again, (yield _with(request, again)).status_code)

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        url = _address(request.url)
        attempt = self._auth.first(url) if self._auth.is_at_hand() else await _thread(lambda: self._auth.first(url))
        response = yield _with(request, attempt)
        if _may_be_refused(response):
            await response.aread()
        again = None
        if _may_be_refused(response):
            again = await _thread(lambda: self._again(attempt, request, response))
        else:
            self._again(attempt, request, response)
        if again is not None:
            self._auth.note(again, (yield _with(request, again)).status_code)

    def _again(self, attempt: Attempt, request: httpx.Request, response: httpx.Response) -> Attempt | None:
        """The second attempt; None for a streamed body, which can be sent only once."""
        body = response.content if _may_be_refused(response) else b""
        again = self._auth.again(attempt, _address(response.url), response.status_code, response.headers, body)
        return again if isinstance(request.stream, _WHOLE) else None


def _address(url: httpx.URL) -> Url:
    """As httpx connects to it, by its own reading."""
    host = url.raw_host.decode("ascii")
    place = f"[{host}]" if ":" in host else host
    port = f":{url.port}" if url.port else ""
    return read_url(f"{url.scheme}://{place}{port}{url.raw_path.decode('ascii')}")


def _may_be_refused(response: httpx.Response) -> bool:
    return response.status_code in (401, 403)


def _with(request: httpx.Request, attempt: Attempt) -> httpx.Request:
    request.headers["Authorization"] = attempt.value
    return request


async def _thread(work: Callable[[], Result]) -> Result:
    """In a thread, under asyncio and trio: httpx brings anyio."""
    import anyio.to_thread

    result: Any = await anyio.to_thread.run_sync(work)
    found: Result = result
    return found
