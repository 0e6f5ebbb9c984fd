"""TOTP against RFC 6238's own vectors, codes and masks, lock-out's steps."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halfday.server.domain.users.attempts import locked_until
from halfday.server.domain.users.confirmation import make_code, masked
from halfday.server.domain.users.factors import make_totp_secret, totp, totp_step

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("moment", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_totp_of_rfc_6238_appendix_b(moment: int, code: str) -> None:
    """The RFC's codes have eight digits; six are their last six."""
    assert totp(RFC_SECRET, moment // 30) == code
    assert totp_step(RFC_SECRET, code, moment) == moment // 30


@given(st.binary(min_size=32, max_size=32), st.integers(100, 2**33), st.integers(-5, 5))
def test_a_code_serves_within_a_step_of_its_own(random: bytes, step: int, off: int) -> None:
    secret = make_totp_secret(random)
    assert len(secret) == 52
    code = totp(secret, step)
    found = totp_step(secret, code, (step + off) * 30 + 15)
    assert found != step if abs(off) > 1 else found is not None and totp(secret, found) == code


@given(st.binary(min_size=8, max_size=16), st.sampled_from([6, 8]))
def test_codes_keep_their_leading_zeros(random: bytes, digits: int) -> None:
    code = make_code(random, digits)
    assert (len(code), code.isdigit()) == (digits, True)


@pytest.mark.parametrize(
    ("attribute", "address", "shown"),
    [("email", "frank@example.com", "f***@e***"), ("phone_number", "+15555550839", "+*******0839")],
)
def test_addresses_are_masked(attribute: str, address: str, shown: str) -> None:
    assert masked(attribute, address) == shown


@pytest.mark.parametrize(
    ("failures", "locked_s"), [(4, None), (5, 1), (6, 2), (9, 16), (14, 512), (15, 900), (99, 900)]
)
def test_locks_double_up_to_a_quarter_of_an_hour(failures: int, locked_s: int | None) -> None:
    assert locked_until(failures, 1000.0) == (0.0 if locked_s is None else 1000.0 + locked_s)
