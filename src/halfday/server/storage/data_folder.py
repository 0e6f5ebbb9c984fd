"""The folder of the database and the master key. Only its owner may use it, whatever the umask is.

Whoever can read the folder can sign in as anybody; whoever can write in it can replace the key or the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from halfday.server.settings import DEFAULT_DATA, MASTER_KEY_FILE, SettingRefused, Settings

log = logging.getLogger("halfday.data")
SERVING_FILE, ALONE_FILE = "serving.lock", "alone.lock"
"""Lock files: every server of the folder holds the first; one server at a time holds the second."""

IGNORE_FILE = ".gitignore"

_OTHERS = 0o077
_OTHERS_MAY_WRITE = 0o022


def make_private(folder: Path, names: Collection[str]) -> None:
    """Creates the folder with mode 0700, and gives files of these names mode 0600. Raises SettingRefused.

    A folder that holds other files too, such as a project's, keeps its mode. A folder that belongs to another user, or
    that others may write in, is refused.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_owner(folder)
        if all(_is_one_of(entry.name, names) for entry in folder.iterdir()):
            _take_from_others(folder)
            _keep_from_git(folder)
        elif folder.stat().st_mode & _OTHERS_MAY_WRITE:
            raise SettingRefused(f"data: others may write in {folder}: choose another folder, or chmod 700 it")
        for entry in folder.iterdir():
            if _is_one_of(entry.name, names):
                _check_owner(entry)
                _take_from_others(entry)
                _check_usable(entry)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise SettingRefused(f"data: this user may not write in {folder}: choose another folder, or chmod 700 it")
    except (OSError, ValueError) as problem:
        if isinstance(problem, SettingRefused):
            raise
        reason = problem.strerror if isinstance(problem, OSError) else "that is no path"
        raise SettingRefused(f"data: {str(folder)!r} cannot be used: {reason}") from problem


def with_a_folder(settings: Settings, stack: ExitStack) -> Settings:
    """The settings; of a server that keeps nothing with a folder that is made where needed, and removed with `stack`.

    Certificates and unpacked functions are files for other programs. Raises SettingRefused.
    """
    if not settings.ephemeral:
        return settings
    if settings.data != DEFAULT_DATA:
        raise SettingRefused("data: ephemeral keeps nothing, so it has no data folder")
    folder = Path(_temporary(), f"halfday-{secrets.token_hex(8)}")
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    if settings.https or settings.aws_names != "off":
        try:
            folder.mkdir(mode=0o700)
        except OSError as problem:
            raise SettingRefused(
                f"ephemeral: certificates (https, aws_names) need a folder for temporary files, and in {folder.parent} "
                f"none can be made: {problem.strerror}"
            ) from problem
    return replace(settings, data=folder)


def _temporary() -> str:
    """The folder for temporary files. Where nothing can be written at all, the one that would be it."""
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        return os.environ.get("TMPDIR", "/tmp")  # noqa: S108 nothing is written there


@contextmanager
def serving(folder: Path, origin: str) -> Iterator[None]:
    """Marks the folder as served at `origin` by this process, until the block ends. Raises SettingRefused.

    Several servers of one folder must have the same origin, because it is the issuer of their tokens.
    """
    with open(folder / SERVING_FILE, "a+", opener=_private) as file:
        with _held(folder / ALONE_FILE):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _check_same_origin(file, folder, origin)
            else:
                file.truncate(0)
                file.write(origin)
                file.flush()
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


@asynccontextmanager
async def alone(folder: Path) -> AsyncIterator[None]:
    """Only one server of this folder is within such a block at a time."""
    held = _held(folder / ALONE_FILE)
    await asyncio.to_thread(held.__enter__)
    try:
        yield
    finally:
        held.__exit__(None, None, None)


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with open(path, "a", opener=_private) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _check_same_origin(file: TextIO, folder: Path, origin: str) -> None:
    file.seek(0)
    if (other := file.read()) != origin:
        raise SettingRefused(
            f"data: a server that runs on {folder} is reached at {other}, and this one at {origin}: tokens of one "
            "would not be the other's. Give both the same public_url, or another data folder"
        )


def _keep_from_git(folder: Path) -> None:
    """Nothing in the folder is offered to `git add`: neither the key nor what it seals."""
    with contextlib.suppress(FileExistsError):
        descriptor = os.open(folder / IGNORE_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("# made by halfday serve: what is in here is this machine's alone\n*\n")


def _is_one_of(name: str, names: Collection[str]) -> bool:
    """SQLite keeps -wal and -shm beside its file."""
    return any(name == known or name.startswith(f"{known}-") for known in names)


def _check_owner(path: Path) -> None:
    owner = path.stat().st_uid
    if owner != os.geteuid():
        raise SettingRefused(f"data: {path} belongs to user id {owner}, and this server runs as {os.geteuid()}")


def _check_usable(path: Path) -> None:
    """Checks that this user may read and write the file; a master key is only read. Raises SettingRefused."""
    if path.exists() and not path.is_file():
        raise SettingRefused(f"data: {path} is no file, and has to be one: choose another folder, or move it away")
    if not os.access(path, os.R_OK if path.name == MASTER_KEY_FILE else os.R_OK | os.W_OK) and path.exists():
        raise SettingRefused(f"data: this user may not read and write {path}: chmod 600 it, or choose another folder")


def _take_from_others(path: Path) -> None:
    """Removes the permissions of others. A symbolic link is left alone: its target has permissions of its own."""
    mode = stat.S_IMODE(path.lstat().st_mode)
    if mode & _OTHERS and not path.is_symlink():
        path.chmod(mode & ~_OTHERS)
        log.warning("%s was open to others, mode %04o: it is its owner's alone now", path, mode)
