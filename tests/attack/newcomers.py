"""Somebody new every 0.2 s, in a process of its own: else the attacker's own work would count as the server's.

As a program it comes until its standard input ends, and then tells how it was served.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

INTERVAL_S = 0.2
PATIENCE_S = 20


@dataclass
class Newcomers:
    """`unserved` has the first outcomes that were no answer of 200."""

    served: int = 0
    unserved: list[str] = field(default_factory=list)
    longest_s: float = 0.0


@contextmanager
def coming(address: tuple[str, int], path: str) -> Iterator[Newcomers]:
    """What is yielded is true after the block."""
    command = [sys.executable, "-m", "attack.newcomers", address[0], str(address[1]), path]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    newcomers = Newcomers()
    try:
        yield newcomers
        told, _ = process.communicate(timeout=3 * PATIENCE_S)
        newcomers.__dict__.update(json.loads(told))
    finally:
        process.kill()
        process.wait()


async def _keep_coming(host: str, port: int, path: str) -> Newcomers:
    newcomers, over = Newcomers(), asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, over.set)
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    while not over.is_set():
        started = time.monotonic()
        outcome = await _ask(host, port, request)
        newcomers.longest_s = max(newcomers.longest_s, time.monotonic() - started)
        if outcome == "200":
            newcomers.served += 1
        else:
            newcomers.unserved.append(outcome)
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), INTERVAL_S)
    return newcomers


async def _ask(host: str, port: int, request: bytes) -> str:
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(request)
            answer = await reader.read()
            writer.transport.abort()
    except (OSError, TimeoutError) as problem:
        return type(problem).__name__
    return answer[9:12].decode(errors="replace") or "closed unanswered"


if __name__ == "__main__":
    with suppress(PermissionError):
        os.nice(-5)
    print(json.dumps(asdict(asyncio.run(_keep_coming(sys.argv[1], int(sys.argv[2]), sys.argv[3])))))
