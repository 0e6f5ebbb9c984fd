"""One call to a WSGI application (PEP 3333), as moto is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from halfday.server.domain.failures import kind_of
from halfday.server.outside.upstreams.calls import Answer, UpstreamStumbled

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication


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
