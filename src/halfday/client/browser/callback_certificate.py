"""The certificate of an https redirect URI on loopback: the person's own, or one made for a single sign-in.

Cognito takes http://localhost as a callback URL. This is for app clients that have only https ones registered.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import tempfile
from dataclasses import dataclass
from typing import NoReturn

from halfday.client.errors import SettingsError
from halfday.client.settings import Settings
from halfday.client.token_store.cache_files import write_private

LIFE = datetime.timedelta(days=1)
_EARLIER = datetime.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ServerTls:
    """A listener's TLS context. `fingerprint`: of a certificate that no browser trusts yet; else empty."""

    context: ssl.SSLContext
    fingerprint: str = ""


def server_tls(settings: Settings) -> ServerTls:
    """With callback_certificate and callback_key, or with a self-signed one. Raises SettingsError."""
    if settings.callback_certificate:
        return ServerTls(_context(settings.callback_certificate, settings.callback_key))
    if settings.callback_key:
        raise SettingsError("callback_key is set without callback_certificate", hint="name the certificate's file too")
    certificate, key, fingerprint = make_certificate()
    with tempfile.TemporaryDirectory(prefix="halfday-") as folder:
        path = os.path.join(folder, "callback.pem")
        write_private(path, certificate + key)
        return ServerTls(_context(path, None), fingerprint)


def make_certificate() -> tuple[str, str, str]:
    """(certificate, key, fingerprint): PEM for localhost, 127.0.0.1 and ::1, good for LIFE. The key is kept nowhere."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    addresses = [x509.IPAddress(ipaddress.ip_address(text)) for text in ("127.0.0.1", "::1")]
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return certificate.public_bytes(pem).decode(), key.private_bytes(pem, *form).decode(), fingerprint


def _context(certificate: str, key: str | None) -> ssl.SSLContext:
    certificate, key = os.path.expanduser(certificate), os.path.expanduser(key) if key else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except FileNotFoundError:
        missing = key if key and os.path.exists(certificate) else certificate
        raise SettingsError(f"there is no {missing}", hint="callback_certificate names a PEM file") from None
    except (OSError, ValueError) as problem:
        hint = "it has to hold a PEM certificate and its private key; or name the key's file with callback_key"
        raise SettingsError(f"callback_certificate {certificate} cannot be used: {problem}", hint=hint) from None
    return context


def _no_password() -> NoReturn:
    """Keeps OpenSSL from asking for the password at the terminal."""
    raise ValueError("its key is behind a password")
