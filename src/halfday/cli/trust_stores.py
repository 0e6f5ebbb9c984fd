"""The places where systems and browsers keep what they trust, and the commands that put a root there or take it out.

Nothing is run here. A store's own program does the work: Debian's and Fedora's tools, macOS's security, Windows's
certutil, and NSS's certutil for Chromium and Firefox on Linux.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """A root to trust: its file, the name that stores know it by, and its SHA-1, which macOS goes by."""

    path: Path
    name: str
    sha1: str


@dataclass(frozen=True, slots=True)
class Store:
    """One place. `by_root`: only the system's administrator may change it."""

    title: str
    by_root: bool
    add: Callable[[Root], list[Command]]
    remove: Callable[[Root], list[Command]]


def find_stores(home: Path, which: Callable[[str], str | None] = shutil.which) -> list[Store]:
    """The stores of this machine that can be changed, the system's first."""
    if sys.platform == "darwin":
        return [_keychain(home)]
    if sys.platform == "win32":
        return [_WINDOWS]
    found = [store for program, store in _SYSTEMS.items() if which(program)]
    if which("certutil"):
        found += [_nss(folder) for folder in nss_databases(home)]
    return found


def nss_databases(home: Path) -> list[Path]:
    """The folders in which Chromium and Firefox on Linux keep certificates, as far as there are some."""
    return sorted({path.parent for pattern in _NSS for path in _glob(home, pattern)})


_NSS = (
    ".pki/nssdb/cert9.db",
    ".local/share/pki/nssdb/cert9.db",
    "snap/chromium/current/.pki/nssdb/cert9.db",
    ".mozilla/firefox/*/cert9.db",
    ".config/mozilla/firefox/*/cert9.db",
    "snap/firefox/common/.mozilla/firefox/*/cert9.db",
)


def _glob(home: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from home.glob(pattern)
    except OSError:
        return


def _anchors(title: str, folder: str, suffix: str, refresh: Command, refresh_after_removal: Command) -> Store:
    def target(root: Root) -> str:
        return f"{folder}/{root.name}{suffix}"

    return Store(
        title,
        by_root=True,
        add=lambda root: [("install", "-m", "644", str(root.path), target(root)), refresh],
        remove=lambda root: [("rm", "-f", target(root)), refresh_after_removal],
    )


_SYSTEMS = {
    "update-ca-certificates": _anchors(
        "the system's (Debian, Ubuntu, Alpine)",
        "/usr/local/share/ca-certificates",
        ".crt",
        ("update-ca-certificates",),
        ("update-ca-certificates", "--fresh"),
    ),
    "update-ca-trust": _anchors(
        "the system's (Fedora, RHEL, Arch)",
        "/etc/pki/ca-trust/source/anchors",
        ".pem",
        ("update-ca-trust", "extract"),
        ("update-ca-trust", "extract"),
    ),
}


def _keychain(home: Path) -> Store:
    keychain = str(home / "Library/Keychains/login.keychain-db")
    return Store(
        "your login keychain",
        by_root=False,
        add=lambda root: [("security", "add-trusted-cert", "-r", "trustRoot", "-k", keychain, str(root.path))],
        remove=lambda root: [
            ("security", "remove-trusted-cert", str(root.path)),
            ("security", "delete-certificate", "-Z", root.sha1, keychain),
        ],
    )


_WINDOWS = Store(
    "your certificates in Windows",
    by_root=False,
    add=lambda root: [("certutil", "-user", "-addstore", "Root", str(root.path))],
    remove=lambda root: [("certutil", "-user", "-delstore", "Root", root.sha1)],
)


def _nss(folder: Path) -> Store:
    browser = "Firefox" if "firefox" in str(folder) else "Chromium and Chrome"
    database = f"sql:{folder}"
    return Store(
        f"{browser}'s, {folder}",
        by_root=False,
        add=lambda root: [("certutil", "-d", database, "-A", "-t", "C,,", "-n", root.name, "-i", str(root.path))],
        remove=lambda root: [("certutil", "-d", database, "-D", "-n", root.name)],
    )
