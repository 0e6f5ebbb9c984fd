"""`halfday serve` as a process of its own: started, measured, killed. No child outlives the attack."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attack import logs

START_S = 60
TICKS = os.sysconf("SC_CLK_TCK")
SEED_FILE = "halfday.toml"
PR_SET_PDEATHSIG = 1


class Server:
    """One data folder and one port, and the process that serves them now."""

    def __init__(self, folder: Path, *options: str, seed: str = "", descriptors: int | None = None) -> None:
        self.folder = folder
        self.port, self.management_port, google = (free_port() for _ in range(3))
        self.descriptors = descriptors
        self.command = [sys.executable, "-m", "halfday.cli", "serve", "--port", str(self.port)]
        self.command += ["--management-port", str(self.management_port), "--google-port", str(google)]
        self.command += ["--data", str(self.data), "--upstream", "none", *options]
        self.process: subprocess.Popen[bytes] | None = None
        if seed:
            (folder / SEED_FILE).write_text(seed)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def management(self) -> str:
        return f"http://127.0.0.1:{self.management_port}"

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    def spawn(self) -> subprocess.Popen[bytes]:
        """Starts the process and does not wait for it to answer."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
                preexec_fn=self._before_it_runs,
            )
        return self.process

    def start(self) -> None:
        """Starts the process; returns when it takes connections."""
        process, until = self.spawn(), time.monotonic() + START_S
        while time.monotonic() < until:
            if process.poll() is not None:
                raise RuntimeError(f"the server ended with {process.returncode}: {self.log_text()[-2000:]}")
            with socket.socket() as probe:
                if probe.connect_ex(self.address) == 0:
                    return
            time.sleep(0.01)
        raise RuntimeError(f"the server did not come up within {START_S} s: {self.log_text()[-2000:]}")

    def kill(self) -> None:
        """SIGKILL, at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def log_bytes(self) -> int:
        return self.log.stat().st_size

    def data_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.data.rglob("*") if path.is_file())

    def resident_bytes(self) -> int:
        return self._status("VmRSS")

    def peak_bytes(self) -> int:
        """The largest resident size since `forget_peak`."""
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def open_descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self._pid}/fd"))

    @property
    def _pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self._pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"the kernel does not tell {name}")

    def _before_it_runs(self) -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if self.descriptors is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))


@contextmanager
def serving(*options: str, seed: str = "", descriptors: int | None = None) -> Iterator[Server]:
    """A server that answers, in a folder of its own; killed and removed at the end."""
    with a_folder(*options, seed=seed, descriptors=descriptors) as server:
        server.start()
        yield server


@contextmanager
def a_folder(*options: str, seed: str = "", descriptors: int | None = None) -> Iterator[Server]:
    """A server that is not started yet."""
    with tempfile.TemporaryDirectory(prefix="halfday-attack-", ignore_cleanup_errors=True) as name:
        server = Server(Path(name), *options, seed=seed, descriptors=descriptors)
        try:
            yield server
        finally:
            server.kill()
            logs.NOW.search(server.log_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
