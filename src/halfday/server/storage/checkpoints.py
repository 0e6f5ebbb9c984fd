"""SQLite's checkpoints, in a thread: what was committed moves from the write-ahead log into the database file.

A checkpoint waits for the disk twice. SQLite's automatic checkpoint runs within the commit that fills the log, and on
a shared disk it kept all other requests waiting for 300 ms. Here a thread with a connection of its own makes the
checkpoints, beside readers and writers. While writes never pause, no such checkpoint reaches the log's end, and the
log would grow for ever. So a checkpoint of a long log keeps writers out until the log is empty. They wait by `await`,
as for another process.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

EVERY_WRITES = 64
LONG_LOG_BYTES = 64 * 1024 * 1024
PATIENCE_S = 5.0

log = logging.getLogger("halfday.storage")


class Checkpoints:
    def __init__(self, path: Path) -> None:
        self._path, self._log_path = path, path.with_name(f"{path.name}-wal")
        self._writes = 0
        self._due, self._over = threading.Event(), False
        self._thread: threading.Thread | None = None

    def wrote(self) -> None:
        """Counts a statement that may have written. The first checkpoint that is due starts the thread."""
        self._writes += 1
        if self._writes % EVERY_WRITES == 0:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="halfday-checkpoints", daemon=True)
                self._thread.start()
            self._due.set()

    def close(self) -> None:
        """Ends the thread and its checkpoint. The last connection that closes makes another by itself."""
        self._over = True
        self._due.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, timeout=PATIENCE_S, isolation_level=None)
        try:
            while self._due.wait() and not self._over:
                self._due.clear()
                self._checkpoint(connection)
        finally:
            connection.close()

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        """A failed checkpoint loses no commit: the log stays longer, and the next checkpoint does the work."""
        try:
            connection.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if self._is_long() else 'PASSIVE'})").fetchall()
        except sqlite3.Error as problem:
            log.warning("a checkpoint of the database failed: %s", problem.sqlite_errorname)

    def _is_long(self) -> bool:
        try:
            return self._log_path.stat().st_size > LONG_LOG_BYTES
        except OSError:
            return False
