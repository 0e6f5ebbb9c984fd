"""Computes hashes of other products, by the libraries that are kept for them: bcrypt, argon2-cffi, hashlib.

All of them let other threads run meanwhile.
"""

from __future__ import annotations

import hashlib
import hmac
from importlib.util import find_spec

from halfday.server.domain.users.password_hashes import MOST_MEMORY_BYTES, Hash, HashRefused

_LIBRARIES = {"bcrypt": "bcrypt", "argon2": "argon2"}
_BCRYPT_BYTES = 72


def check_library(known: Hash) -> None:
    """Raises HashRefused where the library for it is not installed."""
    library = _LIBRARIES.get(known.algorithm)
    if library is not None and find_spec(library) is None:
        raise HashRefused(f"{known.algorithm} is not installed: pip install 'halfday[password-hashes]'")


def matches(known: Hash, password: str) -> bool:
    """Whether it is the hash of this password."""
    return _MATCHERS[known.algorithm](known, password.encode("utf-8", "surrogatepass"))


def _bcrypt(known: Hash, password: bytes) -> bool:
    """Beyond 72 bytes bcrypt never looked (OpenBSD, bcrypt(3)); so Django shows it a digest's digits."""
    import bcrypt

    shown = hashlib.new(known.digest, password).hexdigest().encode() if known.digest else password[:_BCRYPT_BYTES]
    return bcrypt.checkpw(shown, known.text[known.text.index("$2b$") :].encode())


def _argon2(known: Hash, password: bytes) -> bool:
    from argon2.exceptions import VerificationError, VerifyMismatchError
    from argon2.low_level import Type, verify_secret

    kind = {"id": Type.ID, "i": Type.I, "d": Type.D}[known.text.split("$")[1].removeprefix("argon2")]
    try:
        return verify_secret(known.text.encode(), password, kind)
    except (VerifyMismatchError, VerificationError):
        return False


def _pbkdf2(known: Hash, password: bytes) -> bool:
    found = hashlib.pbkdf2_hmac(known.digest, password, known.salt, known.rounds, len(known.expected))
    return hmac.compare_digest(found, known.expected)


def _scrypt(known: Hash, password: bytes) -> bool:
    found = _derived(known, password, len(known.expected))
    return hmac.compare_digest(found, known.expected)


def _firebase(known: Hash, password: bytes) -> bool:
    """The project's key, encrypted by AES in counter mode with what scrypt derives (firebase/scrypt)."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    derived = _derived(known, password, 64)[:32]
    encryptor = Cipher(algorithms.AES(derived), modes.CTR(bytes(16))).encryptor()
    return hmac.compare_digest(encryptor.update(known.key) + encryptor.finalize(), known.expected)


def _derived(known: Hash, password: bytes, size: int) -> bytes:
    return hashlib.scrypt(
        password,
        salt=known.salt,
        n=2**known.rounds,
        r=known.block,
        p=known.lanes,
        maxmem=2 * MOST_MEMORY_BYTES,
        dklen=size,
    )


_MATCHERS = {"bcrypt": _bcrypt, "argon2": _argon2, "pbkdf2": _pbkdf2, "scrypt": _scrypt, "firebase": _firebase}
