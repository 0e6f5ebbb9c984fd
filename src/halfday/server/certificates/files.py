"""An authority in the data folder: `ca-NAME.key` is its key with its certificates, `ca-NAME.pem` its root for others.

Both are 0600, as all of the folder. Several servers of one folder make one authority between them.
"""

from __future__ import annotations

import datetime
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from halfday.server.certificates.authority import Authority, AuthorityUnreadable, make_authority, read_authority
from halfday.server.certificates.subtrees import AWS_NAMES, Subtrees
from halfday.server.settings import CERTIFICATE_FILES as FILES
from halfday.server.settings import SettingRefused

RENEWED_BEFORE = datetime.timedelta(days=30)


def key_path(folder: Path, name: str) -> Path:
    return folder / f"{FILES}-{name}.key"


def root_path(folder: Path, name: str) -> Path:
    return folder / f"{FILES}-{name}.pem"


def trusted_roots(folder: Path) -> list[Path]:
    """The roots that a person may want a system to trust: all but that of AWS's names, in a fixed order."""
    found = (root_path(folder, key.stem.removeprefix(f"{FILES}-")) for key in folder.glob(f"{FILES}-*.key"))
    return sorted(path for path in found if path != root_path(folder, AWS_NAMES.name) and path.exists())


def kept_authority(folder: Path, subtrees: Subtrees) -> Authority | None:
    """The authority for these names that the folder keeps, None where it keeps none. Raises SettingRefused."""
    return _read(key_path(folder, subtrees.name))


def keep_authority(folder: Path, subtrees: Subtrees, now: datetime.datetime) -> Authority:
    """The authority for these names that the folder keeps; a new one where none is, or its end is near.

    Raises SettingRefused for a file that holds none.
    """
    path = key_path(folder, subtrees.name)
    kept = _read(path)
    if kept is not None and kept.issuer.not_valid_after_utc < now + RENEWED_BEFORE:
        path.unlink(missing_ok=True)
        kept = None
    if kept is None:
        _write_new(path, make_authority(subtrees, now).pem())
        kept = _read(path)
    if kept is None:
        raise SettingRefused(f"data: {path} cannot be kept")
    _keep_root(root_path(folder, subtrees.name), kept.root_pem)
    return kept


def _read(path: Path) -> Authority | None:
    try:
        return read_authority(path.read_text())
    except FileNotFoundError:
        return None
    except (AuthorityUnreadable, OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else problem
        raise SettingRefused(f"data: {path} is no authority: {why}. Move it away: a new one is made") from problem


def _write_new(path: Path, text: str) -> None:
    """Writes the file whole, unless another process was first."""
    whole = _beside(path, text)
    try:
        os.link(whole, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(whole)


def _keep_root(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(errors="replace") != text:
        os.replace(_beside(path, text), path)


def _beside(path: Path, text: str) -> str:
    """A new file in the same folder, 0600, with this text."""
    descriptor, name = tempfile.mkstemp(prefix=f"{FILES}-", suffix=".new", dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return name


@dataclass(frozen=True, slots=True)
class RootFacts:
    """A root as people compare it. `subject` is the name that its file has, `names` what it may speak for."""

    subject: str
    names: tuple[str, ...]
    until: datetime.datetime
    sha256: str
    sha1: str


def describe_root(path: Path) -> RootFacts:
    """What a root's file says of it. Hashes are in hexadecimal digits, without colons."""
    root = x509.load_pem_x509_certificate(path.read_bytes())
    limits = root.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = tuple(str(name.value) for name in limits.permitted_subtrees or ())
    subject = path.stem.removeprefix(f"{FILES}-")
    sha1 = root.fingerprint(hashes.SHA1()).hex()  # noqa: S303 - a name in macOS's and Windows's stores
    return RootFacts(subject, permitted, root.not_valid_after_utc, root.fingerprint(hashes.SHA256()).hex(), sha1)
