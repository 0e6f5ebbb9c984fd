"""base64url without padding (RFC 4648 §5, RFC 7515 §2)."""

from __future__ import annotations

import base64
import binascii


def b64url_encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Raises ValueError for anything that is not unpadded base64url.

    Bytes have one spelling only: a last letter with unused bits that are not zero is refused (RFC 4648 §3.5). Otherwise
    a signature would have sixteen spellings, and a changed token would still be accepted.
    """
    if "=" in text or "+" in text or "/" in text:
        raise ValueError("not base64url without padding")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise ValueError("not base64url without padding") from problem
    if b64url_encode(raw) != text:
        raise ValueError("not base64url as it is written: its last letter has bits that stand for nothing")
    return raw
