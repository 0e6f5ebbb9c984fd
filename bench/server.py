"""A server in a process of its own, so that it and the load do not share an interpreter."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Running:
    origin: str
    pid: int

    @property
    def memory_mb(self) -> float:
        """What of the process is in memory now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def server_process(seed: str, *, core: str | None = None) -> Iterator[str]:
    """Its origin, until the end of `with`. `core`: the one that it may use, where others have the same one."""
    with serving_anywhere(seed, core=core) as running:
        yield running.origin


@contextmanager
def serving_anywhere(seed: str, *, core: str | None = None) -> Iterator[Running]:
    with (
        tempfile.TemporaryDirectory(prefix="halfday-bench-") as folder,
        serving(Path(folder), seed, core=core) as server,
    ):
        yield server


@contextmanager
def serving(folder: Path, seed: str, *, core: str | None = None, upstream: str = "none") -> Iterator[Running]:
    """The server of that folder's data. Its log goes where it would go in use: to a stream, here a file."""
    port = free_port()
    (folder / "halfday.toml").write_text(seed)
    pinned = ["taskset", "-c", core] if core else []
    command = [*pinned, sys.executable, "-m", "halfday.cli", "serve", "--config", str(folder / "halfday.toml")]
    command += ["--data", str(folder / "data"), "--port", str(port), "--upstream", upstream]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log)
        try:
            _wait(process, port, folder / "log")
            yield Running(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()
            process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    def check() -> None:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {log.read_text()}")

    wait_for(port, check)


def wait_for(port: int, check: Callable[[], None] = lambda: None) -> None:
    """Until something answers there, for 30 s. A server may listen before it can answer."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        check()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/")
            connection.getresponse()
            return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise RuntimeError("the server did not come up within 30 s")
