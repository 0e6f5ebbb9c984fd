"""Another client, in a process of its own: it asks for a pool's keys every few ms and tells how long it waited.

As a program it answers each line on its standard input with what happened since the line before.
"""

from __future__ import annotations

import gc
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from attack.wire import UNHEARD, Client

INTERVAL_S = 0.003
STALL_MS = 100.0


@dataclass(frozen=True)
class Waited:
    """`longest_ms` is the longest wait for an answer, from before the request until the answer was read."""

    longest_ms: float
    pings: int
    failures: int


class Pinger:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def since_the_last_look(self) -> Waited:
        """Includes the ping that is under way."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("look\n")
        self._process.stdin.flush()
        return Waited(**json.loads(self._process.stdout.readline()))


@contextmanager
def pinging(address: tuple[str, int], path: str) -> Iterator[Pinger]:
    """Pings until the end of the block."""
    command = [sys.executable, "-m", "attack.pinger", address[0], str(address[1]), path]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        pinger = Pinger(process)
        pinger.since_the_last_look()
        yield pinger
    finally:
        process.kill()
        process.communicate()


def while_quiet(pinger: Pinger, seconds: float = 2.0) -> Waited:
    """What is waited while nobody attacks: what this machine adds by itself."""
    pinger.since_the_last_look()
    time.sleep(seconds)
    return pinger.since_the_last_look()


def main(host: str, port: str, path: str) -> None:
    gc.disable()
    with suppress(PermissionError):
        os.nice(-5)  # else its own waiting for a processor would count
    client = Client((host, int(port)), timeout_s=60)
    longest, pings, failures = 0.0, 0, 0
    while True:
        waited, answered = _ping(client, path)
        longest, pings, failures = max(longest, waited), pings + 1, failures + (not answered)
        if select.select([sys.stdin], [], [], INTERVAL_S)[0]:
            if not sys.stdin.readline():
                return
            print(json.dumps({"longest_ms": longest, "pings": pings, "failures": failures}), flush=True)
            longest, pings, failures = 0.0, 0, 0


def _ping(client: Client, path: str) -> tuple[float, bool]:
    started = time.perf_counter()
    try:
        answered = client.request("GET", path).status == 200
    except UNHEARD:
        answered = False
    return (time.perf_counter() - started) * 1e3, answered


if __name__ == "__main__":
    main(*sys.argv[1:])
