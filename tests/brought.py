"""Password hashes as other products write them, of the tests' password."""

from __future__ import annotations

import base64
import hashlib

import argon2
import bcrypt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from world import PASSWORD

RAW = PASSWORD.encode()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _ab64(raw: bytes) -> str:
    """As passlib spells it."""
    return _b64(raw).rstrip("=").replace("+", ".")


def firebase_hash() -> str:
    """As firebase/scrypt computes it: the signer key, encrypted by what scrypt derives."""
    key, separator, salt = bytes(range(64)), b"\x0b\xf7", b"saltsalt"
    derived = hashlib.scrypt(RAW, salt=salt + separator, n=2**10, r=8, p=1, dklen=64)[:32]
    encryptor = Cipher(algorithms.AES(derived), modes.CTR(bytes(16))).encryptor()
    digest = encryptor.update(key) + encryptor.finalize()
    return f"$firebase-scrypt$ln=10,r=8,key={_b64(key)},sep={_b64(separator)}${_b64(salt)}${_b64(digest)}"


def hashes() -> dict[str, str]:
    pbkdf2 = {one: hashlib.pbkdf2_hmac(one, RAW, b"saltsalt", 1000) for one in ("sha1", "sha256", "sha512")}
    scrypt = hashlib.scrypt(RAW, salt=b"saltsalt", n=2**10, r=8, p=1, dklen=32)
    salt, digits = _b64(b"saltsalt"), hashlib.sha256(RAW).hexdigest().encode()
    return {
        "bcrypt": bcrypt.hashpw(RAW, bcrypt.gensalt(4)).decode(),
        "bcrypt of PHP": bcrypt.hashpw(RAW, bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$"),
        "argon2id": argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD),
        "argon2i": argon2.PasswordHasher(1, 64, 1, type=argon2.Type.I).hash(PASSWORD),
        **{f"pbkdf2 {one}": f"$pbkdf2-{one}$i=1000${salt}${_b64(raw)}" for one, raw in pbkdf2.items()},
        "pbkdf2 of passlib": f"$pbkdf2-sha256$1000${_ab64(b'saltsalt')}${_ab64(pbkdf2['sha256'])}",
        "pbkdf2 of Django": f"pbkdf2_sha256$1000$saltsalt${_b64(pbkdf2['sha256'])}",
        "scrypt": f"$scrypt$ln=10,r=8,p=1${salt}${_b64(scrypt)}",
        "scrypt of Django": f"scrypt$1024$saltsalt$8$1${_b64(scrypt)}",
        "scrypt of Werkzeug": f"scrypt:1024:8:1$saltsalt${scrypt.hex()}",
        "pbkdf2 of Werkzeug": f"pbkdf2:sha256:1000$saltsalt${pbkdf2['sha256'].hex()}",
        "bcrypt of Django": f"bcrypt${bcrypt.hashpw(RAW, bcrypt.gensalt(4)).decode()}",
        "bcrypt of Django, of a SHA-256": f"bcrypt_sha256${bcrypt.hashpw(digits, bcrypt.gensalt(4)).decode()}",
        "bcrypt of Spring": "{bcrypt}" + bcrypt.hashpw(RAW, bcrypt.gensalt(4, b"2a")).decode(),
        "argon2 of Django": "argon2" + argon2.PasswordHasher(1, 64, 1).hash(PASSWORD),
        "argon2 of Spring": "{argon2@SpringSecurity_v5_8}" + argon2.PasswordHasher(1, 64, 1).hash(PASSWORD),
        "argon2 of Node": argon2.PasswordHasher(1, 64, 1).hash(PASSWORD).replace("m=64,t=1,p=1", "m=64,p=1,t=1"),
        "firebase": firebase_hash(),
    }
