"""Kept sessions: one file each, locked across processes while it is renewed, or the system's keyring.

With `token_store` = keyring the system's keyring holds the secrets (`keyring_store`), and the folder a pointer to them.
Where the files are, and whose they have to be: `cache_files`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from halfday.client.errors import HalfdayError
from halfday.client.token_store import keyring_store
from halfday.client.token_store.cache_files import (
    UNFINISHED,
    NotPrivate,
    cache_dir,
    file_name,
    is_removed,
    make_private_dir,
    read_record_of,
    write_private,
)
from halfday.client.token_store.locks import locked

RENEW_AHEAD_S = 900
"""botocore runs a credential process for every request whose credentials end within 15 minutes (failures.md 7.9)."""
LOCK_TIMEOUT_S = 60.0


def renew_at(expires_at: float, received_at: float) -> float:
    """From when on credentials count as old: RENEW_AHEAD_S before their end, or half-way for short-lived ones."""
    return expires_at - min(RENEW_AHEAD_S, max(0.0, expires_at - received_at) / 2)


class TokenCache:
    """The kept session of one key. Reading needs no lock. To renew, hold `locked` and read again first.

    What the disk refuses is a HalfdayError, which says what is kept there (`what`) and how to help.
    """

    def __init__(
        self, key: str, *, directory: str | None = None, store: str | None = None, what: str = "session"
    ) -> None:
        """`store`: disk or keyring; by default a session stays where it is kept, and a new one goes to the disk."""
        self.key = key
        self.directory = directory or cache_dir()
        self.what = what
        self._store = store
        self._stem = os.path.join(self.directory, file_name(key))

    def load(self) -> dict[str, Any] | None:
        """The record as it was saved; None when there is none, or it is another key's, or no record.

        Raises HalfdayError when it is there and cannot be read: taken for gone, what is renewed would not be kept.
        """
        record = self._read()
        if record is None or "kept_in" not in record:
            return record
        return keyring_store.load(self._account(), self._read)

    def save(self, record: Mapping[str, Any]) -> None:
        """Keeps the record in the place of the one before. Raises HalfdayError, and then that one is kept still."""
        record, old = {**record, "key": self.key}, self._read() or {}
        if (self._store or old.get("kept_in", "disk")) == "keyring":
            self._save_in_keyring(json.dumps(record), old)
            return
        with self._refusals_told("kept"):
            write_private(f"{self._stem}.json", json.dumps(record, indent=1))
        if "kept_in" in old:
            keyring_store.forget(self._account())

    def forget(self) -> bool:
        """Removes the session and everything made from it; False when there was nothing.

        What was made from it is removed first: a program killed in between leaves no credentials without a session.
        """
        with self._refusals_told("removed"):
            made = [is_removed(path) for path in self._files()]
        if "kept_in" in (self._read() or {}):
            keyring_store.forget(self._account())
        with self._refusals_told("removed"):
            return is_removed(f"{self._stem}.json") or any(made)

    def check(self) -> None:
        """Raises SettingsError when what is saved could not be kept, because there is no keyring."""
        if self._store == "keyring":
            keyring_store.check()

    def is_on_disk(self) -> bool:
        """Whether ready-made output may be written beside the session."""
        return (self._store or (self._read() or {}).get("kept_in", "disk")) != "keyring"

    def kept_in(self) -> str:
        """Where it is kept, in words: the file, or the keyring. Raises HalfdayError as `load`."""
        return "keyring" if (self._read() or {}).get("kept_in") == "keyring" else f"{self._stem}.json"

    def forget_outputs(self) -> None:
        """Removes what was made from the session; the session itself stays, to be replaced whole."""
        with self._refusals_told("removed"):
            for path in self._files():
                is_removed(path)

    def obstacle(self) -> str:
        """Why the kept session is not used, in words; empty when there is none, or nothing wrong with it."""
        path = f"{self._stem}.json"
        try:
            record = read_record_of(path)
        except FileNotFoundError:
            return ""
        except NotPrivate as problem:
            return str(problem)
        except (OSError, ValueError):
            return f"{path} is damaged"
        return "" if record.get("key") == self.key else f"{path} is another connection's"

    def locked(self, *, timeout_s: float = LOCK_TIMEOUT_S) -> AbstractContextManager[None]:
        """Held by one thread of one process at a time. Raises TimeoutError, HalfdayError."""
        with self._refusals_told("locked"):
            make_private_dir(self.directory)
        return locked(f"{self._stem}.lock", timeout_s=timeout_s, opening=self._refusals_told("locked"))

    def _read(self) -> dict[str, Any] | None:
        """What the file holds: the record, or where in the keyring it is."""
        try:
            with self._refusals_told("read"):
                record = read_record_of(f"{self._stem}.json")
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return record if record.get("key") == self.key else None

    def _refusals_told(self, done: str) -> AbstractContextManager[object]:
        """Within it, what the disk refuses is a HalfdayError: the session could not be `done`."""
        return _RefusalsTold(f"the {self.what} could not be {done}", self.directory)

    def _save_in_keyring(self, text: str, old: Mapping[str, Any]) -> None:
        pointer = keyring_store.save(self._account(), text, old)
        with self._refusals_told("kept"):
            write_private(f"{self._stem}.json", json.dumps({"key": self.key, **pointer}, indent=1))
        keyring_store.forget(self._account(), but=pointer["writing"])
        if "kept_in" not in old:
            self.forget_outputs()

    def _account(self) -> str:
        """The name of the keyring's entries. It differs by folder: a person's folders share one keyring."""
        return f"{self.key} {hashlib.sha256(os.path.abspath(self.directory).encode()).hexdigest()[:8]}"

    def _files(self) -> Iterator[str]:
        """What was made from the session, and what writers that were killed left behind."""
        if not os.path.isdir(self.directory):
            return
        stem = os.path.basename(self._stem)
        for name in os.listdir(self.directory):
            is_output = name.startswith(f"{stem}.") and name.endswith(".process")
            if is_output or name.startswith(f"{UNFINISHED}{stem}."):
                yield os.path.join(self.directory, name)


def kept_keys(directory: str) -> list[str]:
    """The keys of all that is kept in a folder, in order. Files that cannot be read are left out."""
    keys = []
    for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else ():
        if name.endswith(".json"):
            try:
                keys.append(str(read_record_of(os.path.join(directory, name))["key"]))
            except (OSError, ValueError, KeyError):
                continue
    return keys


class _RefusalsTold:
    """Turns an OSError into a HalfdayError. What is not there, and a lock that is held, are no refusals."""

    def __init__(self, sentence: str, directory: str) -> None:
        self._sentence = sentence
        self._directory = directory

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not isinstance(error, OSError) or isinstance(error, (FileNotFoundError, NotADirectoryError, TimeoutError)):
            return
        hint = f"let {self._directory} and what is in it be yours to read and write, with room on its disk"
        raise HalfdayError(f"{self._sentence}: {error}", hint=hint) from error
