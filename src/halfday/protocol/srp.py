"""SRP-6a as Cognito speaks it: both halves, the device variant, and SECRET_HASH. Source: facts/api.md §3, §4.1.

The group is the 3072-bit one of RFC 5054, the hash SHA-256. What differs from RFC 5054: integers are hashed in their
shortest two's-complement form (Java's BigInteger.toByteArray), not padded to the length of N; the proof is an HMAC
over names, secret block and timestamp.

Two names are hashed with the password. For a user they are the pool's name (the part of its id after '_') and
USER_ID_FOR_SRP; for a remembered device, its DEVICE_GROUP_KEY and DEVICE_KEY, with the device's password: every
function here takes them in the places of `pool_name` and `user_id`.
"""

from __future__ import annotations

import base64
import calendar
import hmac
import itertools
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256, shake_256
from typing import Any, cast

from halfday.protocol.fixed_base import EXPONENT_BYTES, FixedBase

N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G = 2

PRIVATE_BYTES = 32
"""Random bytes for `a` and for `b`: RFC 5054 §2.5.3 and §2.5.4 want 256 bits at least. The SDKs draw 1024."""
SALT_BYTES = 16
POWERS_BEFORE_TABLE = 40
"""So many powers of g cost about what the table of them does (decision 0048)."""

