"""AWS credentials over HTTP on loopback, as SDKs ask for them in a container, so that a child process renews its own.

    AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:PORT/PATH   AWS_CONTAINER_AUTHORIZATION_TOKEN=TOKEN

The token gives credentials to whoever holds it. It is in the environment of the command and its children only. The path
is random too, and Host has to be the address itself, so that no web page reaches this by a name of its own (DNS
rebinding). Refusals are `{"code", "message"}`, which SDKs repeat in their own error. SDKs ask again after any answer
but 200 (botocore three times, two seconds each), and a renewal that takes longer than one try serves the next one.
Source: AWS SDKs reference guide, Container credential provider; facts/clients.md §5 D.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from types import TracebackType

from halfday.client.errors import HalfdayError, NetworkError
from halfday.client.transport.loopback_server import Handler, LoopbackServer
from halfday.protocol.credentials import Credentials, iso8601

Answer = tuple[int, dict[str, str]]


class ContainerEndpoint:
    """Listens once it is made, so that nobody else can take the port. Answers within `with`."""

    def __init__(self, credentials: Callable[[], Credentials]) -> None:
        self._credentials = credentials
        self._path = f"/{secrets.token_urlsafe(16)}"
        self._token = secrets.token_urlsafe(32)
        self._server = LoopbackServer(("127.0.0.1", 0), _handler(self))
        self._host = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> ContainerEndpoint:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self) -> dict[str, str]:
        """The variables by which a child finds the endpoint and is authorised."""
        return {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{self._host}{self._path}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": self._token,
        }

    def answer(self, path: str, host: str, authorization: str) -> Answer:
        """(status, members) for a GET."""
        if host != self._host:
            return 403, _refusal("Forbidden", "this answers by its address only")
        known = _same(path, self._path), _same(authorization, self._token)
        if not all(known):
            return 401, _refusal("Unauthorized", "this is for the command that halfday exec runs")
        try:
            return 200, container_form(self._credentials())
        except HalfdayError as problem:
            told = f"{problem}: {problem.hint}" if problem.hint else str(problem)
            return 503 if isinstance(problem, NetworkError) else 400, _refusal(type(problem).__name__, told)
        except Exception as problem:
            return 500, _refusal("InternalError", f"halfday exec failed with {type(problem).__name__}")


def container_form(credentials: Credentials) -> dict[str, str]:
    """As Amazon ECS answers, whose names differ from credential_process' (Token)."""
    return {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "Token": credentials.session_token,
        "Expiration": iso8601(credentials.expires_at),
    }


def _same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(), wanted.encode())


def _refusal(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message}


def _handler(endpoint: ContainerEndpoint) -> type[Handler]:
    class OnlyGet(Handler):
        def do_GET(self) -> None:
            self._send(*endpoint.answer(self.path, self.headers.get("Host", ""), self.headers.get("Authorization", "")))

        def do_OTHER(self) -> None:
            self.close_connection = True
            self._send(405, _refusal("MethodNotAllowed", "credentials are read with GET"))

        do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_OTHER

        def _send(self, status: int, members: dict[str, str]) -> None:
            body = json.dumps(members).encode()
            self.send_response(status)
            headers = {"Content-Type": "application/json", "Cache-Control": "no-store", "Content-Length": len(body)}
            for name, value in headers.items():
                self.send_header(name, str(value))
            if status == 405:
                self.send_header("Allow", "GET")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return OnlyGet
