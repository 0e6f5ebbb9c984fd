"""An authority: the root that programs are told to trust, and the one issuer below it, which signs for servers.

The root's key is thrown away once it has signed the issuer, and the issuer is limited to its names. So the limit holds
also for programs that do not look for limits in what they trust, such as Java's. Made with `cryptography`.
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from halfday.server.certificates.subtrees import Subtrees

AUTHORITY_LIFE = datetime.timedelta(days=5 * 365)
LEAF_LIFE = datetime.timedelta(days=30)
"""Far below the 825 days that Apple's systems take of an authority of one's own."""
_EARLIER = datetime.timedelta(hours=1)
"""Clocks of containers and virtual machines are a little behind."""

_PEM = serialization.Encoding.PEM


class AuthorityUnreadable(ValueError):
    """A file does not hold an authority. The sentence does not repeat what it holds."""


@dataclass(frozen=True, slots=True)
class Authority:
    """`key` is the issuer's."""

    root: x509.Certificate
    issuer: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def root_pem(self) -> str:
        return self.root.public_bytes(_PEM).decode()

    @property
    def fingerprint(self) -> str:
        """The root's SHA-256, as browsers and systems show it."""
        return self.root.fingerprint(hashes.SHA256()).hex(":").upper()

    def pem(self) -> str:
        """The key, the issuer and the root: a secret."""
        form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        certificates = self.issuer.public_bytes(_PEM) + self.root.public_bytes(_PEM)
        return (self.key.private_bytes(_PEM, *form) + certificates).decode()

    def certify(self, names: Iterable[str], now: datetime.datetime) -> str:
        """A new key with its certificate for these names and addresses, and the issuer's: PEM, a secret."""
        key = ec.generate_private_key(ec.SECP256R1())
        shown = [_general_name(name) for name in names]
        subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Halfday")])
        until = min(now + LEAF_LIFE, self.issuer.not_valid_after_utc)
        leaf = (
            _begin(subject, self.issuer.subject, key, now, until)
            .add_extension(x509.SubjectAlternativeName(shown), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_identifier_of(self.key), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        parts = (key.private_bytes(_PEM, *form), leaf.public_bytes(_PEM), self.issuer.public_bytes(_PEM))
        return b"".join(parts).decode()


def make_authority(subtrees: Subtrees, now: datetime.datetime) -> Authority:
    """A new authority for these names. Its root's key is gone when this returns."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    until = now + AUTHORITY_LIFE
    made_on = now.date().isoformat()
    root_name = _name(f"Halfday root for {subtrees.name}, {made_on}")
    issuer_name = _name(f"Halfday issuer for {subtrees.name}, {made_on}")
    root = (
        _begin(root_name, root_name, root_key, now, until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(subtrees.constraints(), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    issuer = (
        _begin(issuer_name, root_name, key, now, until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(subtrees.constraints(), critical=True)
        .add_extension(_identifier_of(root_key), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    return Authority(root, issuer, key)


def read_authority(pem: str) -> Authority:
    """The authority that `Authority.pem` gave. Raises AuthorityUnreadable."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
        issuer, root = x509.load_pem_x509_certificates(pem.encode())
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != issuer.public_key():
            raise AuthorityUnreadable("its key is not its issuer's")
        issuer.verify_directly_issued_by(root)
    except AuthorityUnreadable:
        raise
    except Exception as problem:
        raise AuthorityUnreadable("it does not hold a key, its issuer and its root, one after the other") from problem
    return Authority(root, issuer, key)


def _name(common_name: str) -> x509.Name:
    serial = f"{x509.random_serial_number():x}"[:8]  # two authorities of one day are two names
    pairs = [(NameOID.ORGANIZATION_NAME, "Halfday"), (NameOID.COMMON_NAME, f"{common_name[:54]} {serial}")]
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in pairs])


def _begin(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime.datetime,
    until: datetime.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _identifier_of(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
