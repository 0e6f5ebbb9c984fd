"""What the demo runs against: a server in a temporary folder, a small API behind its gateway, a bucket."""

from __future__ import annotations

import json
import socket
import threading
import tomllib
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import boto3

from halfday.client.transport.loopback_server import Handler, LoopbackServer
from halfday.server import demo
from halfday.server.serving import Running, ServerThread
from halfday.server.settings import Settings


class Stage:
    """Runs within `with`. `origin` is the server's, `redirect_uri` a callback whose port is free."""

    def __init__(self, folder: Path, *, port: int) -> None:
        self.redirect_uri = _free_callback()
        self._backend = LoopbackServer(("127.0.0.1", 0), _Backend)
        backend_url = f"http://127.0.0.1:{self._backend.server_port}"
        self.document: dict[str, Any] = tomllib.loads(
            demo.seed_text(callback_urls=[self.redirect_uri], backend=backend_url)
        )
        google_port = 0 if port == 0 else port + 1
        settings = Settings(port=port, data=folder / "data", google_port=google_port)
        self._server = ServerThread(settings, self.document)
        self._running: Running | None = None

    def __enter__(self) -> Stage:
        threading.Thread(target=self._backend.serve_forever, daemon=True).start()
        self._running = self._server.__enter__()
        self._root("s3").create_bucket(Bucket=demo.BUCKET)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, value, traceback)
        self._backend.shutdown()
        self._backend.server_close()

    @property
    def origin(self) -> str:
        if self._running is None:
            raise RuntimeError("the stage is not up")
        return self._running.origin

    @property
    def google(self) -> str:
        return (self._running.google if self._running else None) or ""

    @property
    def management(self) -> str:
        """Where the codes are read that people were sent."""
        return (self._running.management if self._running else None) or ""

    @property
    def api_url(self) -> str:
        return f"{self.origin}{demo.API_PATH}/engine"

    @property
    def client_secret(self) -> str:
        clients = self.document["user_pool"][0]["client"]
        return str(next(c["secret"] for c in clients if c["id"] == demo.CONFIDENTIAL_CLIENT_ID))

    def _root(self, service: str) -> Any:
        """A client of the account's root: on loopback the server takes any dummy keys for it."""
        return boto3.client(
            service,
            endpoint_url=self.origin,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


class _Backend(Handler):
    """An API that knows nothing of Cognito. It returns the headers that the gateway added."""

    def do_GET(self) -> None:
        seen = {name: self.headers[name] for name in ("x-user", "x-email") if name in self.headers}
        body = json.dumps({"message": "The engine weaves algebraic patterns.", "claims": seen}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _free_callback() -> str:
    """The first of the demo's callback URLs whose port is free; the last one when none is."""
    for uri in demo.CALLBACK_URLS:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", urlsplit(uri).port or 80)) != 0:
                return uri
    return demo.CALLBACK_URLS[-1]
