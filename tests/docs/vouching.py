"""An identity pool that takes developer identities, which the server does not yet: two operations, as AWS's model has
them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

IDENTITY_ID = "us-east-1:11111111-2222-4333-8444-555555555555"
TOKEN = "developer-token"


def answer(operation: str, sent: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if operation == "GetOpenIdTokenForDeveloperIdentity" and sent["Logins"]:
        return 200, {"IdentityId": IDENTITY_ID, "Token": TOKEN}
    if operation == "GetCredentialsForIdentity" and sent == {
        "IdentityId": IDENTITY_ID,
        "Logins": {"cognito-identity.amazonaws.com": TOKEN},
    }:
        keys = {"AccessKeyId": "ASIAEXAMPLE", "SecretKey": "s", "SessionToken": "t", "Expiration": 4_000_000_000}
        return 200, {"IdentityId": IDENTITY_ID, "Credentials": keys}
    return 400, {"__type": "InvalidParameterException", "message": operation}


@contextmanager
def vouching() -> Iterator[str]:
    """Its origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, told = answer(self.headers["X-Amz-Target"].rpartition(".")[2], sent)
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
