"""Where a request's processor time goes: python -m bench profile [names of requests]

A server in a thread of this process answers one request after another over a socket. Counted is the processor time of
that thread alone, so the client costs nothing here; the bound is Starlette's constant answer, counted in the same way
on the same event loop, and in turns with them. Then the same requests once more under cProfile, which makes Python's
own functions look some two times dearer than they are: read its lines as a ranking. What C does is counted to the room
that called it.
"""

from __future__ import annotations

import asyncio
import base64
import cProfile
import json
import logging
import pstats
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from bench.asked import PASSWORD, USERNAME, Pool, requests_of, set_up
from bench.constant import answer
from bench.load import Asked
from bench.redemption import CALLBACK, CLIENT_ID, SECRET, SEED, Person
from bench.server import free_port, wait_for
from halfday.protocol.identifiers import pool_name_of
from halfday.protocol.srp import ClientStart, format_timestamp
from halfday.server import event_loops
from halfday.server.events.log_lines import LogLines
from halfday.server.serving import Running, ServerThread
from halfday.server.settings import Settings

ROUNDS, REQUESTS, PROFILED, TOP = 3, 60, 60, 15
LEAST_SHOWN_US, MOST_ROOMS = 10, 20
SIGNS, POWERS, SQL = "RSA", "powers", "SQL"
_KINDS = {
    SIGNS: ("'sign' of", "'verify' of"),
    POWERS: ("gmpy2.powmod", "fixed_base.py"),
    SQL: ("sqlite3.",),
}

_WAITS = ("select.epoll", "_thread.lock")
CONSTANT = "constant answer (Starlette, uvicorn)"

Make = Callable[[], bytes]


@dataclass
class Thread:
    """The thread that serves: its processor clock, and cProfile in it."""

    clock: int
    loop: asyncio.AbstractEventLoop

    def cpu_us(self) -> float:
        return time.clock_gettime_ns(self.clock) / 1e3

    def do(self, work: Callable[[], object]) -> None:
        """Runs `work` in it, and waits for that."""
        done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (work(), done.set()))
        done.wait()


