"""Encrypts secrets at rest: AES-256-GCM with one master key, bound to the table and column of the value.

Whoever steals the database file without the key cannot read the secrets. A sealed value that is moved to another column
does not open.
"""

from __future__ import annotations

import base64
import fcntl
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_PREFIX = "sealed:1:"


class WrongMasterKey(Exception):
    """A sealed value does not open with this master key, or the value was moved or altered."""


class Sealer:
    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes, this has {len(master_key)}")
        self._cipher = AESGCM(master_key)
        self._master_key = master_key

    def key_for(self, purpose: str) -> bytes:
        """Derives 32 bytes for this purpose, which are the same in every process and after a restart."""
        return hmac.digest(self._master_key, purpose.encode(), "sha256")

    def seal(self, plain: str, place: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        blob = nonce + self._cipher.encrypt(nonce, plain.encode(), place.encode())
        return _PREFIX + base64.b64encode(blob).decode()

    def open(self, sealed: str, place: str) -> str:
        """Raises WrongMasterKey."""
        if not sealed.startswith(_PREFIX):
            raise WrongMasterKey(f"{place} holds something that was never sealed")
        blob = base64.b64decode(sealed[len(_PREFIX) :])
        try:
            return self._cipher.decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], place.encode()).decode()
        except InvalidTag as problem:
            sentence = f"{place} does not open with this master key: is --master-key-file the one it was written with?"
            raise WrongMasterKey(sentence) from problem


def load_master_key(path: Path) -> bytes:
    """Reads the key from `path`, where it stands as base64, or creates it with mode 0600. Raises WrongMasterKey.

    A key is returned only after it is on the disk, because without it no sealed value opens again. If two processes
    start at once, one creates the key and the other reads it.
    """
    try:
        with _locked(path.parent) as folder:
            if not path.exists():
                _write_master_key(path, folder)
            return _read_master_key(path)
    except OSError as problem:
        raise WrongMasterKey(f"the master key {path} cannot be used: {problem.strerror or problem}") from problem


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """Yields a descriptor of the folder. Only one process is within such a block at a time."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _write_master_key(path: Path, folder: int) -> None:
    """Writes the whole file or nothing, also at a power cut: writes aside, flushes, renames, flushes the name."""
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    os.fsync(folder)


def _read_master_key(path: Path) -> bytes:
    try:
        key = base64.b64decode(path.read_text().strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise WrongMasterKey(f"{path} holds no master key: {KEY_BYTES} bytes as base64")
    return key
