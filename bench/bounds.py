"""What the arithmetic alone allows: signatures, powers and key pairs a second, on the core that the servers have."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import gmpy2
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from bench.rivals import LOAD_CORE, SERVER_CORE
from halfday.protocol.fixed_base import EXPONENT_BYTES, FixedBase
from halfday.protocol.srp import G, N

BOUND_S = 0.5


@contextmanager
def pinned(core: str = LOAD_CORE) -> Iterator[None]:
    """This thread, and the threads and processes that it starts, run on that core until the end of `with`."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {int(core)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def signatures_a_second() -> float:
    """RSA-2048 with SHA-256, one after another."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    return _a_second(lambda: key.sign(b"header.payload", PKCS1v15(), SHA256()))


def powers_of_srp_ms() -> tuple[float, float]:
    """Milliseconds of g^b by a table, and of any other power with an exponent of 256 bits, modulo SRP's number."""
    table = FixedBase(G, N, gmpy2.mpz)
    for _ in range(EXPONENT_BYTES):
        table.grow()
    exponent, base = (1 << 256) - 12345, gmpy2.mpz(N // 3)
    by_table = _a_second(lambda: table.power(exponent))
    return 1e3 / by_table, 1e3 / _a_second(lambda: gmpy2.powmod(base, exponent, N))


def key_pair_ms() -> float:
    """The mean of some: how long a key pair takes differs, because primes are looked for."""
    took = []
    for _ in range(12):
        started = time.perf_counter()
        generate_private_key(public_exponent=65537, key_size=2048)
        took.append((time.perf_counter() - started) * 1e3)
    return statistics.mean(took)


def own_loop() -> str:
    """The event loop that the server uses here."""
    return "uvloop" if find_spec("uvloop") else "asyncio"


def machine() -> dict[str, Any]:
    """The machine, named by what it can do."""
    with pinned(SERVER_CORE):
        _, power_ms = powers_of_srp_ms()
        return {
            "RSA-2048 signatures a second": round(signatures_a_second()),
            "3072-bit powers a second": round(1e3 / power_ms),
            "cores": os.cpu_count(),
            "event loop": own_loop(),
            "Python": platform.python_version(),
            "SQLite": sqlite3.sqlite_version,
            "OpenSSL": backend.openssl_version_text().split()[1],
        }


def _a_second(work: Callable[[], object]) -> float:
    """How often the work is done in a second, by BOUND_S of it."""
    work()
    done, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < BOUND_S:
        for _ in range(10):
            work()
        done += 10
    return done / elapsed
