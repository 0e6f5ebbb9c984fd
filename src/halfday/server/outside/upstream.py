"""The AWS behind the front door: it receives calls whose signature and permissions were checked (http/front_door).

The front door rebuilds each call from the parts that it parsed, and does not sign it: an upstream has to trust this
server.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import unquote_to_bytes

from halfday.server.domain.failures import kind_of
from halfday.server.outside.connections import make_client, unreachable

if TYPE_CHECKING:
    import httpx2
    from _typeshed.wsgi import StartResponse, WSGIApplication

PIECE_BYTES = 256 * 1024
WORKERS = 4
"""Threads for moto. moto is pure Python, so more threads would not be faster, and each thread holds memory."""

log = logging.getLogger("halfday.upstream")


class Answer(NamedTuple):
    """An upstream's answer. Its headers are decoded as UTF-8, as those of calls are encoded."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class UpstreamFailed(Exception):
    """The upstream cannot be reached, or it failed without an answer of AWS's form."""


class UpstreamStumbled(UpstreamFailed):
    """The upstream in this process raised an exception over a call, as moto does over a document it cannot read."""


class Upstream(Protocol):
    """The AWS to which the front door forwards calls."""

    async def send(self, method: str, path_and_query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer. `path_and_query` is URL-encoded, header names are lower-case. Raises UpstreamFailed."""
        ...

    async def declare_bucket(self, name: str) -> None:
        """Makes the bucket before the next call is answered. An existing bucket keeps its objects.

        Raises UpstreamFailed.
        """
        ...


class HttpUpstream:
    """Another server with AWS's API: moto's, MinIO, LocalStack. `url` is its origin."""

    def __init__(self, url: str, client: httpx2.AsyncClient | None = None) -> None:
        from httpx2 import URL

        self._origin = URL(url)
        self._client = client or make_client(timeout_s=60)

    async def send(self, method: str, path_and_query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The server's answer. Long bodies are sent in pieces; answers are not decompressed."""
        url = self._origin.copy_with(raw_path=path_and_query.encode("ascii"))
        given = {"accept-encoding": "identity", **headers}
        plain = [(name.encode("ascii"), _bytes(value)) for name, value in given.items() if name != "host"]
        raw, content = BytesIO(), body if len(body) <= PIECE_BYTES else _pieces(body)
        if content is not body:
            plain.append((b"content-length", str(len(body)).encode()))
        try:
            async with self._client.stream(method, url, headers=plain, content=content) as response:
                async for chunk in response.aiter_raw():
                    raw.write(chunk)
        except unreachable() as problem:
            raise UpstreamFailed(f"{self._origin}: {kind_of(problem)}") from problem
        answered = [(name.decode("ascii"), _text(value)) for name, value in response.headers.raw]
        return Answer(response.status_code, answered, raw.getvalue())

    async def declare_bucket(self, name: str) -> None:
        _check_made(await self.send("PUT", f"/{name}", {}, b""))

    async def close(self) -> None:
        await self._client.aclose()


class MotoUpstream:
    """moto in this process, called as a WSGI application in a worker thread. It opens no port.

    moto is imported at the first call, because the import takes seconds; `warm` imports it ahead of time. Declared
    buckets are made at the import. moto's state is one per process: all instances share it.
    """

    def __init__(self) -> None:
        self._app: WSGIApplication | None = None
        self._loading = threading.Lock()
        self._declared: list[str] = []
        self._workers = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="halfday-moto")

    async def warm(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._workers, self._load)

    async def send(self, method: str, path_and_query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._workers, self._call, method, path_and_query, dict(headers), body)

    async def declare_bucket(self, name: str) -> None:
        self._declared.append(name)
        if self._app is not None:
            await self.send("PUT", f"/{name}", {}, b"")

    def _call(self, method: str, path_and_query: str, headers: dict[str, str], body: bytes) -> Answer:
        return call_wsgi(self._load(), wsgi_environment(method, path_and_query, headers, body))

    def _load(self) -> WSGIApplication:
        with self._loading:
            if self._app is None:
                try:
                    from moto.moto_server.werkzeug_app import create_backend_app
                except ImportError as problem:
                    raise UpstreamFailed("moto is missing or incomplete: pip install 'halfday[aws]'") from problem
                self._app = create_backend_app("s3")
                log.info("S3 by moto: buckets live in memory and end with this server")
                for name in self._declared:
                    _check_made(call_wsgi(self._app, wsgi_environment("PUT", f"/{name}", {}, b"")))
            return self._app


def _check_made(answer: Answer) -> None:
    """Raises UpstreamFailed unless the bucket was made or exists already."""
    if answer.status != 200 and answer.status != 409:
        raise UpstreamFailed(f"a declared bucket cannot be made: it answered {answer.status}")


def wsgi_environment(method: str, path_and_query: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The WSGI environment of a call (PEP 3333). RAW_URI keeps the path as it was sent; moto reads it first."""
    path, _, query = path_and_query.partition("?")
    environment: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": path_and_query,
        "REQUEST_URI": path_and_query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": _Silence(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    # For moto: WSGI maps '-' to '_' in header names, but S3 distinguishes them in the names of metadata.
    environment["moto.preserved_header_names"] = {f"HTTP_{n.upper().replace('-', '_')}": n for n in headers if "_" in n}
    for name, value in {"host": "localhost", **headers}.items():
        key = name.upper().replace("-", "_")
        if key != "CONTENT_LENGTH":
            environment[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = _bytes(value).decode("latin-1")
    return environment


def call_wsgi(app: WSGIApplication, environment: dict[str, Any]) -> Answer:
    """Sends one request to a WSGI application. Raises UpstreamStumbled for each of its exceptions."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
        started.append((status, headers))
        return lambda _: None

    starter: StartResponse = start_response
    try:
        result: Iterable[bytes] = app(environment, starter)
        try:
            body = b"".join(result)
        finally:
            getattr(result, "close", lambda: None)()
    except Exception as problem:
        raise UpstreamStumbled(kind_of(problem)) from problem
    status, headers = started[-1]
    return Answer(int(status.split()[0]), [(name, _header_text(value)) for name, value in headers], body)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    """The body in pieces. Sending a long body at once copies it, and blocks the event loop meanwhile."""
    for at in range(0, len(body), PIECE_BYTES):
        yield body[at : at + PIECE_BYTES]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _header_text(value: str) -> str:
    """Decodes a header value: bytes as Latin-1 (PEP 3333), or any text if the application breaks that rule."""
    try:
        return _text(value.encode("latin-1"))
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode()


class _Silence:
    """Discards wsgi.errors: moto writes there what it also answers."""

    def write(self, text: str) -> int:
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None: ...

    def flush(self) -> None: ...
