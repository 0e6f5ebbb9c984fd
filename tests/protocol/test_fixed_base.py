"""Powers by a table are the powers, whatever the exponent, and the table grows by rows."""

from __future__ import annotations

import itertools

import pytest
from gmpy2 import mpz
from hypothesis import given
from hypothesis import strategies as st

from halfday.protocol import srp
from halfday.protocol.fixed_base import EXPONENT_BYTES, FixedBase

LARGEST = 256**EXPONENT_BYTES - 1
MODULUS = 2**127 - 1
SMALL = FixedBase(5, MODULUS, int)
while not SMALL.complete:
    SMALL.grow()


@given(st.integers(0, LARGEST))
def test_a_power_by_the_table_is_the_power(exponent: int) -> None:
    assert SMALL.power(exponent) == pow(5, exponent, MODULUS)


@pytest.mark.parametrize("exponent", [0, 1, 255, 256, 2**255, LARGEST])
def test_the_ends_of_a_row_are_in_the_table(exponent: int) -> None:
    assert SMALL.power(exponent) == pow(5, exponent, MODULUS)


def test_an_exponent_too_long_for_the_table_is_no_power_of_it() -> None:
    with pytest.raises(OverflowError):
        SMALL.power(LARGEST + 1)


def test_a_row_that_two_make_stands_once() -> None:
    table = FixedBase(5, MODULUS, int)
    table.grow()
    last = table._rows.pop(0)
    table.grow()
    assert table._rows == {0: last}


def test_srp_goes_over_to_its_table_without_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the table, while it grows, once it is whole, and beyond the exponents that it is for."""
    table, number = FixedBase(srp.G, srp.N, mpz), 2**256 - 189
    monkeypatch.setattr(srp, "_table_of_g", lambda: table)
    monkeypatch.setattr(srp, "_powers_of_g", itertools.count())
    powers = {srp._power_of_g(number) for _ in range(srp.POWERS_BEFORE_TABLE)}
    assert not table._rows
    powers |= {srp._power_of_g(number) for _ in range(EXPONENT_BYTES)}
    assert table.complete
    powers |= {srp._power_of_g(number)}
    assert powers == {pow(srp.G, number, srp.N)}
    assert srp._power_of_g(2**1000 + 1) == pow(srp.G, 2**1000 + 1, srp.N)
