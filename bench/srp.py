"""A whole sign-in by USER_SRP_AUTH, InitiateAuth and RespondToAuthChallenge, beside the arithmetic that it takes.

The server's part of that: g^b by a table of g's powers, two powers with exponents of 256 bits, two RSA-2048 signatures.
At one connection the server's time is that from each request to its answer, without what the client computes between
them. At 16 it is what a second of the server's core is worth, for there is always somebody who waits.
"""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from bench.asked import PASSWORD, USERNAME, Pool, api, set_up
from bench.bounds import pinned, powers_of_srp_ms, signatures_a_second
from bench.results import Figure, Goal, Measured
from bench.rivals import SERVER_CORE
from bench.server import server_process
from bench.sockets import Connection, request_bytes
from halfday.protocol.srp import PRIVATE_BYTES, ClientStart, format_timestamp

ROUNDS = int(os.environ.get("HALFDAY_BENCH_ROUNDS", "4"))
SECONDS = float(os.environ.get("HALFDAY_BENCH_SECONDS", "1"))
SIGN_INS = int(60 * SECONDS)
CONNECTIONS = (1, 16)
WANTED = 0.60


def run() -> Measured:
    """Milliseconds of the server's that a sign-in takes, the arithmetic's, and the arithmetic's share."""
    took: dict[int, list[float]] = {number: [] for number in CONNECTIONS}
    bounds: list[float] = []
    with pinned(), server_process("", core=SERVER_CORE) as origin:
        pool = set_up(origin)
        _alone(pool, 80)
        for _ in range(ROUNDS):
            with pinned(SERVER_CORE):
                bounds.append(arithmetic_ms())
            took[1].append(_alone(pool, SIGN_INS))
            took[16].append(_together(pool, 3 * SIGN_INS, 16))
    return _measured(took, bounds)


def arithmetic_ms() -> float:
    by_table_ms, power_ms = powers_of_srp_ms()
    return by_table_ms + 2 * power_ms + 2e3 / signatures_a_second()


def _alone(pool: Pool, number: int) -> float:
    """Milliseconds that the server took, one sign-in after another: the median."""
    person = _Person(pool)
    return statistics.median(person.sign_in_ms() for _ in range(number))


def _together(pool: Pool, number: int, connections: int) -> float:
    """Milliseconds a sign-in, where so many people sign in at once."""
    failures: list[Exception] = []

    def work() -> None:
        try:
            person = _Person(pool)
            for _ in range(number // connections):
                person.sign_in_ms()
        except Exception as problem:
            failures.append(problem)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    if failures:
        raise failures[0]
    return elapsed * 1e3 / (number // connections * connections)


class _Person:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connection, self._host = Connection(pool.origin), urlsplit(pool.origin).netloc

    def sign_in_ms(self) -> float:
        """How long both answers took. Raises RuntimeError unless there are tokens."""
        start = ClientStart(os.urandom(PRIVATE_BYTES))
        given = {"AuthFlow": "USER_SRP_AUTH", "ClientId": self._pool.client_id}
        parameters = {"USERNAME": USERNAME, "SRP_A": start.public}
        first_ms, challenge = self._asked("InitiateAuth", {**given, "AuthParameters": parameters})
        answer = {
            "ChallengeName": challenge["ChallengeName"],
            "ClientId": self._pool.client_id,
            "ChallengeResponses": self._proof(start, challenge["ChallengeParameters"]),
        }
        session = {"Session": challenge["Session"]} if challenge.get("Session") else {}
        second_ms, told = self._asked("RespondToAuthChallenge", {**answer, **session})
        if "AuthenticationResult" not in told:
            raise RuntimeError("the sign-in ended without tokens")
        return first_ms + second_ms

    def _proof(self, start: ClientStart, challenge: dict[str, str]) -> dict[str, str]:
        timestamp = format_timestamp(time.time())
        signature = start.claim(
            pool_name=self._pool.pool_id.partition("_")[2],
            user_id=challenge["USER_ID_FOR_SRP"],
            password=PASSWORD,
            salt_hex=challenge["SALT"],
            srp_b_hex=challenge["SRP_B"],
            secret_block_b64=challenge["SECRET_BLOCK"],
            timestamp=timestamp,
        )
        return {
            "USERNAME": challenge["USER_ID_FOR_SRP"],
            "PASSWORD_CLAIM_SECRET_BLOCK": challenge["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": signature,
            "TIMESTAMP": timestamp,
        }

    def _asked(self, operation: str, members: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        asked = api(operation, members)
        answer = self._connection.ask(request_bytes(self._host, "POST", "/", asked.headers, asked.body))
        return answer.s * 1e3, json.loads(answer.body)


def _measured(took: dict[int, list[float]], bounds: list[float]) -> Measured:
    named = {"Halfday": took, "bound": dict.fromkeys(took, bounds)}
    figures = [
        Figure("USER_SRP_AUTH", name, str(number), statistics.median(values), "ms", values)
        for name, found in named.items()
        for number, values in found.items()
    ]
    shares = {
        str(number): statistics.median(bound / ms for bound, ms in zip(bounds, values, strict=True))
        for number, values in took.items()
    }
    goal = Goal("USER_SRP_AUTH, whole sign-in", "its powers and signatures", WANTED, shares, "%")
    return Measured(figures, [goal], (), ROUNDS, SECONDS)
