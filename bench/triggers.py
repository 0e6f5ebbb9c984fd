"""What a warm function costs a sign-in: PreTokenGeneration in Python beside none, in turns, one connection.

Both pools are in one server, and differ in their function alone. The processor time is the server's own and that of the
function's process, which are on one core: what the function itself does is to return the event.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench.bounds import pinned
from bench.results import Figure, Goal, Measured
from bench.rivals import SERVER_CORE
from bench.server import Running, serving
from bench.sockets import ask_all, percentile, request_bytes

ROUNDS = int(os.environ.get("HALFDAY_BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("HALFDAY_BENCH_SECONDS", "1"))
SIGN_INS = int(300 * SECONDS)
WANTED_MS = 1.5
WITHOUT, WITH = "without a function", "with a function"
CLIENTS = {WITHOUT: "plainclient", WITH: "functionclient"}
HANDLER = "def handler(event, context):\n    return event\n"
POOL = """
[[user_pool]]
id = "us-east-1_{name}"
[[user_pool.client]]
id = "{client}"
auth_flows = ["ALLOW_USER_PASSWORD_AUTH"]
[[user_pool.user]]
username = "ada"
password = "Lovelace-1815"
attributes = {{ email = "ada@example.com", email_verified = "true" }}
"""
SEED = (
    POOL.format(name="Plain0001", client=CLIENTS[WITHOUT])
    + POOL.format(name="Calls0001", client=CLIENTS[WITH])
    + '[user_pool.triggers]\npre_token_generation = "same"\n[[function]]\nname = "same"\ntarget = "same.py:handler"\n'
)


def run() -> Measured:
    """Milliseconds of a sign-in, median of each round, and of processor time; what the function adds to either."""
    took: dict[str, list[float]] = {WITHOUT: [], WITH: []}
    busy: dict[str, list[float]] = {WITHOUT: [], WITH: []}
    with pinned(), _server() as server:
        _in_turns(server, 20)  # the process is begun, and everything loaded
        for _ in range(ROUNDS):
            for name, found in _in_turns(server, SIGN_INS).items():
                took[name].append(found)
            for name in CLIENTS:
                before = _processor_s(server.pid)
                ask_all(server.origin, [_request(server, name)] * SIGN_INS, connections=1)
                busy[name].append((_processor_s(server.pid) - before) / SIGN_INS * 1e3)
    figures = [
        Figure(of, name, "1", statistics.median(found), "ms", found)
        for of, table in (("sign-in", took), ("sign-in, processor", busy))
        for name, found in table.items()
    ]
    return Measured(figures, [_goal(took)], (), ROUNDS, SECONDS)


def _goal(took: dict[str, list[float]]) -> Goal:
    added = statistics.median(slow - quick for slow, quick in zip(took[WITH], took[WITHOUT], strict=True))
    return Goal("a warm function in a sign-in", "the same without", WANTED_MS, {"": added}, "ms", at_most=True)


def _in_turns(server: Running, number: int) -> dict[str, float]:
    """Milliseconds of the middle sign-in of each pool: one of this, one of that, so that a slow moment is both's."""
    requests = {name: _request(server, name) for name in CLIENTS}
    times: dict[str, list[float]] = {name: [] for name in CLIENTS}
    for _ in range(number):
        for name, request in requests.items():
            started = time.perf_counter()
            ask_all(server.origin, [request], connections=1)
            times[name].append(time.perf_counter() - started)
    return {name: percentile(found, 0.5) * 1e3 for name, found in times.items()}


def _request(server: Running, name: str) -> bytes:
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
    }
    asked = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": CLIENTS[name],
        "AuthParameters": {"USERNAME": "ada", "PASSWORD": "Lovelace-1815"},
    }
    return request_bytes(urlsplit(server.origin).netloc, "POST", "/", headers, json.dumps(asked))


def _processor_s(pid: int) -> float:
    """Of the process and of those that it began and still has."""
    began = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in _children(task)]
    return _own_processor_s(pid) + sum(_processor_s(child) for child in set(began))


def _children(task: Path) -> list[str]:
    return (task / "children").read_text().split()


def _own_processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _server() -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="halfday-bench-") as folder:
        (Path(folder) / "same.py").write_text(HANDLER)
        with serving(Path(folder), SEED, core=SERVER_CORE) as running:
            yield running