_powers_of_g = itertools.count()
_INFO = b"Caldera Derived Key\x01"
_HEX = re.compile(r"[0-9a-fA-F]{1,1024}")
_TIMESTAMP = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<month>[A-Z][a-z]{2}) (?P<day>[1-9]\d?) "
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) UTC (?P<year>\d{4})"
)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SrpError(ValueError):
    """A number or a text of the exchange is one that no honest peer sends."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """What a server keeps instead of a password, in hexadecimal. `salt_hex` is what goes out as SALT."""

    salt_hex: str = field(repr=False)
    verifier_hex: str = field(repr=False)


class ClientStart:
    """The client half. `random`: PRIVATE_BYTES or more, used for one sign-in only."""

    def __init__(self, random: bytes) -> None:
        self._a = _private_number(random)
        self._public = _power_of_g(self._a)

    @property
    def public(self) -> str:
        """SRP_A."""
        return f"{self._public:x}"

    def claim(
        self,
        *,
        pool_name: str,
        user_id: str,
        password: str,
        salt_hex: str,
        srp_b_hex: str,
        secret_block_b64: str,
        timestamp: str,
    ) -> str:
        """PASSWORD_CLAIM_SIGNATURE for the answer to a PASSWORD_VERIFIER challenge.

        `user_id` is the challenge's USER_ID_FOR_SRP. Raises SrpError when the server's numbers are impossible.
        """
        server_public = _public_number("SRP_B", srp_b_hex)
        u = _scramble(self._public, server_public)
        x = _password_number(pool_name, user_id, password, _parse_hex("SALT", salt_hex))
        shared = _power(server_public - _K * _power_of_g(x), self._a + u * x)
        return _signature(_session_key(u, shared), pool_name, user_id, secret_block_b64, timestamp)


class ServerStart:
    """The server half. Resumed later from the same `random` and `public`; without `public` it is computed anew."""

    def __init__(self, verifier: Verifier, random: bytes, *, public: str | None = None) -> None:
        self._verifier = _parse_hex("verifier", verifier.verifier_hex)
        self._b = _private_number(random)
        if public is None:
            self._public = (_K * self._verifier + _power_of_g(self._b)) % N
        else:
            self._public = _public_number("SRP_B", public)

    @property
    def public(self) -> str:
        """SRP_B."""
        return f"{self._public:x}"

    def expected_signature(
        self, srp_a_hex: str, *, pool_name: str, user_id: str, secret_block_b64: str, timestamp: str
    ) -> str:
        """The PASSWORD_CLAIM_SIGNATURE of somebody who knows the password. Raises SrpError when SRP_A is impossible.

        To be compared in constant time: see `signature_is_valid`.
        """
        client_public = _public_number("SRP_A", srp_a_hex)
        u = _scramble(client_public, self._public)
        shared = _power(client_public * _power(self._verifier, u), self._b)
        return _signature(_session_key(u, shared), pool_name, user_id, secret_block_b64, timestamp)

    def signature_is_valid(
        self,
        signature_b64: str,
        srp_a_hex: str,
        *,
        pool_name: str,
        user_id: str,
        secret_block_b64: str,
        timestamp: str,
    ) -> bool:
        """Whether the peer knows the password. False, and never an exception, for anything malformed."""
        try:
            expected = self.expected_signature(
                srp_a_hex,
                pool_name=pool_name,
                user_id=user_id,
                secret_block_b64=secret_block_b64,
                timestamp=timestamp,
            )
        except SrpError:
            return False
        return hmac.compare_digest(expected.encode(), _utf8(signature_b64))


def check_public(srp_a_hex: str) -> None:
    """Raises SrpError when SRP_A is not hexadecimal or is 0 modulo N: refuse it before a challenge is made."""
    _public_number("SRP_A", srp_a_hex)


def make_verifier(pool_name: str, user_id: str, password: str, salt: bytes) -> Verifier:
    """`salt`: SALT_BYTES random bytes. Its leading zeros are dropped: clients disagree on how to hash them."""
    salt_number = int.from_bytes(salt, "big")
    x = _password_number(pool_name, user_id, password, salt_number)
    return Verifier(f"{salt_number:x}", f"{_power_of_g(x):x}")


def decoy_verifier(salt: bytes, seed: bytes) -> Verifier:
    """A verifier for a user who does not exist. It looks like any other, has no password, and follows from `seed`."""
    number = int.from_bytes(shake_256(seed).digest(N.bit_length() // 8 + 16), "big") % N
    return Verifier(f"{int.from_bytes(salt, 'big'):x}", f"{number:x}")


def password_matches(verifier: Verifier, pool_name: str, user_id: str, password: str) -> bool:
    """Whether this is the password the verifier was made of, in constant time. One power modulo N."""
    x = _password_number(pool_name, user_id, password, _parse_hex("SALT", verifier.salt_hex))
    return hmac.compare_digest(f"{_power_of_g(x):x}".encode(), verifier.verifier_hex.lower().encode())


def device_verifier_config(device_group_key: str, device_key: str, device_password: str, salt: bytes) -> dict[str, str]:
    """What ConfirmDevice sends as DeviceSecretVerifierConfig (facts/api.md §4.1)."""
    verifier = make_verifier(device_group_key, device_key, device_password, salt)
    return {
        "PasswordVerifier": _pad_base64(int(verifier.verifier_hex, 16)),
        "Salt": _pad_base64(int(verifier.salt_hex, 16)),
    }


def parse_device_verifier_config(password_verifier_b64: str, salt_b64: str) -> Verifier:
    """What a DeviceSecretVerifierConfig holds. Raises SrpError when they are not base64 of such numbers."""
    verifier, salt = (int.from_bytes(_decode_base64(text), "big") for text in (password_verifier_b64, salt_b64))
    if not 0 < verifier < N or salt > N:
        raise SrpError("PasswordVerifier or Salt is not a number of the group")
    return Verifier(f"{salt:x}", f"{verifier:x}")


def secret_hash(username: str, client_id: str, client_secret: str) -> str:
    """SECRET_HASH. `username` exactly as the same request sends it (facts/api.md §3)."""
    return base64.b64encode(hmac.digest(_utf8(client_secret), _utf8(username + client_id), sha256)).decode()


def format_timestamp(epoch_s: float) -> str:
    """TIMESTAMP: 'Tue May 7 00:09:40 UTC 2024', in English whatever the locale, the day without a leading zero."""
    t = time.gmtime(epoch_s)
    clock = f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
    return f"{_WEEKDAYS[t.tm_wday]} {_MONTHS[t.tm_mon - 1]} {t.tm_mday} {clock} UTC {t.tm_year:04}"


def parse_timestamp(text: str) -> int:
    """Epoch seconds of a TIMESTAMP. Raises SrpError for any other form; the weekday is not held against the date."""
    found = _TIMESTAMP.fullmatch(text)
    if not found or found["month"] not in _MONTHS:
        raise SrpError(f"TIMESTAMP {text!r} is not of the form 'Tue May 7 00:09:40 UTC 2024'")
    year, day, hour, minute, second = (int(found[part]) for part in ("year", "day", "hour", "minute", "second"))
    month = _MONTHS.index(found["month"]) + 1
    if year < 1 or day > calendar.monthrange(year, month)[1] or hour > 23 or minute > 59 or second > 59:
        raise SrpError(f"TIMESTAMP {text!r} names a moment that does not exist")
    return calendar.timegm((year, month, day, hour, minute, second))


def pad(number: int) -> bytes:
    """PAD: the shortest big-endian two's complement, so with a zero byte in front when the top bit is set."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _power(number: int, exponent: int) -> int:
    return int(_powmod()(number % N, exponent, N))


