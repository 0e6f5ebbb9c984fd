"""Load by wrk (Debian package), on a core of its own: one request again and again, at a number of connections."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.rivals import LOAD_CORE

_SCRIPT = """\
wrk.method = {method}
wrk.body = {body}
{headers}
function done(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.read + summary.errors.timeout + summary.errors.connect
  io.write(string.format('\\n{{"requests": %d, "s": %f, "p50_ms": %f, "p99_ms": %f, "failed": %d}}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failed))
end
"""


@dataclass(frozen=True)
class Asked:
    """One request. Answers other than 2xx count as failed."""

    path: str
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


@dataclass(frozen=True)
class Rate:
    """Requests a second that were answered well, and how long the middle one and the slowest in a hundred took."""

    per_s: float
    p50_ms: float
    p99_ms: float


def load(origin: str, asked: Asked, *, connections: int, seconds: float) -> Rate:
    """Raises RuntimeError when a single request failed: a figure of refusals is no figure."""
    if shutil.which("wrk") is None:
        raise RuntimeError("the load is made by wrk: apt-get install wrk")
    script = _SCRIPT.format(
        method=json.dumps(asked.method),
        body=json.dumps(asked.body),
        headers="\n".join(f"wrk.headers[{json.dumps(n)}] = {json.dumps(v)}" for n, v in asked.headers.items()),
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = [
            "taskset",
            "-c",
            LOAD_CORE,
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "-s",
            file.name,
        ]
        done = subprocess.run([*command, origin + asked.path], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.strip().splitlines()[-1])
    if told["failed"]:
        raise RuntimeError(f"{told['failed']} of {told['requests']} requests failed: {asked.path}")
    return Rate(told["requests"] / told["s"], told["p50_ms"], told["p99_ms"])
