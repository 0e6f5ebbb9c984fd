"""A proxy that ends TLS before a server: Host is kept, and it is told who called and how, as nginx would be told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from halfday.client.browser.callback_certificate import make_certificate

_METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]


@dataclass
class Front:
    """`certificate` is the file of the authority to trust; `seen`, the headers of what came by."""

    url: str
    certificate: Path
    seen: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def tls_before(origin: str, folder: Path, *, tells: bool = True) -> Iterator[Front]:
    """`tells`: whether it says of itself that it is a proxy."""
    certificate, key, _ = make_certificate()
    (folder / "front.pem").write_text(certificate)
    (folder / "front.key").write_text(key)
    front = Front("", folder / "front.pem")

    async def pass_on(request: Request) -> Response:
        front.seen.append(dict(request.headers))
        hop = {"connection", "transfer-encoding", "expect"}
        kept = [(name, value) for name, value in request.headers.items() if name not in hop]
        told = [("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https")] if tells else []
        url = httpx2.URL(origin).copy_with(raw_path=_target(request))
        async with httpx2.AsyncClient() as client:
            answer = await client.request(request.method, url, headers=[*kept, *told], content=request.stream())
        response = Response(answer.content, answer.status_code)
        kept_back = [pair for pair in answer.headers.raw if pair[0].lower() not in (b"connection", b"date")]
        response.raw_headers = [*kept_back, (b"connection", b"close")]  # an open one is waited for at the end
        return response

    app = Starlette(routes=[Route("/{path:path}", pass_on, methods=_METHODS)])
    tls = {"ssl_certfile": folder / "front.pem", "ssl_keyfile": folder / "front.key"}
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", **tls))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    front.url = f"https://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield front
    finally:
        server.should_exit = True
        thread.join()


def _target(request: Request) -> bytes:
    query: bytes = request.scope["query_string"]
    path: bytes = request.scope["raw_path"]
    return path + (b"?" + query if query else b"")
