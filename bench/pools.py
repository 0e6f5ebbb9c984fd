"""What a new pool costs with spare key pairs, and what everybody else notices of it.

A pool has two RSA-2048 key pairs, some 60 ms of processor each, which are made ahead in a thread. So CreateUserPool is
asked for with a pause, in which the spares come back; then 50 in a row, which cannot have spares. AdminGetUser is asked
for alone and beside, by a process of its own. The bound of CreateUserPool is the two pairs when there are no spares.
"""

from __future__ import annotations

import http.client
import multiprocessing
import statistics
import time
from multiprocessing.sharedctypes import Synchronized
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from bench.asked import requests_of, set_up, signed
from bench.load import Asked
from bench.server import server_process

POOLS, PAUSE_S, IN_A_ROW, ALONE_S = 25, 0.5, 50, 5.0
WANTED_MS, WANTED_BESIDE = 5.0, 1.5


def run() -> None:
    """Prints medians in milliseconds, and the ratio of AdminGetUser beside new pools to AdminGetUser alone."""
    with server_process("") as origin:
        pool = set_up(origin)
        create, get = signed(pool, "CreateUserPool", {"PoolName": "bench"}), requests_of(pool)["AdminGetUser"]
        pair_ms = statistics.median(_pair_ms() for _ in range(15))
        _wait_ms(origin, create, 3, PAUSE_S)
        alone = _answers_while(origin, get, lambda: time.sleep(ALONE_S))
        with_spares: list[float] = []
        beside = _answers_while(origin, get, lambda: with_spares.extend(_wait_ms(origin, create, POOLS, PAUSE_S)))
        row_ms = statistics.mean(_wait_ms(origin, create, IN_A_ROW, 0.0))
        time.sleep(PAUSE_S)
        quiet_ms = statistics.median(_wait_ms(origin, create, POOLS, PAUSE_S))
    ratio = statistics.median(beside) / statistics.median(alone)
    slowest = sorted(beside)[int(len(beside) * 0.99)] / sorted(alone)[int(len(alone) * 0.99)]
    print("new pools (CreateUserPool, SQLite on disk)")
    print(f"  with spare key pairs, median of {POOLS}      {quiet_ms:6.1f} ms{_over(quiet_ms, WANTED_MS)}")
    print(f"  the same beside AdminGetUser             {statistics.median(with_spares):6.1f} ms")
    print(f"  {IN_A_ROW} in a row, mean                        {row_ms:6.1f} ms   two key pairs {2 * pair_ms:.1f} ms")
    print(f"  AdminGetUser alone, median               {statistics.median(alone):6.2f} ms   ({len(alone)} answers)")
    print(f"  AdminGetUser beside new pools            {ratio:6.2f} × of alone{_over(ratio, WANTED_BESIDE)}")
    print(f"  its slowest in a hundred                 {slowest:6.2f} × of alone")


def _over(value: float, wanted: float) -> str:
    return f"   MORE THAN {wanted}" if value > wanted else ""


def _pair_ms() -> float:
    started = time.perf_counter()
    generate_private_key(public_exponent=65537, key_size=2048)
    return (time.perf_counter() - started) * 1e3


def _wait_ms(origin: str, asked: Asked, number: int, pause_s: float) -> list[float]:
    """How long each of so many answers took, in milliseconds. Raises RuntimeError for any other than 200."""
    connection = http.client.HTTPConnection(urlsplit(origin).netloc)
    took = []
    for _ in range(number):
        started = time.perf_counter()
        connection.request(asked.method, asked.path, asked.body, dict(asked.headers))
        answer = connection.getresponse()
        body = answer.read()
        took.append((time.perf_counter() - started) * 1e3)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {body!r}")
        time.sleep(pause_s)
    return took


def _answers_while(origin: str, asked: Asked, work) -> list[float]:  # type: ignore[no-untyped-def]
    """The same request by a process of its own, every 2 ms until the work is done."""
    over: Synchronized[int] = multiprocessing.Value("i", 0)
    receiving, sending = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_keep_asking, args=(origin, asked, over, sending))
    process.start()
    time.sleep(0.5)
    work()
    over.value = 1
    took: list[float] = receiving.recv()
    process.join()
    return took


def _keep_asking(origin: str, asked: Asked, over, sending) -> None:  # type: ignore[no-untyped-def]
    took: list[float] = []
    while not over.value:
        took += _wait_ms(origin, asked, 20, 0.002)
    sending.send(took)


if __name__ == "__main__":
    run()
