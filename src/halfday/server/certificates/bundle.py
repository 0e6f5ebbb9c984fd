"""The roots of the data folder in one file with the system's: for programs whose setting replaces what they trust."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

from halfday.server.settings import CERTIFICATE_FILES as FILES

BUNDLE = f"{FILES}-bundle.pem"

_OF_SYSTEMS = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/cert.pem",  # macOS, BSDs
)


def write_bundle(folder: Path) -> Path:
    """The file, made anew: what the system trusts, as far as it is one file, and every root of this folder."""
    roots = [path for path in sorted(folder.glob(f"{FILES}-*.pem")) if path.name != BUNDLE]
    parts = [path.read_text(encoding="utf-8", errors="replace") for path in (*_system(), *roots)]
    text = "\n".join(part.rstrip("\n") for part in parts) + "\n"
    target = folder / BUNDLE
    if target.exists() and target.read_text(encoding="utf-8", errors="replace") == text:
        return target
    descriptor, name = tempfile.mkstemp(prefix=f"{FILES}-", suffix=".new", dir=folder)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(name, target)
    return target


def _system() -> list[Path]:
    """What OpenSSL is told to trust, not what SSL_CERT_FILE says: that may be this very bundle."""
    openssl = ssl.get_default_verify_paths().openssl_cafile
    return next(([Path(path)] for path in (*_OF_SYSTEMS, openssl) if os.path.isfile(path)), [])
