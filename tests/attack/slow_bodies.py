"""Long bodies, half sent and held: many callers, each within their own limit, take no more than the room for all."""

from __future__ import annotations

import socket
import time
from contextlib import suppress

from attack.child import Server
from attack.report import Report, megabytes
from attack.scale import sized
from attack.slow_crowds import CLOSED
from attack.targets import s3_headers
from attack.wire import Client, dummy_signature

CALLERS = 30
EACH_BYTES = 40_000_000
MOST_HELD_BYTES = 600_000_000
"""The room of 512 MiB, and what the connections take themselves."""
NEWCOMER_S = 1.0


def hoard(server: Server, keys_path: str, report: Report) -> None:
    """Each sends all but the last byte, under a key of their own. Who finds no room is told to come again."""
    before = server.resident_bytes()
    server.forget_peak()
    hoarders = [_begin(server, number) for number in range(sized(CALLERS, CALLERS))]
    for hoarder in hoarders:
        _send(hoarder)
    client, started = Client(server.address), time.monotonic()
    served = client.request("GET", keys_path).status == 200
    waited = time.monotonic() - started
    outcomes = [_outcome(hoarder) for hoarder in hoarders]
    grown = server.peak_bytes() - before
    for hoarder in hoarders:
        hoarder.close()
    refused, held = outcomes.count("503"), outcomes.count("")
    ended = {"", "503", CLOSED, "408"}  # the last: who sent on a slow machine has waited for too long already
    report.count("long bodies half sent", len(outcomes))
    report.measure("long bodies", f"{held} held, {refused} told to come again, memory +{megabytes(grown)}")
    report.hold(set(outcomes) <= ended, f"long bodies were answered {set(outcomes)}")
    report.hold(held > 0, "no long body is taken at all")
    report.hold(refused > 0, f"{megabytes(len(outcomes) * EACH_BYTES)} of bodies are held at once")
    report.hold(grown < MOST_HELD_BYTES, f"long bodies: memory grew by {megabytes(grown)}")
    report.hold(served and waited < NEWCOMER_S, f"beside long bodies somebody else waited {waited:.1f} s")
    client.close()


def _begin(server: Server, number: int) -> socket.socket:
    headers = {**s3_headers(), **dummy_signature("s3", f"caller{number}"), "Content-Length": str(EACH_BYTES)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    connection = socket.create_connection(server.address, timeout=20)
    connection.sendall(f"PUT /hostile/hoard-{number} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode())
    return connection


def _send(connection: socket.socket) -> None:
    piece, left = b"x" * 1_000_000, EACH_BYTES - 1
    with suppress(OSError):  # refused half way
        while left:
            left -= connection.send(piece[: min(left, len(piece))])


def _outcome(connection: socket.socket) -> str:
    """The status; CLOSED; nothing where the rest of the body is waited for."""
    connection.settimeout(0.2)
    try:
        return connection.recv(4096)[9:12].decode() or CLOSED
    except TimeoutError:
        return ""
    except OSError:
        return CLOSED
