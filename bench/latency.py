"""How long answers take when the server is busy, and not more than busy: at 70 % of what it can do, by an open loop.

What it can do is measured first, 16 connections asking one after another. Then requests come at even distances, each
counted from when it was due: a generator that waits for slow answers would leave out the waiting.
"""

from __future__ import annotations

import os
import statistics
from urllib.parse import urlsplit

from bench.asked import requests_of, set_up, sign_in
from bench.bounds import pinned
from bench.load import Asked
from bench.results import Figure, Goal, Measured
from bench.rivals import SERVER_CORE
from bench.server import server_process
from bench.sockets import ask_all, ask_on_time, percentile, request_bytes

ROUNDS = int(os.environ.get("HALFDAY_BENCH_ROUNDS", "3"))
SECONDS = float(os.environ.get("HALFDAY_BENCH_SECONDS", "1"))
OPEN_LOOP = 3
"""So many times longer than the closed loop: the slowest in a hundred of few requests would be chance."""
SHARE = 0.70
WANTED = 4.0
ASKED = (
    "InitiateAuth USER_PASSWORD_AUTH",
    "InitiateAuth REFRESH_TOKEN_AUTH",
    "client_credentials",
    "GetUser",
    "AdminGetUser",
)


def run() -> Measured:
    """By request: median and slowest in a hundred, in milliseconds, and their ratio; medians of the rounds."""
    found: dict[str, list[tuple[float, float, float]]] = {request: [] for request in ASKED}
    with pinned(), server_process("", core=SERVER_CORE) as origin:
        pool = set_up(origin)
        tokens = sign_in(pool)
        for _ in range(ROUNDS):
            asked = requests_of(pool, tokens)
            for request in ASKED:
                found[request].append(_busy(origin, asked[request]))
    figures, goals = [], []
    for request, rounds in found.items():
        for name, unit, values in zip(
            ("rate", "p50", "p99"), ("/s", "ms", "ms"), zip(*rounds, strict=True), strict=True
        ):
            figures.append(Figure(request, "Halfday", name, statistics.median(values), unit, values))
        ratio = statistics.median(slow / middle for _, middle, slow in rounds)
        goals.append(Goal(f"{request}, p99 at 70 %", "its p50", WANTED, {"": ratio}, "×", at_most=True))
    return Measured(figures, goals, (), ROUNDS, SECONDS)


def _busy(origin: str, asked: Asked) -> tuple[float, float, float]:
    """Requests a second, and milliseconds of the middle one and of the slowest in a hundred."""
    request = request_bytes(urlsplit(origin).netloc, asked.method, asked.path, asked.headers, asked.body)
    number, took_s = 50, 0.0
    while took_s < SECONDS / 2:
        number *= 2
        _, took_s = ask_all(origin, [request] * number, connections=16)
    per_s = SHARE * number / took_s
    took = ask_on_time(origin, request, per_s=per_s, seconds=OPEN_LOOP * SECONDS)
    return per_s, percentile(took, 0.5) * 1e3, percentile(took, 0.99) * 1e3
