"""Password hashes of other products, as texts: which there are, and how much work they may be.

They are kept in one form, PHC's, whichever of the usual spellings they come in: `$2b$12$…` (bcrypt), `$argon2id$…`,
`$pbkdf2-sha256$i=600000$salt$hash` (sha1, sha256, sha512), `$scrypt$ln=15,r=8,p=1$salt$hash`, Django's bcrypt of a
SHA-256, and Firebase's own scrypt.
Sources: PHC string format; passlib's, Django's (django.contrib.auth.hashers), Werkzeug's (werkzeug.security) and
Spring Security's documentation; firebase/scrypt.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

MOST_MEMORY_BYTES = 256 * 1024 * 1024
LONGEST = 1024

# Each is some seconds of a processor: every sign-in of the pool takes that long, and whoever likes may try one.
_MOST_BCRYPT_COST = 15
_MOST_ARGON2_KIB = 1024 * 1024
"""Of memory, all passes together."""
_MOST_SCRYPT_BLOCKS = 2**21
"""N · r · p."""
_MOST_PBKDF2 = {"sha1": 6_000_000, "sha256": 4_000_000, "sha512": 2_000_000}
"""Rounds, times the blocks that the result takes."""
_DIGEST_BYTES = {"sha1": 20, "sha256": 32, "sha512": 64}

_BEFORE = re.compile(r"(?:bcrypt\$|argon2|\{(?:bcrypt|argon2(?:@\w{1,40})?)\})(?=\$)")
"""What Django and Spring Security write before the text of the library."""
_BCRYPT = re.compile(
    r"(\$django-bcrypt-sha256|bcrypt_sha256\$)?\$2[abxy]?\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})"
)
_BCRYPT_LETTERS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_ARGON2 = re.compile(r"\$(argon2(?:id|i|d))\$v=(16|19)\$([mtp]=\d{1,9}(?:,[mtp]=\d{1,9}){2})\$([^$]+)\$([^$]+)")
_PBKDF2 = re.compile(r"\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?(\d{1,9})(?:,l=\d+)?\$([^$]+)\$([^$]+)")
_DJANGO_PBKDF2 = re.compile(r"pbkdf2_(sha1|sha256|sha512)\$(\d{1,9})\$([^$]+)\$([^$]+)")
_SCRYPT = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([^$]+)\$([^$]+)")
_DJANGO_SCRYPT = re.compile(r"scrypt\$(\d{1,9})\$([^$]+)\$(\d{1,3})\$(\d{1,3})\$([^$]+)")
_WERKZEUG_PBKDF2 = re.compile(r"pbkdf2:(sha1|sha256|sha512):(\d{1,9})\$([^$]+)\$((?:[0-9a-f]{2})+)")
_WERKZEUG_SCRYPT = re.compile(r"scrypt:(\d{1,9}):(\d{1,3}):(\d{1,3})\$([^$]+)\$((?:[0-9a-f]{2})+)")
_FIREBASE = re.compile(r"\$firebase-scrypt\$ln=(\d{1,2}),r=(\d{1,2}),key=([^,$]+),sep=([^,$]*)\$([^$]*)\$([^$]+)")

_DJANGO_BCRYPT = "$django-bcrypt-sha256"
_KNOWN = re.compile("2|bcrypt|argon2|pbkdf2|scrypt|firebase", re.IGNORECASE)

KINDS = "bcrypt, argon2, pbkdf2 (sha1, sha256, sha512), scrypt, and Firebase's scrypt"


class HashRefused(ValueError):
    """The text is no hash that is taken here, or one that would be too much work."""


@dataclass(frozen=True, slots=True)
class Hash:
    """`algorithm` is bcrypt, argon2, pbkdf2, scrypt or firebase; `text` its canonical form.

    `digest`: of pbkdf2 its hash; of bcrypt what the password goes through before, or nothing.
    """

    algorithm: str
    text: str
    rounds: int = 0
    digest: str = ""
    salt: bytes = b""
    expected: bytes = b""
    block: int = 8
    lanes: int = 1
    key: bytes = b""


def is_hash(verifier: str) -> bool:
    """Whether what is kept of a password is such a hash. An SRP verifier is hexadecimal."""
    return verifier.startswith("$")


def read(text: str) -> Hash:
    """Raises HashRefused."""
    text = text.strip()
    if len(text) > LONGEST:
        raise HashRefused(f"it is longer than {LONGEST} characters")
    bare = text[found.end() :] if (found := _BEFORE.match(text)) else text
    for pattern, reader in _READERS if text.isascii() else ():
        if matched := pattern.fullmatch(bare):
            return reader(matched)
    shown = re.split(r"[^A-Za-z0-9_-]", text.lstrip("${"), maxsplit=1)[0][:20]
    if _KNOWN.match(shown):
        raise HashRefused(f"it begins with {shown!r}, but is spelt in no way that is taken: docs/migrate.md lists them")
    raise HashRefused(f"it begins with {shown!r}, which is none of {KINDS}")


def sample_of(known: Hash) -> str:
    """A hash of the same work that is nobody's password: salt, digest and key are zeros."""
    if known.algorithm == "bcrypt":
        return f"{_DJANGO_BCRYPT if known.digest else ''}$2b${known.rounds:02}${'.' * 53}"
    if known.algorithm == "argon2":
        head, _, _ = known.text.rsplit("$", 2)
        return f"{head}${_text(bytes(len(known.salt)))}${_text(bytes(len(known.expected)))}"
    if known.algorithm == "firebase":
        salt, expected = bytes(len(known.salt)), bytes(len(known.expected))
        key = _padded(bytes(len(known.key)))
        return f"$firebase-scrypt$ln={known.rounds},r={known.block},key={key},sep=${_padded(salt)}${_padded(expected)}"
    head, _, _ = known.text.rsplit("$", 2)
    return f"{head}${_text(bytes(len(known.salt)))}${_text(bytes(len(known.expected)))}"


