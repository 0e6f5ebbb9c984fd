"""A user's factors besides the password: an authenticator app (TOTP), passkeys, remembered devices.

Source: RFC 6238, RFC 4226; facts/api.md §4, §4.1 (devices), §4.2 (passkeys).
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from hashlib import sha1

TOTP_STEP_S = 30
TOTP_DIGITS = 6
TOTP_SECRET_BYTES = 32
_DRIFT_STEPS = 1


@dataclass(frozen=True, slots=True)
class SoftwareToken:
    """An authenticator app's secret, base32. `last_step` is the newest time step whose code was used.

    `pending_secret` was handed out and waits for its first code; `secret` is empty until one has been proven.
    """

    pool_id: str
    username: str
    secret: str = field(default="", repr=False)
    pending_secret: str = field(default="", repr=False)
    last_step: int = -1
    device_name: str | None = None


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential. `credential_id` and `public_key` (COSE) are base64url; `sign_count` grows with use."""

    pool_id: str
    username: str
    credential_id: str
    public_key: str
    sign_count: int
    relying_party_id: str
    name: str
    created_at: float
    transports: tuple[str, ...] = ()
    attachment: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A device that somebody signs in with. Its password is kept as an SRP verifier, as a user's is."""

    pool_id: str
    username: str
    device_key: str
    group_key: str
    created_at: float
    modified_at: float
    authenticated_at: float
    name: str | None = None
    remembered: bool = False
    last_ip: str | None = None
    srp_salt: str = field(default="", repr=False)
    srp_verifier: str = field(default="", repr=False)


def make_totp_secret(random: bytes) -> str:
    """Base32 without padding: 52 characters of 32 random bytes, as AWS's SecretCode."""
    return base64.b32encode(random).decode().rstrip("=")


def totp(secret: str, step: int) -> str:
    """The code of one time step (RFC 6238 §4.2 with SHA-1, six digits)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, step.to_bytes(8, "big"), sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**TOTP_DIGITS:0{TOTP_DIGITS}}"


def totp_step(secret: str, code: str, now: float) -> int | None:
    """The time step this is the code of, within one step of now (RFC 6238 §5.2); None when it is of none."""
    current = int(now // TOTP_STEP_S)
    steps = range(current - _DRIFT_STEPS, current + _DRIFT_STEPS + 1)
    return next((step for step in steps if hmac.compare_digest(totp(secret, step).encode(), code.encode())), None)
