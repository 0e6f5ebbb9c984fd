"""Requests a second on one core, beside the bound of each and beside whoever else answers as Cognito, in one run.

The server has one core, the load (wrk) the other. Everybody is asked the same in turns, round after round, because the
machines are shared and noisy: read the ratios. A figure is the median of its rounds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.asked import requests_of, set_up
from bench.load import Asked, Rate, load
from bench.redemption import signatures_a_second
from bench.rivals import RIVALS, SERVER_CORE, running
from bench.server import free_port, server_process, wait_for

CONNECTIONS = (1, 16)
ROUNDS = int(os.environ.get("HALFDAY_BENCH_ROUNDS", "3"))
SECONDS = float(os.environ.get("HALFDAY_BENCH_SECONDS", "4"))
SIGNATURES = {"InitiateAuth USER_PASSWORD_AUTH": 2, "InitiateAuth REFRESH_TOKEN_AUTH": 2, "client_credentials": 1}
"""RSA-2048 signatures that a request takes. The others' bound is a constant answer."""
OURS, CONSTANT = "Halfday", "constant answer"

Rates = dict[tuple[str, str, int], list[Rate]]


def run() -> None:
    """Prints a table: a line a request and number of connections, a column a server, and the share of the bound."""
    rates: Rates = defaultdict(list)
    signatures: list[float] = []
    with ExitStack() as servers:
        asked = {name: (origin, found) for name, origin, found in _everybody(servers)}
        for _ in range(ROUNDS):
            signatures.append(signatures_a_second())
            for connections in CONNECTIONS:
                _ask_in_turns(asked, connections, rates)
    _print(rates, statistics.median(signatures), list(asked))


def _everybody(servers: ExitStack) -> Iterator[tuple[str, str, dict[str, Asked]]]:
    origin = servers.enter_context(server_process("", core=SERVER_CORE))
    yield OURS, origin, requests_of(set_up(origin))
    for rival in RIVALS:
        origin = servers.enter_context(running(rival))
        yield rival.name, origin, requests_of(set_up(origin))
    origin = servers.enter_context(constant_answer())
    yield CONSTANT, origin, {"": Asked("/", "{}")}


def _ask_in_turns(asked: dict[str, tuple[str, dict[str, Asked]]], connections: int, rates: Rates) -> None:
    names = dict.fromkeys(request for _, found in asked.values() for request in found)
    for request in names:
        for server, (origin, found) in asked.items():
            if request in found:
                try:
                    rate = load(origin, found[request], connections=connections, seconds=SECONDS)
                except RuntimeError as problem:
                    print(f"  {server}: {request or 'constant'}: {problem}", file=sys.stderr)
                    continue
                rates[server, request, connections].append(rate)


def _print(rates: Rates, signatures_per_s: float, servers: list[str]) -> None:
    def median(server: str, request: str, connections: int) -> float | None:
        found = rates.get((server, request, connections))
        return statistics.median(rate.per_s for rate in found) if found else None

    rivals = [server for server in servers if server not in (OURS, CONSTANT)]
    print(f"requests a second at {' / '.join(map(str, CONNECTIONS))} connections, one core, median of {ROUNDS} rounds")
    print(f"| | {OURS} | {' | '.join(rivals)} | bound | share of it |")
    print("|---|" + "--:|" * (len(rivals) + 3))
    for request in dict.fromkeys(request for _, request, _ in rates if request):
        cells = [_cell([median(server, request, n) for n in CONNECTIONS]) for server in (OURS, *rivals)]
        number = SIGNATURES.get(request)
        bounds = [signatures_per_s / number if number else median(CONSTANT, "", n) for n in CONNECTIONS]
        ours = [median(OURS, request, n) for n in CONNECTIONS]
        shares = [f"{mine / bound:.0%}" if mine and bound else "–" for mine, bound in zip(ours, bounds, strict=True)]
        print(f"| {request} | {' | '.join(cells)} | {_cell(bounds)} | {' / '.join(shares)} |")
    for rival in RIVALS:
        print(f"{rival.name}: {rival.leaves_out}.")


def _cell(values: list[float | None]) -> str:
    return " / ".join("–" if value is None else f"{value:,.0f}" for value in values)


@contextmanager
def constant_answer() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(["taskset", "-c", SERVER_CORE, sys.executable, "-m", "bench.constant", str(port)])
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


if __name__ == "__main__":
    started = time.monotonic()
    run()
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
