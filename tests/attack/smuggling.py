"""One request is one request: whatever is said of its length, the server does not see a second one in its body, and
the backend of its gateway gets neither a second request nor a header of the caller's making.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from attack.child import Server, serving
from attack.report import Report
from attack.smuggling_cases import FORGED, HIDDEN, IDENTITY, forged_identities, lengths
from attack.wire import Client, exchange, statuses
from sockets import Handler, answering

POOL, CLIENT, PASSWORD = "us-east-1_Smuggle01", "smuggleclient", "Hush7-Lovelace-1815"


def run() -> Report:
    report = Report("smuggling")
    seen: list[str] = []
    with answering(_backend(seen)) as backend, _server(backend) as server:
        token = _token(server)
        _identity(report, server, seen, "the good request", [], token)
        report.hold(len(seen) == 1 and _of_ada(seen[0]), f"the good request does not reach the backend: {seen}")
        for label, sent, answers in lengths(token):
            _one(report, server, seen, label, sent, answers)
        for label, lines in forged_identities():
            _identity(report, server, seen, label, lines, token)
        report.hold(server.alive, "the server ended")
        report.hold("Traceback" not in server.log_text(), "a traceback stands in the log")
    return report


def _one(report: Report, server: Server, seen: list[str], label: str, sent: bytes, most: int) -> None:
    """`most`: how many requests a strict reader sees in the bytes."""
    seen.clear()
    report.count("requests with an odd length")
    heard = exchange(server.address, sent, wait_s=4)
    found = [status for status in statuses(heard) if status >= 200]
    report.hold(len(found) <= most, f"{label}: {len(found)} answers, {found}")
    report.hold(not any(HIDDEN in asked for asked in seen), f"{label}: the backend saw the hidden request")
    report.hold(not set(found) & {500}, f"{label}: answered {found}")


def _identity(report: Report, server: Server, seen: list[str], label: str, lines: list[bytes], token: str) -> None:
    """The backend is asked once at most, and believes nothing of what the caller says of himself."""
    seen.clear()
    report.count("forged identities")
    head = [
        b"GET /api/me HTTP/1.1",
        b"Host: 127.0.0.1",
        f"Authorization: {token}".encode(),
        *lines,
        b"Connection: close",
    ]
    found = statuses(exchange(server.address, b"\r\n".join(head) + b"\r\n\r\n", wait_s=10))
    report.count(f"answered {found[0] if found else 'nothing'}")
    report.hold(len(found) == 1 and found[0] not in (500, 502), f"{label}: answered {found}")
    report.hold(len(seen) <= 1, f"{label}: the backend was asked {len(seen)} times")
    for asked in seen:
        report.hold(FORGED not in asked, f"{label}: the backend got what the caller says of himself: {asked}")


def _of_ada(asked: str) -> bool:
    return "ada@example.com" in asked


def _backend(seen: list[str]) -> type[BaseHTTPRequestHandler]:
    class Backend(Handler):
        """Reads headers as WSGI does, where a hyphen and an underscore are one."""

        def do_GET(self) -> None:
            self.read_body()
            told = {name.upper().replace("-", "_"): value for name, value in self.headers.items()}
            identity = {name: told.get(name.upper().replace("-", "_")) for name in IDENTITY}
            both = [value for name, value in self.headers.items() if name.upper().replace("-", "_").startswith("X_")]
            seen.append(json.dumps([self.command, self.path, identity, both]))
            self.answer(200, b"{}")

        do_POST = do_GET

    return Backend


@contextmanager
def _server(backend: str) -> Iterator[Server]:
    mapped = ", ".join(f'{name} = "{claim}"' for name, claim in IDENTITY.items())
    seed = f"""
[[user_pool]]
id = "{POOL}"
[[user_pool.client]]
id = "{CLIENT}"
auth_flows = ["ALLOW_USER_PASSWORD_AUTH"]
[[user_pool.user]]
username = "ada"
password = "{PASSWORD}"
attributes = {{ email = "ada@example.com" }}
[[gateway]]
path = "/api"
pool = "{POOL}"
backend = "{backend}"
headers = {{ {mapped} }}
"""
    with serving("--console-messages", "off", seed=seed) as server:
        yield server


def _token(server: Server) -> str:
    client = Client(server.address)
    given = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    answer = client.idp("InitiateAuth", ClientId=CLIENT, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    client.close()
    return str(answer["AuthenticationResult"]["IdToken"])


if __name__ == "__main__":
    print(run())
