"""How soon a server that is started on nothing has made a user pool, and what it holds when it has nothing to do.

From exec to the answer of the first CreateUserPool, on one core, in turns with an interpreter that does nothing and
with ministack, where it is installed or installs. Ours makes two RSA-2048 key pairs for that pool, ministack none.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.bounds import key_pair_ms, pinned
from bench.client import BARE, HALFDAY, NOTHING, environment
from bench.results import Figure, Goal, Measured
from bench.rivals import RIVALS, SERVER_CORE, Rival, running
from bench.server import free_port

ROUNDS = int(os.environ.get("HALFDAY_BENCH_STARTS", "9"))
WANTED_BESIDE_MINISTACK, WANTED_MB, WANTED_S = 1.0, 70.0, 0.35
IDLE_S, PATIENCE_S = 3.0, 60.0
"""A server has loaded by then what its first calls do not need."""
OURS = "Halfday"
ON_THE_CORE = ("taskset", "-c", SERVER_CORE)
SIGNED = {
    "X-Amz-Target": "AWSCognitoIdentityProviderService.CreateUserPool",
    "Content-Type": "application/x-amz-json-1.1",
}


@dataclass(frozen=True)
class Startable:
    """A server's command. {port} and {data} are put in."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def run() -> Measured:
    servers = {OURS: Startable([HALFDAY, "serve", "--port", "{port}", "--data", "{data}/kept", "--upstream", "none"])}
    servers |= {
        rival.name: of_rival(rival) for rival in RIVALS if rival.name.startswith("ministack") and _is_here(rival)
    }
    took: dict[str, list[float]] = {NOTHING: [], **{name: [] for name in servers}}
    held: dict[str, list[float]] = {name: [] for name in servers}
    with pinned(SERVER_CORE):
        pair_ms = key_pair_ms()
    with pinned():
        for counts in (False, *[True] * ROUNDS):
            seconds = _timed(lambda: subprocess.run([*ON_THE_CORE, *BARE], env=environment(), check=True))
            took[NOTHING] += [seconds] * counts
            for name, server in servers.items():
                with started(server) as (seconds, pid):
                    took[name] += [seconds] * counts
                    time.sleep(IDLE_S if counts else 0)
                    held[name] += [_memory_mb(pid)] * counts
    return _measured(took, held, pair_ms)


def _measured(took: dict[str, list[float]], held: dict[str, list[float]], pair_ms: float) -> Measured:
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    memory = {name: statistics.median(figures) for name, figures in held.items()}
    figures = [
        Figure("exec to first CreateUserPool", n, "one core", s * 1e3, "ms", took[n]) for n, s in medians.items()
    ]
    figures += [Figure("idle memory", name, "", mb, "MB", held[name]) for name, mb in memory.items()]
    figures.append(Figure("two key pairs", "bound", "", 2 * pair_ms, "ms"))
    of = "halfday serve, exec to first CreateUserPool"
    beside = {name: medians[OURS] / seconds for name, seconds in medians.items() if name not in (OURS, NOTHING)}
    goals = [
        Goal(of, "on the clock", WANTED_S, {"": medians[OURS]}, "s", at_most=True),
        Goal(
            of,
            "ministack[full]",
            WANTED_BESIDE_MINISTACK,
            {"": next(iter(beside.values()))} if beside else {},
            "×",
            True,
        ),
        Goal("halfday serve, idle memory", "resident", WANTED_MB, {"": memory[OURS]}, "MB", at_most=True),
    ]
    told = [f"{name}: {seconds / medians[NOTHING]:.1f} × {NOTHING}" for name, seconds in medians.items()]
    return Measured(figures, goals, told, ROUNDS)


@contextmanager
def started(server: Startable) -> Iterator[tuple[float, int]]:
    """Seconds from exec to the first pool's answer, and the process, which ends with `with`."""
    with tempfile.TemporaryDirectory(prefix="halfday-bench-") as data:
        port = free_port()
        put = {"port": str(port), "data": data}
        command = [*ON_THE_CORE, *(part.format(**put) for part in server.command)]
        environ = environment() | {name: value.format(**put) for name, value in server.environment.items()}
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=data, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _make_pool(process, port, begun)
            yield time.perf_counter() - begun, process.pid
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()
            process.wait()


def _make_pool(process: subprocess.Popen[bytes], port: int, begun: float) -> None:
    """Asks until it is answered. Raises RuntimeError for another answer than a pool, and after PATIENCE_S."""
    while process.poll() is None and time.perf_counter() - begun < PATIENCE_S:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        try:
            connection.request("POST", "/", json.dumps({"PoolName": "first"}), SIGNED | _signature(port))
            answer = connection.getresponse()
            said = answer.read()
        except (ConnectionError, http.client.HTTPException):
            time.sleep(0.002)
            continue
        finally:
            connection.close()
        if answer.status != 200 or b"UserPool" not in said:
            raise RuntimeError(f"CreateUserPool was answered {answer.status}: {said[:200]!r}")
        return
    raise RuntimeError("the server made no pool")


def _signature(port: int) -> dict[str, str]:
    """Of dummy keys, made anew for each port: the host is signed."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    from bench.asked import KEYS, REGION

    asked = AWSRequest("POST", f"http://127.0.0.1:{port}/", SIGNED, json.dumps({"PoolName": "first"}))
    SigV4Auth(Credentials(*KEYS.values()), "cognito-idp", REGION).add_auth(asked)
    return {name: asked.headers[name] for name in ("X-Amz-Date", "Authorization")}


def of_rival(rival: Rival) -> Startable:
    program, *rest = rival.start
    return Startable([str(rival.folder / program), *rest], rival.environment)


def _is_here(rival: Rival) -> bool:
    """Whether it is installed, or installs and answers now."""
    try:
        with running(rival):
            return True
    except (OSError, RuntimeError, subprocess.CalledProcessError) as problem:
        print(f"{rival.name} is not asked: {problem}", file=sys.stderr)
        return False


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
