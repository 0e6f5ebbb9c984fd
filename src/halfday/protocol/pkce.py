"""Proof Key for Code Exchange (RFC 7636). Cognito knows S256 only (facts/oauth.md §3)."""

from __future__ import annotations

import hashlib
import re

from halfday.protocol.encoding import b64url_encode

VERIFIER_BYTES = 32
METHOD = "S256"

VERIFIER_PATTERN = re.compile(r"^[A-Za-z0-9._~-]{43,128}\Z")
# Cognito does not hold the shortest length against anybody (facts/news.md): a shorter one is good if its hash fits.
ACCEPTED_VERIFIER_PATTERN = re.compile(r"^[A-Za-z0-9._~-]{1,128}\Z")
CHALLENGE_PATTERN = re.compile(r"^[A-Za-z0-9_-]{43}\Z")


def make_verifier(random: bytes) -> str:
    """A code_verifier of 43 characters from 32 random bytes (RFC 7636 §4.1)."""
    if len(random) != VERIFIER_BYTES:
        raise ValueError(f"a code_verifier takes {VERIFIER_BYTES} random bytes")
    return b64url_encode(random)


def challenge_of(verifier: str) -> str:
    """BASE64URL(SHA256(ASCII(code_verifier))) (RFC 7636 §4.2)."""
    return b64url_encode(hashlib.sha256(verifier.encode("ascii")).digest())
