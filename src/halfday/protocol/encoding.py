"""base64url without padding (RFC 4648 §5, RFC 7515 §2)."""

from __future__ import annotations

import binascii

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/???")
"""What belongs to the other alphabet becomes a byte that belongs to none."""
# By the length modulo 4: the letters whose unused bits are zero (RFC 4648 §3.5). No bytes have a length of one letter.
_LAST_LETTERS = {0: ("",), 1: (), 2: tuple("AQgw"), 3: tuple("AEIMQUYcgkosw048")}


def b64url_encode(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Raises ValueError for anything that is not unpadded base64url.

    Bytes have one spelling only: a last letter with unused bits that are not zero is refused (RFC 4648 §3.5). Otherwise
    a signature would have sixteen spellings, and a changed token would still be accepted.
    """
    try:
        spelt = text.encode("ascii").translate(_FROM_URL)
        raw = binascii.a2b_base64(spelt + b"=" * (-len(spelt) % 4), strict_mode=True)
    except (binascii.Error, ValueError) as problem:
        raise ValueError("not base64url without padding") from problem
    if not text.endswith(_LAST_LETTERS[len(text) % 4]):
        raise ValueError("not base64url as it is written: its last letter has bits that stand for nothing")
    return raw
