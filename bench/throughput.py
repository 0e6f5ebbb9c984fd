"""Requests a second on one core, beside the bound of each and beside whoever else answers as Cognito, in one run.

The server has one core, the load (wrk) the other. Everybody is asked the same in turns, round after round, because the
machines are shared and noisy. A figure is the median of its rounds, and a ratio the median of the rounds' ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec

from bench.asked import Pool, Tokens, requests_of, set_up, sign_in
from bench.bounds import own_loop, pinned, signatures_a_second
from bench.load import Asked, load
from bench.results import Figure, Goal, Measured
from bench.rivals import RIVALS, SERVER_CORE, running
from bench.server import free_port, server_process, wait_for

CONNECTIONS = (1, 16)
ROUNDS = int(os.environ.get("HALFDAY_BENCH_ROUNDS", "4"))
SECONDS = float(os.environ.get("HALFDAY_BENCH_SECONDS", "1"))
SIGNATURES = {"InitiateAuth USER_PASSWORD_AUTH": 2, "InitiateAuth REFRESH_TOKEN_AUTH": 2, "client_credentials": 1}
"""RSA-2048 signatures that a request takes. The others' bound is a constant answer."""
LOOPS = ("asyncio", "uvloop")
"""Of the event loop that the constant answer is given on. The one that the server itself uses is the bound's."""
OWN_LOOP = own_loop()
OURS, CONSTANT, BOUND = "Halfday", "constant answer", "bound"
MINISTACK, COGNITO_LOCAL = "ministack[full]", "cognito-local"

PASSWORD, REFRESH = "InitiateAuth USER_PASSWORD_AUTH", "InitiateAuth REFRESH_TOKEN_AUTH"
READING = ("GetUser", "userInfo", "AdminGetUser")
BOTH, SIXTEEN = (1, 16), (16,)
WANTED: tuple[tuple[str, str, float, str, tuple[int, ...]], ...] = (
    (REFRESH, BOUND, 0.65, "%", SIXTEEN),
    ("client_credentials", BOUND, 0.65, "%", SIXTEEN),
    (REFRESH, MINISTACK, 1.7, "×", BOTH),
    ("client_credentials", MINISTACK, 1.7, "×", BOTH),
    (PASSWORD, MINISTACK, 1.4, "×", BOTH),
    *((request, BOUND, 0.30, "%", BOTH) for request in READING),
    *((request, MINISTACK, 2.5, "×", BOTH) for request in READING),
    *((request, COGNITO_LOCAL, 1.2, "×", BOTH) for request in READING if request != "userInfo"),
)
"""Request, beside whom, at least how much, and at how many connections. cognito-local has no userInfo."""


@dataclass
class Rates:
    """Requests a second, a number a round: by server, request and connections. Bounds stand under BOUND."""

    rounds: dict[tuple[str, str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[tuple[str, str], str] = field(default_factory=dict)

    def ratio(self, request: str, beside: str, connections: int) -> float | None:
        """The median of the rounds' ratios; None where the other was not asked, or could not answer."""
        ours, other = (self.rounds.get((name, request, connections), []) for name in (OURS, beside))
        if not ours or len(ours) != len(other):
            return None
        return statistics.median(mine / its for mine, its in zip(ours, other, strict=True))


@dataclass(frozen=True)
class Server:
    name: str
    pool: Pool | None
    tokens: Tokens | None
    origin: str

    def requests(self) -> dict[str, Asked]:
        return requests_of(self.pool, self.tokens) if self.pool else {}


def run() -> Measured:
    rates = Rates()
    with pinned(), ExitStack() as stack:
        servers = list(_everybody(stack))
        constants = {loop: stack.enter_context(constant_answer(loop)) for loop in LOOPS if find_spec(loop)}
        for _ in range(ROUNDS):
            for connections in CONNECTIONS:
                _ask_in_turns(servers, constants, connections, rates)
    return _measured(rates)


def _everybody(stack: ExitStack) -> Iterator[Server]:
    origin = stack.enter_context(server_process("", core=SERVER_CORE))
    pool = set_up(origin)
    yield Server(OURS, pool, sign_in(pool, by_code=True), origin)
    for rival in RIVALS:
        try:
            origin = stack.enter_context(running(rival))
        except (OSError, RuntimeError, subprocess.CalledProcessError) as problem:
            print(f"  {rival.name} is not asked: {problem}", file=sys.stderr)
            continue
        pool = set_up(origin)
        yield Server(rival.short_name, pool, sign_in(pool), origin)


def _ask_in_turns(servers: list[Server], constants: dict[str, str], connections: int, rates: Rates) -> None:
    """A round: request after request, of each server in turn."""
    with pinned(SERVER_CORE):
        signatures = signatures_a_second()
    for loop, origin in constants.items():
        rate = load(origin, Asked("/", "{}"), connections=connections, seconds=SECONDS)
        rates.rounds[CONSTANT, f"{CONSTANT}, {loop}", connections].append(rate.per_s)
    plain = rates.rounds[CONSTANT, f"{CONSTANT}, {OWN_LOOP}", connections][-1]
    asked = {server.name: server.requests() for server in servers}
    for request in asked[OURS]:
        number = SIGNATURES.get(request)
        rates.rounds[BOUND, request, connections].append(signatures / number if number else plain)
        for server in servers:
            if request in asked[server.name] and (server.name, request) not in rates.refused:
                _ask(server, request, asked[server.name][request], connections, rates)


def _ask(server: Server, request: str, asked: Asked, connections: int, rates: Rates) -> None:
    """A rival that cannot answer is told of and not asked again. Halfday that cannot ends the benchmark."""
    try:
        rate = load(server.origin, asked, connections=connections, seconds=SECONDS)
    except RuntimeError as problem:
        if server.name == OURS:
            raise
        print(f"  {server.name}: {request}: {problem}", file=sys.stderr)
        rates.refused[server.name, request] = str(problem)
        return
    rates.rounds[server.name, request, connections].append(rate.per_s)


def _measured(rates: Rates) -> Measured:
    figures = [
        Figure(request, server, str(connections), statistics.median(found), "/s", found)
        for (server, request, connections), found in rates.rounds.items()
        if (server, request) not in rates.refused
    ]
    goals = []
    for request, beside, wanted, unit, places in WANTED:
        reached = {str(n): ratio for n in places if (ratio := rates.ratio(request, beside, n)) is not None}
        goals.append(Goal(request, _beside(request, beside), wanted, reached, unit))
    told = [f"{rival.name}: {rival.leaves_out}." for rival in RIVALS]
    return Measured(figures, goals, told, ROUNDS, SECONDS)


def _beside(request: str, beside: str) -> str:
    if beside != BOUND:
        return beside
    return "the signature bound" if request in SIGNATURES else f"a {CONSTANT}"


@contextmanager
def constant_answer(loop: str) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(["taskset", "-c", SERVER_CORE, sys.executable, "-m", "bench.constant", str(port), loop])
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)