def _bcrypt(found: re.Match[str]) -> Hash:
    rounds, before = int(found[2]), _DJANGO_BCRYPT if found[1] else ""
    if not 4 <= rounds <= _MOST_BCRYPT_COST:
        raise HashRefused(f"its cost is {rounds}; 4 to {_MOST_BCRYPT_COST} are taken")
    text = f"{before}$2b${found[2]}${_trimmed(found[3], 4)}{_trimmed(found[4], 2)}"
    return Hash("bcrypt", text, rounds, "sha256" if before else "")


def _trimmed(text: str, spare: int) -> str:
    """Without the last letter's `spare` bits, which say nothing. Some products set them; the library takes none."""
    last = _BCRYPT_LETTERS.index(text[-1])
    return text[:-1] + _BCRYPT_LETTERS[last >> spare << spare]


def _argon2(found: re.Match[str]) -> Hash:
    costs = dict(one.split("=") for one in found[3].split(","))
    if len(costs) != 3:
        raise HashRefused("its costs are not m, t and p")
    memory, times, lanes = (int(costs[name]) for name in "mtp")
    is_large = memory * 1024 > MOST_MEMORY_BYTES or memory * times > _MOST_ARGON2_KIB
    if is_large or times < 1 or not 1 <= lanes <= 16 or memory < 8 * lanes:
        limit = f"m up to {MOST_MEMORY_BYTES // 1024}, m times t up to {_MOST_ARGON2_KIB}, p up to 16 are taken"
        raise HashRefused(f"its cost is out of range: {limit}")
    salt, expected = _bytes(found[4]), _bytes(found[5])
    if len(salt) < 8 or len(expected) < 4:
        raise HashRefused("its salt or digest is too short")
    head = f"${found[1]}$v={found[2]}$m={memory},t={times},p={lanes}"
    return _kept(Hash("argon2", f"{head}${_text(salt)}${_text(expected)}", times, salt=salt, expected=expected))


