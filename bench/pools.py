"""What a new pool costs with spare key pairs, and what everybody else notices of it.

A pool has two RSA-2048 key pairs, some 60 ms of processor each, which are made ahead in a thread. So CreateUserPool is
asked for with a pause, in which the spares come back; then 50 in a row, which cannot have spares. What those cost on
top of their keys is their time less what the thread that makes keys had of the core. AdminGetUser is asked for alone,
and beside some more in a row, by a process of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection as Pipe
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from bench.asked import Pool, requests_of, set_up, signed
from bench.bounds import key_pair_ms, pinned
from bench.load import Asked
from bench.results import Figure, Goal, Measured
from bench.rivals import RIVALS, SERVER_CORE, running
from bench.server import serving_anywhere
from bench.sockets import Connection, request_bytes

SECONDS = float(os.environ.get("HALFDAY_BENCH_SECONDS", "1"))
POOLS, IN_A_ROW = max(5, int(15 * SECONDS)), max(10, int(50 * min(1, SECONDS)))
BESIDE = IN_A_ROW // 2
Gave = TypeVar("Gave")
WANTED_MS, WANTED_ON_TOP_MS, WANTED_BESIDE = 5.0, 10.0, 1.5


def run() -> Measured:
    with pinned(), serving_anywhere("", core=SERVER_CORE) as running:
        pool = set_up(running.origin)
        with pinned(SERVER_CORE):
            pair_ms = key_pair_ms()
        pause_s = pair_ms * 5 / 1e3
        _wait_ms(running.origin, _create(pool), 3, pause_s)
        spared = _wait_ms(running.origin, _create(pool), POOLS, pause_s)
        get = requests_of(pool)["AdminGetUser"]
        row = _in_a_row(running.pid, pool)
        alone, _ = _answers_while(running.origin, get, lambda: time.sleep(2 + 3 * SECONDS))
        beside, _ = _answers_while(running.origin, get, lambda: _wait_ms(running.origin, _create(pool), BESIDE, 0.0))
        measured = _measured(spared, pair_ms, row, alone, beside)
        return replace(measured, figures=[*measured.figures, *_of_others()])


def _of_others() -> Iterator[Figure]:
    """What the others take for a pool. They make no key for it, or one at the first token."""
    for rival in RIVALS:
        try:
            with running(rival) as origin:
                create = _create(set_up(origin))
                took = [_wait_ms(origin, create, 1, 0.0)[0] for _ in range(10)]
        except (OSError, RuntimeError, subprocess.CalledProcessError) as problem:
            print(f"  {rival.name} is not asked: {problem}", file=sys.stderr)
        else:
            yield Figure("CreateUserPool", rival.short_name, "", statistics.median(took), "ms", took)


def _measured(
    spared: list[float], pair_ms: float, row: tuple[float, float], alone: list[float], beside: list[float]
) -> Measured:
    row_ms, keys_ms = row
    figures = [
        Figure("CreateUserPool", "Halfday", "with spare key pairs", statistics.median(spared), "ms", spared),
        Figure("two key pairs", "bound", "", 2 * pair_ms, "ms"),
        Figure("CreateUserPool", "Halfday", f"{IN_A_ROW} in a row, each", row_ms, "ms"),
        Figure("of that, making keys", "Halfday", f"{IN_A_ROW} in a row, each", keys_ms, "ms"),
        Figure("AdminGetUser, median", "Halfday", "alone", statistics.median(alone), "ms"),
        Figure("AdminGetUser, median", "Halfday", "beside new pools", statistics.median(beside), "ms"),
        Figure("AdminGetUser, slowest", "Halfday", "alone", max(alone), "ms"),
        Figure("AdminGetUser, slowest", "Halfday", "beside new pools", max(beside), "ms"),
    ]
    on_top = f"CreateUserPool, {IN_A_ROW} in a row"
    ratio = statistics.median(beside) / statistics.median(alone)
    goals = [
        Goal("CreateUserPool", "spare key pairs", WANTED_MS, {"": statistics.median(spared)}, "ms", at_most=True),
        Goal(on_top, "its keys, on top of them", WANTED_ON_TOP_MS, {"": row_ms - keys_ms}, "ms", at_most=True),
        Goal("AdminGetUser beside new pools", "AdminGetUser alone", WANTED_BESIDE, {"": ratio}, "×", at_most=True),
    ]
    return Measured(figures, goals, (), 1, SECONDS)


def _create(pool: Pool) -> Asked:
    return signed(pool, "CreateUserPool", {"PoolName": "bench"})


def _in_a_row(pid: int, pool: Pool) -> tuple[float, float]:
    """Milliseconds that each of the pools took, and of these what the thread that makes key pairs had of the core."""
    before = _processor_s(pid)
    started = time.perf_counter()
    _wait_ms(pool.origin, _create(pool), IN_A_ROW, 0.0)
    elapsed = time.perf_counter() - started
    others = {thread: s - before.get(thread, 0.0) for thread, s in _processor_s(pid).items() if thread != pid}
    return elapsed * 1e3 / IN_A_ROW, max(others.values(), default=0.0) * 1e3 / IN_A_ROW


def _processor_s(pid: int) -> dict[int, float]:
    """By thread, how many seconds it has had of a core. The first thread has the process's number."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return {int(thread.name): int((thread / "schedstat").read_text().split()[0]) / 1e9 for thread in threads}


def _wait_ms(origin: str, asked: Asked, number: int, pause_s: float) -> list[float]:
    """How long each of so many answers took, in milliseconds. Raises RuntimeError for any other than 200."""
    request = request_bytes(urlsplit(origin).netloc, asked.method, asked.path, asked.headers, asked.body)
    connection, took = Connection(origin), []
    for _ in range(number):
        took.append(connection.ask(request).s * 1e3)
        time.sleep(pause_s)
    return took


def _answers_while(origin: str, asked: Asked, work: Callable[[], Gave]) -> tuple[list[float], Gave]:
    """The same request by a process of its own, every 2 ms until the work is done; and what the work gave."""
    over: Synchronized[int] = multiprocessing.Value("i", 0)
    receiving, sending = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_keep_asking, args=(origin, asked, over, sending))
    process.start()
    time.sleep(0.5)
    gave = work()
    over.value = 1
    took: list[float] = receiving.recv()
    process.join()
    return took, gave


def _keep_asking(origin: str, asked: Asked, over: Synchronized[int], sending: Pipe) -> None:
    took: list[float] = []
    while not over.value:
        took += _wait_ms(origin, asked, 20, 0.002)
    sending.send(took)
