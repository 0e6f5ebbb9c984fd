"""A folder of this process among those of all that use the data folder. POSIX only: it holds a lock."""

from __future__ import annotations

import fcntl
import shutil
import uuid
from contextlib import suppress
from pathlib import Path


class OwnFolder:
    """A folder that no other process uses. What processes have left that are gone is removed first.

    Whoever lives holds a lock beside the folder, taken before the folder is made.
    """

    def __init__(self, among: Path) -> None:
        _sweep(among)
        self.path = among / uuid.uuid4().hex
        self._lock = open(_lock_of(self.path), "w")  # noqa: SIM115 - held as long as the process lives
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path.mkdir(mode=0o700)

    def close(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        _lock_of(self.path).unlink(missing_ok=True)
        self._lock.close()


def _sweep(among: Path) -> None:
    for folder in [path for path in among.iterdir() if path.is_dir()]:
        with suppress(OSError), open(_lock_of(folder), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            _lock_of(folder).unlink(missing_ok=True)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")
