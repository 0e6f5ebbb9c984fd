"""The files of the cache folder: 0600 in a folder of 0700, replaced whole, and not read if others could have written.

    ~/.halfday/cache or $HALFDAY_CACHE_DIR
        NAME.json           a session (`token_cache`)
        NAME.PLACE.process  what `credential_process` prints for it, ready made
        NAME.lock           held while NAME is renewed; never replaced, so that a lock on it means something

A session that somebody planted would have the person act as somebody else, and credentials that others may read are no
secret: `read_private` refuses both. This module is loaded for kept credentials, before every AWS CLI call, and imports
os and time only. `from __future__ import annotations` would load a module that costs more than all of this.
"""

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_HEADING = "halfday 1"
UNFINISHED = ".new-"
"""The beginning of the names of files that are being written."""


def cache_dir(environ: "Mapping[str, str] | None" = None) -> str:
    environ = os.environ if environ is None else environ
    return environ.get("HALFDAY_CACHE_DIR") or os.path.expanduser(os.path.join("~", ".halfday", "cache"))


def file_name(key: str) -> str:
    """A readable file name for a key. Keys that differ may share one: each file names its key in its own text."""
    return "".join(letter if letter.isalnum() or letter in ".-" else "_" for letter in key)[:150]


def read_process_output(key: str, place: str, *, directory: str, now: float | None = None) -> str | None:
    """The ready-made JSON, when there is some and it is not old; else None. The hot path."""
    try:
        heading, renewal, text = read_private(_process_path(key, place, directory)).split("\n", 2)
        fresh = float(renewal) > (time.time() if now is None else now)
    except (OSError, ValueError):
        return None
    return text if fresh and heading == _heading(key, place) else None


def write_process_output(key: str, place: str, text: str, *, directory: str, renew_at: float) -> None:
    content = f"{_heading(key, place)}\n{renew_at:.0f}\n{text}"
    write_private(_process_path(key, place, directory), content)


class NotPrivate(ValueError):
    """Somebody else wrote it, or could have. The sentence says which file, and who."""


def read_private(path: str) -> str:
    """The text of a file that this user alone can write and read. Raises NotPrivate, and OSError.

    What is looked at is what is read: the file that is open, not its name.
    """
    with open(path, encoding="utf-8") as file:
        found = os.fstat(file.fileno())
        if os.name == "posix" and found.st_uid != os.geteuid():
            raise NotPrivate(f"{path} belongs to another user, and is not used")
        if os.name == "posix" and found.st_mode & 0o077:
            raise NotPrivate(f"{path} is open to other users (mode {found.st_mode & 0o777:04o}), and is not used")
        return file.read()


def read_record_of(path: str) -> "dict[str, Any]":
    """The JSON object in a private file. Raises ValueError for anything else, NotPrivate, and OSError."""
    import json

    try:
        record = json.loads(read_private(path))
    except RecursionError:
        raise ValueError(f"{path} is nested too deep") from None
    if not isinstance(record, dict):
        raise ValueError(f"{path} is not a record")
    return record


def make_private_dir(path: str) -> None:
    """The folder exists; it and every parent that did not exist before are 0700."""
    parent = os.path.dirname(path)
    if parent != path and not os.path.isdir(parent or "."):
        make_private_dir(parent)
    os.makedirs(path, mode=0o700, exist_ok=True)


def write_private(path: str, text: str) -> None:
    """The file holds `text`, whole or not at all, readable by its owner only, and on the disk."""
    import tempfile

    directory = os.path.dirname(path)
    make_private_dir(directory)
    handle, temporary = tempfile.mkstemp(dir=directory, prefix=f"{UNFINISHED}{os.path.basename(path)}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        is_removed(temporary)
        raise


def is_removed(path: str) -> bool:
    """The file is gone; False when there was none."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


def _process_path(key: str, place: str, directory: str) -> str:
    return os.path.join(directory, f"{file_name(key)}.{file_name(place)}.process")


def _heading(key: str, place: str) -> str:
    return f"{_HEADING} {key} {place}"
