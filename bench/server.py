"""A server in a process of its own, so that it and the load do not share an interpreter."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server_process(seed: str, *, core: str | None = None) -> Iterator[str]:
    """Its origin, until the end of `with`. Its log goes where it would go in use: to a stream, here a file.

    `core`: the one that it may use, where others do the same work on the same one.
    """
    with tempfile.TemporaryDirectory(prefix="halfday-bench-") as name:
        folder, port = Path(name), free_port()
        (folder / "halfday.toml").write_text(seed)
        pinned = ["taskset", "-c", core] if core else []
        command = [*pinned, sys.executable, "-m", "halfday.cli", "serve", "--config", str(folder / "halfday.toml")]
        command += ["--data", str(folder / "data"), "--port", str(port), "--upstream", "none"]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(command, stderr=log, stdout=log)
            try:
                _wait(process, port, folder / "log")
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait(timeout=10)


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
    """Until something listens there, for 20 s."""
    for _ in range(400):
        check()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not come up within 20 s")