def _power_of_g(exponent: int) -> int:
    """By a table, once it is whole. A client that signs in once never makes it: a server does, a row a power."""
    table = _table_of_g()
    if table is not None and exponent.bit_length() <= 8 * EXPONENT_BYTES and next(_powers_of_g) >= POWERS_BEFORE_TABLE:
        if table.complete:
            return table.power(exponent)
        table.grow()
    return _power(G, exponent)


@cache
def _table_of_g() -> FixedBase | None:
    """None without gmpy2: Python's own numbers would take most of a second to fill it."""
    try:
        from gmpy2 import mpz
    except ImportError:
        return None
    return FixedBase(G, N, mpz)


@cache
def _powmod() -> Callable[[int, int, int], Any]:
    """gmpy2's, nine times as fast, where it is: the client does without it, and does not load it before it signs in."""
    try:
        from gmpy2 import powmod
    except ImportError:
        return pow
    return cast("Callable[[int, int, int], Any]", powmod)


def _private_number(random: bytes) -> int:
    if len(random) < PRIVATE_BYTES:
        raise SrpError(f"a private number takes {PRIVATE_BYTES} random bytes")
    return int.from_bytes(random, "big")


def _public_number(name: str, text: str) -> int:
    number = _parse_hex(name, text)
    if number % N == 0:
        raise SrpError(f"{name} is 0 modulo N")
    return number


def _parse_hex(name: str, text: str) -> int:
    if not _HEX.fullmatch(text):
        raise SrpError(f"{name} is not hexadecimal")
    return int(text, 16)


def _scramble(client_public: int, server_public: int) -> int:
    u = int.from_bytes(sha256(pad(client_public) + pad(server_public)).digest(), "big")
    if u == 0:
        raise SrpError("u is 0")
    return u


def _password_number(pool_name: str, user_id: str, password: str, salt: int) -> int:
    inner = sha256(_utf8(f"{pool_name}{user_id}:{password}")).digest()
    return int.from_bytes(sha256(pad(salt) + inner).digest(), "big")


def _session_key(u: int, shared: int) -> bytes:
    """HKDF (RFC 5869), one block of it, cut to 16 bytes."""
    return hmac.digest(hmac.digest(pad(u), pad(shared), sha256), _INFO, sha256)[:16]


def _signature(key: bytes, pool_name: str, user_id: str, secret_block_b64: str, timestamp: str) -> str:
    message = _utf8(pool_name + user_id) + _decode_base64(secret_block_b64) + _utf8(timestamp)
    return base64.b64encode(hmac.digest(key, message, sha256)).decode()


def _decode_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as problem:
        raise SrpError("not base64") from problem


def _utf8(text: str) -> bytes:
    """UTF-8 that also encodes half a surrogate pair, which JSON can carry: such a password is merely wrong."""
    return text.encode("utf-8", "surrogatepass")


def _pad_base64(number: int) -> str:
    return base64.b64encode(pad(number)).decode()


_K = int.from_bytes(sha256(b"\x00" + N.to_bytes(384, "big") + b"\x02").digest(), "big")
