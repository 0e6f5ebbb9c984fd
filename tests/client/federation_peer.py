"""AWS's federation endpoint as its documentation and its toolkits' requests show it, over a real socket."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

TOKEN = "VCQgs5qZZt3Q6fn8Tr5EXAMPLEmLnwB7JjUc-SHwnUUWabcRdnWsi4DBn-dvC+/="
PAGE_400 = b"<html><head><title>HTTP Status 400 - Invalid credentials parameter</title></head><body>x</body></html>"


@dataclass
class Federation:
    origin: str = ""
    status: int = 200
    body: bytes = json.dumps({"SigninToken": TOKEN}).encode()
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextlib.contextmanager
def running() -> Iterator[Federation]:
    federation = Federation()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            members = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            federation.requests.append((self.path, members))
            self.send_response(federation.status)
            self.send_header("Content-Type", "application/json" if federation.status == 200 else "text/html")
            self.send_header("Content-Length", str(len(federation.body)))
            self.end_headers()
            self.wfile.write(federation.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    federation.origin = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield federation
    finally:
        server.shutdown()
        server.server_close()
