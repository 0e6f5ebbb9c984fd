"""The roots of the data folder in one file with the system's: for programs whose setting replaces what they trust.

And alone in a store of Java's, which reads no PEM.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from halfday.server.settings import CERTIFICATE_FILES as FILES

BUNDLE = f"{FILES}-bundle.pem"
TRUST_STORE, TRUST_STORE_PASSWORD = f"{FILES}-trust-store.p12", "changeit"
"""The password is Java's own default: it guards nothing, as roots are no secret."""

_OF_SYSTEMS = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora
    "/etc/ssl/cert.pem",  # macOS, BSDs
)


def write_bundle(folder: Path) -> Path:
    """The file, made anew: what the system trusts, as far as it is one file, and every root of this folder."""
    parts = [path.read_text(encoding="utf-8", errors="replace") for path in (*_system(), *_roots(folder))]
    text = "\n".join(part.rstrip("\n") for part in parts) + "\n"
    target = folder / BUNDLE
    if not target.exists() or target.read_text(encoding="utf-8", errors="replace") != text:
        _replace(target, text.encode())
    return target


def write_trust_store(folder: Path) -> Path:
    """A PKCS #12 file that Java takes for -Djavax.net.ssl.trustStore, made anew: every root of this folder."""
    kept = [(path.stem.encode(), x509.load_pem_x509_certificate(path.read_bytes())) for path in _roots(folder)]
    certificates = [pkcs12.PKCS12Certificate(root, name) for name, root in kept]
    encryption = BestAvailableEncryption(TRUST_STORE_PASSWORD.encode())
    _replace(folder / TRUST_STORE, pkcs12.serialize_java_truststore(certificates, encryption))
    return folder / TRUST_STORE


def _roots(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob(f"{FILES}-*.pem")) if path.name != BUNDLE]


def _replace(target: Path, content: bytes) -> None:
    """The file has this content, whole, at any moment."""
    descriptor, name = tempfile.mkstemp(prefix=f"{FILES}-", suffix=".new", dir=target.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    os.replace(name, target)


def _system() -> list[Path]:
    """What OpenSSL is told to trust, not what SSL_CERT_FILE says: that may be this very bundle."""
    openssl = ssl.get_default_verify_paths().openssl_cafile
    return next(([Path(path)] for path in (*_OF_SYSTEMS, openssl) if os.path.isfile(path)), [])