def pbkdf2(digest: str, rounds: int, salt: bytes, expected: bytes) -> Hash:
    """Raises HashRefused."""
    if digest not in ("sha1", "sha256", "sha512"):
        raise HashRefused(f"pbkdf2 by {digest[:20]!r} is not taken; sha1, sha256 and sha512 are")
    blocks = -(-len(expected) // _DIGEST_BYTES[digest])
    if not 8 <= len(expected) <= 128 or not 1 <= rounds <= _MOST_PBKDF2[digest] // blocks:
        limit = f"1 to {_MOST_PBKDF2[digest]} rounds by {digest}, for each {_DIGEST_BYTES[digest]} of 8 to 128 bytes"
        raise HashRefused(f"its rounds or its length are out of range: {limit}")
    text = f"$pbkdf2-{digest}$i={rounds}${_text(salt)}${_text(expected)}"
    return _kept(Hash("pbkdf2", text, rounds, digest, salt, expected))


def scrypt(log_rounds: int, block: int, lanes: int, salt: bytes, expected: bytes) -> Hash:
    """Raises HashRefused."""
    if not (1 <= log_rounds <= 20 and 1 <= block <= 32 and 1 <= lanes <= 16 and 8 <= len(expected) <= 128):
        raise HashRefused("its cost is out of range")
    if log_rounds >= 16 * block:
        raise HashRefused("its N is too large for its r (RFC 7914, section 2)")
    if 128 * block * (2**log_rounds + lanes) > MOST_MEMORY_BYTES:
        raise HashRefused("it needs more than 256 MiB")
    if 2**log_rounds * block * lanes > _MOST_SCRYPT_BLOCKS:
        raise HashRefused(f"its cost is out of range: N times r times p up to {_MOST_SCRYPT_BLOCKS} is taken")
    text = f"$scrypt$ln={log_rounds},r={block},p={lanes}${_text(salt)}${_text(expected)}"
    return _kept(Hash("scrypt", text, log_rounds, salt=salt, expected=expected, block=block, lanes=lanes))


def firebase(log_rounds: int, block: int, key: bytes, separator: bytes, salt: bytes, expected: bytes) -> Hash:
    """Raises HashRefused. `separator` is appended to the salt; the key is encrypted with what scrypt derives."""
    scrypt(log_rounds, block, 1, salt + separator, bytes(64))
    if not key or len(key) != len(expected) or len(key) > 256:
        raise HashRefused("its digest has not the length of the project's signer key")
    head = f"$firebase-scrypt$ln={log_rounds},r={block},key={_padded(key)},sep={_padded(separator)}"
    text = f"{head}${_padded(salt)}${_padded(expected)}"
    return _kept(Hash("firebase", text, log_rounds, salt=salt + separator, expected=expected, block=block, key=key))


def _kept(known: Hash) -> Hash:
    """Its text, and that of its sample, have to be read again at every sign-in. Raises HashRefused."""
    if len(known.text) > LONGEST or not known.salt:
        raise HashRefused("its salt is empty, or too long")
    return known


def _scrypt_of(work: int, block: int, lanes: int, salt: str, expected: bytes) -> Hash:
    if work < 2 or work & (work - 1):
        raise HashRefused("its work factor is no power of two")
    return scrypt(work.bit_length() - 1, block, lanes, salt.encode(), expected)


_READERS = (
    (_BCRYPT, _bcrypt),
    (_ARGON2, _argon2),
    (_PBKDF2, lambda m: pbkdf2(m[1] or "sha1", int(m[2]), _bytes(m[3]), _bytes(m[4]))),
    (_DJANGO_PBKDF2, lambda m: pbkdf2(m[1], int(m[2]), m[3].encode(), _bytes(m[4]))),
    (_SCRYPT, lambda m: scrypt(int(m[1]), int(m[2]), int(m[3]), _bytes(m[4]), _bytes(m[5]))),
    (_DJANGO_SCRYPT, lambda m: _scrypt_of(int(m[1]), int(m[3]), int(m[4]), m[2], _bytes(m[5]))),
    (_WERKZEUG_PBKDF2, lambda m: pbkdf2(m[1], int(m[2]), m[3].encode(), bytes.fromhex(m[4]))),
    (_WERKZEUG_SCRYPT, lambda m: _scrypt_of(int(m[1]), int(m[2]), int(m[3]), m[4], bytes.fromhex(m[5]))),
    (
        _FIREBASE,
        lambda m: firebase(int(m[1]), int(m[2]), _bytes(m[3]), _bytes(m[4]), _bytes(m[5]), _bytes(m[6])),
    ),
)


def _bytes(text: str) -> bytes:
    """Base64, with or without padding, in the usual alphabet, passlib's (`.` for `+`) or the one of URLs."""
    usual = text.replace(".", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(usual + "=" * (-len(usual) % 4), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise HashRefused("its salt or digest is not Base64") from problem


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode().rstrip("=")


def _padded(value: bytes) -> str:
    return base64.b64encode(value).decode()