class Client:
    """One connection, made for each round of requests. Answers have a Content-Length."""

    def __init__(self, origin: str) -> None:
        self._host = urlsplit(origin).netloc
        self.connect()

    def connect(self) -> None:
        host, _, port = self._host.partition(":")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, wire: bytes) -> bytes:
        """The body. Raises RuntimeError for any answer but 200."""
        self._socket.sendall(wire)
        came = b""
        while b"\r\n\r\n" not in came:
            came += self._receive()
        head, _, body = came.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(came.decode())
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(lines[b"content-length"]):
            body += self._receive()
        return body

    def _receive(self) -> bytes:
        came = self._socket.recv(65536)
        if not came:
            raise RuntimeError("the server closed the connection")
        return came

    def wire(self, asked: Asked) -> bytes:
        body = asked.body.encode()
        headers = {"Host": self._host, **asked.headers, "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{asked.method} {asked.path} HTTP/1.1\r\n{head}\r\n".encode() + body


def run(only: list[str] | None = None) -> None:
    with tempfile.TemporaryDirectory(prefix="halfday-bench-") as name, ExitStack() as stack:
        origin, thread = stack.enter_context(constant_answer())
        asked = {CONSTANT: _constant(thread, Client(origin))}
        running, thread = stack.enter_context(_server(Path(name)))
        client = Client(running.origin)
        for request, make in _makers(running.origin, client):
            if not only or any(word in request for word in only):
                asked[request] = _Asking(thread, client, make)
        figures = _in_turns(asked)
        stats = {request: _profiled(asking) for request, asking in asked.items()}
    _print_table(figures, stats)
    for request, found in stats.items():
        _print_rooms(request, found)
        _print_top(found)


@dataclass(frozen=True)
class _Asking:
    """One request, asked again and again of the server in that thread. `make` makes its bytes."""

    thread: Thread
    client: Client
    make: Make

    def cpu_us(self) -> float:
        """Of the round the tenth that was least disturbed: a neighbour on the machine makes our work dearer too."""
        used = []
        self.client.connect()
        for _ in range(REQUESTS):
            wire = self.make()
            before = self.thread.cpu_us()
            self.client.ask(wire)
            used.append(self.thread.cpu_us() - before)
        return sorted(used)[REQUESTS // 10]


def _constant(thread: Thread, client: Client) -> _Asking:
    wire = client.wire(Asked("/", "{}"))
    return _Asking(thread, client, lambda: wire)


def _in_turns(asked: Mapping[str, _Asking]) -> dict[str, list[float]]:
    """The processor time of one request, by round. The first round, which compiles and fills caches, is left out."""
    rounds: dict[str, list[float]] = {request: [] for request in asked}
    for _ in range(ROUNDS + 1):
        for request, asking in asked.items():
            rounds[request].append(asking.cpu_us())
    return {request: figures[1:] for request, figures in rounds.items()}


def _profiled(asking: _Asking) -> pstats.Stats:
    asking.client.connect()
    profile = cProfile.Profile(time.thread_time_ns, 1e-9)
    for _ in range(PROFILED):
        wire = asking.make()
        asking.thread.do(profile.enable)
        asking.client.ask(wire)
        asking.thread.do(profile.disable)
    return pstats.Stats(profile)


def _print_table(figures: Mapping[str, list[float]], stats: Mapping[str, pstats.Stats]) -> None:
    print(
        f"{'processor µs a request':36s} {'in all':>7s} {'':>7s}{'calls':>8s}",
        "".join(f"{kind:>8s}" for kind in _KINDS),
        sep="",
    )
    for request, rounds in figures.items():
        ratio = min(figures[CONSTANT]) / min(rounds)
        calls = sum(row[1] for _, row in _rows(stats[request])) / PROFILED
        kinds = f"{calls:8.0f}" + "".join(f"{_of_kind(stats[request], kind):8.0f}" for kind in _KINDS)
        print(f"{request:36s} {min(rounds):7.0f} {ratio:7.0%}{kinds}")
    print(
        "The second column: what the constant answer takes, as a share of it. Calls of functions, RSA, powers, SQL: by"
    )
    print("cProfile. Whatever the machine does, the number of calls is the same.")


def _of_kind(stats: pstats.Stats, kind: str) -> float:
    own = [row[2] for where, row in _rows(stats) if any(part in f"{where[0]}{where[2]}" for part in _KINDS[kind])]
    return sum(own) / PROFILED * 1e6


def _rows(stats: pstats.Stats) -> list[tuple[tuple[str, int, str], Any]]:
    return list(stats.stats.items())  # type: ignore[attr-defined]


def _print_rooms(request: str, stats: pstats.Stats) -> None:
    rooms: Counter[str] = Counter()
    for where, (_, _, own, _, callers) in _rows(stats):
        if where[0] != "~":
            rooms[_room(where[0])] += own
            continue
        for caller, (_, _, share, _) in callers.items():
            rooms[_room(caller[0])] += share
    dear = [(room, own / PROFILED * 1e6) for room, own in rooms.most_common(MOST_ROOMS)]
    shown = ", ".join(f"{room} {us:.0f}" for room, us in dear if us > LEAST_SHOWN_US)
    print(f"\n{request}: own µs a request by cProfile\n  {shown}")


def _room(file: str) -> str:
    parts = Path(file).parts
    if "halfday" in parts:
        inner = parts[parts.index("halfday") + 1 :]
        return "/".join(inner[1:3] if inner[0] == "server" and len(inner) > 3 else inner[-2:])
    return parts[parts.index("site-packages") + 1] if "site-packages" in parts else "/".join(parts[-2:])


def _print_top(stats: pstats.Stats) -> None:
    rows = [(where, row) for where, row in _rows(stats) if not any(wait in where[2] for wait in _WAITS)]
    for where, row in sorted(rows, key=lambda item: -item[1][2])[:TOP]:
        file, line, function = where
        place = f"{'/'.join(Path(file).parts[-2:])}:{line} " if line else ""
        print(f"  {row[2] / PROFILED * 1e6:8.1f} {row[1] / PROFILED:7.1f}   {place}{function}")


@contextmanager
def _server(data: Path) -> Iterator[tuple[Running, Thread]]:
    import tomllib

    loops: list[asyncio.AbstractEventLoop] = []
    settings = Settings(port=0, data=data / "data", upstream="none", management_port="off")
    with (data / "log").open("w") as log:
        handler = logging.StreamHandler(log)
        handler.setFormatter(LogLines())
        logging.getLogger("halfday").setLevel(logging.INFO)
        logging.getLogger("halfday").addHandler(handler)
        server = ServerThread(settings, tomllib.loads(SEED))
        with server as running:
            loops.append(server._loop)  # type: ignore[arg-type]
            yield running, _thread("halfday-server", loops[0])
        logging.getLogger("halfday").removeHandler(handler)


def _thread(name: str, loop: asyncio.AbstractEventLoop) -> Thread:
    found = next(thread for thread in threading.enumerate() if thread.name == name)
    return Thread(time.pthread_getcpuclockid(found.ident or 0), loop)


@contextmanager
def constant_answer() -> Iterator[tuple[str, Thread]]:
    port, loops = free_port(), []
    constant = Starlette(routes=[Route("/", answer, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(constant, host="127.0.0.1", port=port, log_level="error", access_log=False))

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: event_loops.run(serve()), name="constant")
    thread.start()
    wait_for(port)
    try:
        yield f"http://127.0.0.1:{port}", _thread("constant", loops[0])
    finally:
        server.should_exit = True
        thread.join()


def _makers(origin: str, client: Client) -> Iterator[tuple[str, Make]]:
    pool = set_up(origin)
    for name, asked in requests_of(pool).items():
        wire = client.wire(asked)
        yield name, lambda wire=wire: wire
    host = urlsplit(origin).netloc
    person = Person(host)
    person.sign_in()
    yield "code redemption", lambda: client.wire(_redemption(_code(person)))
    yield "userInfo", _once(lambda: client.wire(_user_info(client, person)))
    srp = _Srp(client, pool)
    yield "USER_SRP_AUTH, first step", srp.first
    yield "USER_SRP_AUTH, second step", srp.second


def _code(person: Person) -> str:
    try:
        return person.codes(1)[0]
    except ConnectionError:  # its connection waited too long; the next request opens another
        return person.codes(1)[0]


def _once(make: Make) -> Make:
    made: list[bytes] = []

    def again() -> bytes:
        if not made:
            made.append(make())
        return made[0]

    return again


def _redemption(code: str) -> Asked:
    basic = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
    form = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "redirect_uri": CALLBACK, "code": code}
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    return Asked("/oauth2/token", urlencode(form), headers)


def _user_info(client: Client, person: Person) -> Asked:
    tokens = json.loads(client.ask(client.wire(_redemption(person.codes(1)[0]))))
    return Asked("/oauth2/userInfo", "", {"Authorization": f"Bearer {tokens['access_token']}"}, "GET")


class _Srp:
    def __init__(self, client: Client, pool: Pool) -> None:
        self._client, self._pool = client, pool
        self._start = ClientStart(bytes(range(1, 129)))

    def first(self) -> bytes:
        return self._api("InitiateAuth", {
            "AuthFlow": "USER_SRP_AUTH", "ClientId": self._pool.client_id,
            "AuthParameters": {"USERNAME": USERNAME, "SRP_A": self._start.public},
        })  # fmt: skip

    def second(self) -> bytes:
        told = json.loads(self._client.ask(self.first()))["ChallengeParameters"]
        now = format_timestamp(time.time())
        proof = self._start.claim(
            pool_name=pool_name_of(self._pool.pool_id), user_id=told["USER_ID_FOR_SRP"], password=PASSWORD,
            salt_hex=told["SALT"], srp_b_hex=told["SRP_B"], secret_block_b64=told["SECRET_BLOCK"], timestamp=now,
        )  # fmt: skip
        responses = {
            "USERNAME": told["USERNAME"], "PASSWORD_CLAIM_SECRET_BLOCK": told["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": proof, "TIMESTAMP": now,
        }  # fmt: skip
        return self._api("RespondToAuthChallenge", {
            "ChallengeName": "PASSWORD_VERIFIER", "ClientId": self._pool.client_id, "ChallengeResponses": responses,
        })  # fmt: skip

    def _api(self, operation: str, members: Mapping[str, Any]) -> bytes:
        headers = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        return self._client.wire(Asked("/", json.dumps(members), headers))


if __name__ == "__main__":
    run(sys.argv[1:])
