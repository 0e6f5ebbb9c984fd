"""Where the server of the image runs: in a container by podman, or in its twin.

The twin is a mount namespace whose root is this machine's, read-only, with a tmpfs on /tmp and the folders of the
image; environment, user and command are read out of the Dockerfile. The container is used where IMAGE_UNDER_TEST names
an image (packaging/build-here.sh makes one). Both run in a network namespace that the test made.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from image.dockerfile import ROOT, last_stage
from image.networks import SERVER, Network

STAGE = last_stage()
IMAGE = os.environ.get("IMAGE_UNDER_TEST")
RUNTIME = ("--runtime", "runc") if shutil.which("runc") else ()
LIMITS = ("--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1000:1000")
"""Said, as the machine of the tests may not raise them."""


@dataclass
class Given:
    """What a container is started with. `data` is mounted as its volume, `seed` as its halfday.toml."""

    network: Network
    data: Path | None = None
    seed: Path | None = None
    tmp: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)


class Started(Protocol):
    def lives(self) -> bool: ...

    def kill(self) -> None:
        """Ends it at once, by SIGKILL."""

    def stop(self) -> tuple[int, float]:
        """Exit code, and the seconds that it took after SIGTERM."""

    def log(self) -> str: ...

    def run(self, *words: str) -> tuple[int, str]:
        """Exit code and output of a command within."""

    def remove(self) -> None:
        """It and what belongs to it is gone."""


def wait_until_up(network: Network, started: Started) -> None:
    deadline = time.monotonic() + 30
    while network.ask("GET", f"http://{SERVER}:4242/ready")[0] != 200:
        assert started.lives(), f"it does not come up: {started.log()}"
        assert time.monotonic() < deadline, f"it is not up after 30 s: {started.log()}"
        time.sleep(0.1)


class Container:
    def __init__(self, image: str, given: Given) -> None:
        volumes = [(given.data, f"{STAGE.workdir}/.halfday:rw"), (given.seed, f"{STAGE.workdir}/halfday.toml:ro")]
        command = ["podman", *RUNTIME, "run", "--detach", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all"]
        command += [*LIMITS, "--security-opt=no-new-privileges", f"--network=ns:/run/netns/{given.network.server}"]
        command += ["--tmpfs=/tmp"] if given.tmp else []
        command += [f"--volume={here}:{there}" for here, there in volumes if here is not None]
        command += [f"--env={name}={value}" for name, value in given.environment.items()]
        self._id = _said(*command, image)

    def lives(self) -> bool:
        return _said("podman", "inspect", "--format={{.State.Running}}", self._id) == "true"

    def kill(self) -> None:
        _said("podman", "kill", "--signal=KILL", self._id)
        _said("podman", "wait", self._id)

    def stop(self) -> tuple[int, float]:
        began = time.monotonic()
        _said("podman", "kill", "--signal=TERM", self._id)
        return int(_said("podman", "wait", self._id)), time.monotonic() - began

    def log(self) -> str:
        told = subprocess.run(("podman", "logs", self._id), capture_output=True, text=True)
        return told.stdout + told.stderr

    def run(self, *words: str) -> tuple[int, str]:
        done = subprocess.run(("podman", "exec", self._id, *words), capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def remove(self) -> None:
        subprocess.run(("podman", "rm", "--force", "--time=0", self._id), capture_output=True)


class Twin:
    def __init__(self, given: Given, folder: Path) -> None:
        self._given, self._log = given, folder / "log.txt"
        self._environment = {**STAGE.environment, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
        self._environment |= given.environment
        with self._log.open("w") as log:
            self._process = subprocess.Popen(self._command(STAGE.command), stdout=log, stderr=log)

    def _command(self, words: list[str]) -> list[str]:
        given = self._given
        drop = ["setpriv", f"--reuid={STAGE.user}", f"--regid={STAGE.user}", "--clear-groups", "--no-new-privs"]
        drop += ["--bounding-set=-all", "--inh-caps=-all"]
        variables = [f"{name}={value}" for name, value in self._environment.items()]
        return [
            *("ip", "netns", "exec", given.network.server, "unshare", "--mount", "--propagation=private"),
            *("sh", "-euc", _ROOT_FILE_SYSTEM, "sh"),
            *(str(given.data or ""), str(given.seed or ""), "tmp" if given.tmp else ""),
            *(str(ROOT), sys.base_prefix, str(STAGE.user)),
            *(*drop, "env", "-i", *variables, *words),
        ]

    def lives(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> tuple[int, float]:
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30), time.monotonic() - began

    def log(self) -> str:
        return self._log.read_text()

    def run(self, *words: str) -> tuple[int, str]:
        """In a namespace that is made as the server's was."""
        here = [str(ROOT / "packaging" / Path(word).name) if word.startswith("/opt/") else word for word in words]
        done = subprocess.run(self._command(here), capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def remove(self) -> None:
        self.kill()


# $1 data, $2 seed file, $3 tmp or nothing, $4 the project's folder, $5 Python's, $6 the user. What is under folders
# that only root enters, or under /tmp, is mounted under /mnt first, then found again under its own name.
_ROOT_FILE_SYSTEM = """
data=$1 seed=$2 tmp=$3 project=$4 python=$5 user=$6; shift 6
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir -p /mnt/home/.halfday /mnt/project /mnt/python
chown "$user" /mnt/home/.halfday && chmod 700 /mnt/home/.halfday
[ -z "$seed" ] || cp "$seed" /mnt/home/halfday.toml
[ -z "$data" ] || mount --bind "$data" /mnt/home/.halfday
mount --rbind "$project" /mnt/project
mount --rbind "$python" /mnt/python
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /root
[ -d "$project" ] || { mkdir -p "$project"; mount --rbind /mnt/project "$project"; }
[ -d "$python" ] || { mkdir -p "$python"; mount --rbind /mnt/python "$python"; }
for point in $(cut -d" " -f2 /proc/self/mounts | grep -Ev "^/(proc|sys|dev)(/|$)"); do
  [ -e "$point" ] || continue  # another is mounted over it
  case $point in
    /mnt/home/.halfday) ;;
    /tmp) [ -n "$tmp" ] || mount -o remount,bind,ro /tmp ;;
    *) mount -o remount,bind,ro "$point" ;;
  esac
done
cd /mnt/home
exec "$@"
"""


def start(given: Given, folder: Path) -> Started:
    """A server in its place, asked for /ready until it answers."""
    if given.data is not None:
        given.data.mkdir(exist_ok=True)
        os.chown(given.data, STAGE.user, STAGE.user)
        given.data.chmod(0o700)
    started: Started = Container(IMAGE, given) if IMAGE else Twin(given, folder)
    try:
        wait_until_up(given.network, started)
    except BaseException:
        started.remove()
        raise
    return started


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command[:3]}: {done.stderr}"
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
