"""The code of functions that were made by Lambda's API: a zip in the data folder, unpacked by each process for itself.

A zip is checked whole before it is kept: nothing in it may leave its folder, and it may not unpack to more than Lambda
takes. Each upload is a file of its own, so that no process finds another's code under a name that it knows.
"""

from __future__ import annotations

import os
import shutil
import stat
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from halfday.server.outside.functions.zip_names import Unfit, check_names

if TYPE_CHECKING:
    from halfday.server.outside.functions.own_folder import OwnFolder

MOST_UNPACKED_BYTES = 262_144_000
"""Lambda's limit (Lambda quotas, Deployment package size)."""
MOST_ENTRIES = 100_000
"""Files of one zip. Their list is read before anything else is known of it. Halfday's own limit."""
_DIRECTORY_ENTRY_BYTES = 46
_END_OF_ZIP, _END_BYTES = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_BYTES = b"PK\x06\x07", 20
_LONG_END, _LONG_END_BYTES = b"PK\x06\x06", 56
_PIECE = 1024 * 1024
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, ValueError, EOFError)
"""What a zip raises that is damaged, encrypted, or packed in another way."""


class CodeRefused(ValueError):
    """The zip cannot be a function's code. The sentence is Lambda's; `detail` says what is wrong."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


def check_code(content: bytes) -> None:
    """Reads all of a zip, without keeping any of it. Raises CodeRefused."""
    if not content:
        raise CodeRefused("Uploaded file must be a non-empty zip")
    _check_number_of_entries(content)
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            entries = packed.infolist()
            if not entries:
                raise CodeRefused("Uploaded file must be a non-empty zip")
            if sum(entry.file_size for entry in entries) > MOST_UNPACKED_BYTES:
                raise CodeRefused(f"Unzipped size must be smaller than {MOST_UNPACKED_BYTES} bytes")
            for entry in entries:
                _check_entry(packed, entry)
            links = [(entry.filename, packed.read(entry).decode()) for entry in entries if _is_link(entry)]
            check_names((entry.filename for entry in entries if not _is_link(entry)), links)
    except Unfit as problem:
        raise _unreadable(str(problem)) from problem
    except _UNREADABLE as problem:
        if isinstance(problem, CodeRefused):
            raise
        raise _unreadable(f"{type(problem).__name__}: {problem}") from problem


class CodeFiles:
    """In one folder of the data folder. `keep` and `delete` are for all processes, `unpack` is this one's own."""

    def __init__(self, folder: Path) -> None:
        self._zips, self._of_all = folder / "code", folder.absolute() / "unpacked"
        self._own: OwnFolder | None = None

    def keep(self, code_id: str, content: bytes) -> None:
        """The zip is on the disk, whole, once this returns."""
        make_private(self._zips)
        making = self._zips / f"{code_id}.making"
        with open(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        making.rename(self._zip(code_id))

    def delete(self, code_id: str) -> None:
        self._zip(code_id).unlink(missing_ok=True)

    def unpack(self, code_id: str) -> Path:
        """A new folder with the code, of this process alone. Raises FileNotFoundError where the code was deleted."""
        from halfday.server.outside.functions.own_folder import OwnFolder

        if self._own is None:
            make_private(self._of_all)
            self._own = OwnFolder(self._of_all)
        folder = self._own.path / uuid.uuid4().hex
        folder.mkdir(mode=0o700)
        try:
            with zipfile.ZipFile(self._zip(code_id)) as packed:
                _extract(packed, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return folder

    def pack_away(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        if self._own is not None:
            self._own.close()

    def _zip(self, code_id: str) -> Path:
        return self._zips / f"{code_id}.zip"


def make_private(folder: Path) -> None:
    """The folder is there. What had to be made, of the folders above it too, is for this user alone."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _check_number_of_entries(content: bytes) -> None:
    """By the length of their list, which is read whole when a zip is opened."""
    end = content.rfind(_END_OF_ZIP, max(0, len(content) - _END_BYTES - 0xFFFF))
    if end < 0 or end + _END_BYTES > len(content):
        raise _unreadable("it does not end as a zip ends")
    length = int.from_bytes(content[end + 12 : end + 16], "little")
    if content[end - _LOCATOR_BYTES : end].startswith(_LOCATOR):  # Zip64: another end counts, in front of this one
        longer = content[end - _LOCATOR_BYTES - _LONG_END_BYTES : end - _LOCATOR_BYTES]
        if not longer.startswith(_LONG_END):
            raise _unreadable("it does not end as a zip ends")
        length = int.from_bytes(longer[40:48], "little")
    if length > MOST_ENTRIES * (_DIRECTORY_ENTRY_BYTES + 64):
        raise _unreadable(f"it lists more than {MOST_ENTRIES} files")


def _check_entry(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Raises CodeRefused, and BadZipFile where the content is another than the list says."""
    path = PurePosixPath(entry.filename)
    if entry.compress_type not in _PACKED:
        raise _unreadable(f"it is packed in way {entry.compress_type}")
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or not path.parts:
        raise _unreadable("a file's name leaves the folder")
    if _is_link(entry):
        if entry.file_size > 4096:
            raise _unreadable("a link names a place that is too long")
        return
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _unreadable("it holds a device or a socket")
    with packed.open(entry) as file:
        while file.read(_PIECE):
            pass


def _extract(packed: zipfile.ZipFile, into: Path) -> None:
    """Files first, then links: nothing is written through a link (zip_names)."""
    for entry in _files_first(packed):
        place = into / entry.filename
        if _is_link(entry):
            _link(place, packed.read(entry).decode())
            continue
        written = Path(packed.extract(entry, into))
        mode = (entry.external_attr >> 16) & 0o777
        if mode and written.is_file():
            written.chmod(mode & 0o755 | 0o600)


def _link(place: Path, target: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def _files_first(packed: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    yield from (entry for entry in packed.infolist() if not _is_link(entry))
    yield from (entry for entry in packed.infolist() if _is_link(entry))


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _unreadable(detail: str) -> CodeRefused:
    """Lambda's sentence."""
    return CodeRefused("Could not unzip uploaded file. Please check your file, then try to upload again.", detail)
