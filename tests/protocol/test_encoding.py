"""base64url as JOSE writes it: bytes have one spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.protocol.encoding import b64url_decode, b64url_encode

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(st.binary(max_size=80))
def test_what_is_written_is_read_and_no_other_spelling_of_it(raw: bytes) -> None:
    text = b64url_encode(raw)
    assert b64url_decode(text) == raw
    for other in ALPHABET if text else "":
        changed = text[:-1] + other
        if changed != text:
            assert _read(changed) != raw


@pytest.mark.parametrize("text", ["QQ==", "Q Q", "QR", "Q", "QQ\n", "\nQQ", "Q+", "Q/", "QQé", "QQQ=", "A A A", "*"])
def test_what_is_no_unpadded_base64url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not base64url"):
        b64url_decode(text)


def _read(text: str) -> bytes | None:
    try:
        return b64url_decode(text)
    except ValueError:
        return None
