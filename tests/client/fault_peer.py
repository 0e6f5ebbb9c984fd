"""What stands between the client and a Cognito, over a real socket: passes every request on, and spoils some answers.

`running(upstream)` in front of a `cognito_peer` or a whole server. STS it answers itself.
`arrived` lists what came, whether it was answered or not; a fault is set for a request by its name (`name_of`).
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Send = Callable[[http.server.BaseHTTPRequestHandler, "Front"], None]
_NOT_PASSED_ON = ("connection", "content-length", "accept-encoding", "transfer-encoding", "expect")

STS_ANSWER = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><AssumedRoleUser><AssumedRoleId>AROAX:x</AssumedRoleId>
<Arn>arn:aws:sts::123456789012:assumed-role/reader/x</Arn></AssumedRoleUser><Credentials>
<AccessKeyId>ASIABASIC</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>{expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"""


@dataclass(frozen=True)
class Arrived:
    """One request, as it was on the wire. Header names are lower case."""

    name: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def members(self) -> dict[str, Any]:
        if "json" in self.headers.get("content-type", ""):
            found: dict[str, Any] = json.loads(self.body)
            return found
        return dict(parse_qsl((self.body or urlsplit(self.path).query.encode()).decode(), keep_blank_values=True))


@dataclass
class Front:
    """`faults`: request name → how its answer goes wrong. `answered`: (name, body) of what was passed back whole."""

    upstream: str
    origin: str = ""
    faults: dict[str, Send] = field(default_factory=dict)
    arrived: list[Arrived] = field(default_factory=list)
    answered: list[tuple[str, bytes]] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    _server: http.server.ThreadingHTTPServer | None = None

    def count(self, name: str) -> int:
        return sum(1 for request in self.arrived if request.name == name)

    def names(self) -> list[str]:
        return [request.name for request in self.arrived]

    def go_down(self) -> None:
        """From now on nothing listens here."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def come_up(self) -> None:
        """Listens, at the port that it had before if it had one."""
        if self._server is not None:
            return
        port = urlsplit(self.origin).port or 0
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


# --- what goes wrong --------------------------------------------------------------------------------------------------


def answer(status: int, body: bytes = b"", content_type: str = "application/json", **headers: str) -> Send:
    """Another answer than upstream's, to a request that never gets there."""

    def send(handler: http.server.BaseHTTPRequestHandler, front: Front) -> None:
        _send(
            handler,
            status,
            body,
            {"Content-Type": content_type, **{n.replace("_", "-"): v for n, v in headers.items()}},
        )

    return send


def silence(handler: http.server.BaseHTTPRequestHandler, front: Front) -> None:
    """No answer, until the test is over."""
    front.held.set()
    front.released.wait(30)


def cut_in_the_body(handler: http.server.BaseHTTPRequestHandler, front: Front) -> None:
    """200, a length, and the connection ends before it."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "4000")
    handler.end_headers()
    handler.wfile.write(b'{"access_token": "ey')


def cut_after_the_work(handler: http.server.BaseHTTPRequestHandler, front: Front) -> None:
    """Upstream has done what was asked, and nobody is told."""
    _forward(handler, front)


def held_back(handler: http.server.BaseHTTPRequestHandler, front: Front) -> None:
    """Upstream's answer, when the test releases it."""
    status, headers, body = _forward(handler, front)
    front.held.set()
    front.released.wait(30)
    _send(handler, status, body, headers)


def answer_and_go(handler: http.server.BaseHTTPRequestHandler, front: Front) -> None:
    """Upstream's answer, and nothing listens for the next request."""
    front.go_down()
    status, headers, body = _forward(handler, front)
    _send(handler, status, body, headers)


def trickle(handler: http.server.BaseHTTPRequestHandler, front: Front) -> None:
    """A body that never ends, a byte at a time and each in time."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while not front.released.wait(0.05):
            handler.wfile.write(b" ")


def huge(handler: http.server.BaseHTTPRequestHandler, front: Front) -> None:
    """64 MiB of what could be JSON."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(64):
            handler.wfile.write(b" " * (1 << 20))


# --- how it stands in between -----------------------------------------------------------------------------------------


def name_of(path: str, headers: Mapping[str, str], body: bytes) -> str:
    """The operation of a JSON or Query request, else the last part of the path: token, revoke, jwks.json."""
    target = headers.get("x-amz-target", "").rpartition(".")[2]
    action = dict(parse_qsl(body.decode(errors="replace"))).get("Action", "") if not target else ""
    return target or action or urlsplit(path).path.rpartition("/")[2]


@contextlib.contextmanager
def running(upstream: str) -> Iterator[Front]:
    front = Front(upstream)
    front.come_up()
    try:
        yield front
    finally:
        front.released.set()
        front.go_down()


def _handler(front: Front) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            name = name_of(self.path, headers, self.body)
            front.arrived.append(Arrived(name, self.command, self.path, headers, self.body))
            fault = front.faults.get(name)
            if fault is not None:
                fault(self, front)
                return
            status, answered, body = _forward(self, front)
            front.answered.append((name, body))
            _send(self, status, body, answered)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _forward(handler: Any, front: Front) -> tuple[int, dict[str, str], bytes]:
    if b"Action=AssumeRoleWithWebIdentity" in handler.body:
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        return 200, {"Content-Type": "text/xml"}, STS_ANSWER.format(expiration=ends).encode()
    host = urlsplit(front.upstream)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=30)
    sent = {name: value for name, value in handler.headers.items() if name.lower() not in _NOT_PASSED_ON}
    connection.request(handler.command, handler.path, handler.body or None, sent)
    got = connection.getresponse()
    body = got.read()
    connection.close()
    return got.status, {name: got.headers[name] for name in ("Content-Type", "Location") if got.headers[name]}, body


def _send(handler: http.server.BaseHTTPRequestHandler, status: int, body: bytes, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body))}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
