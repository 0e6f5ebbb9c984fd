"""Powers of one base modulo one number, by a table of the base's powers: 32 multiplications, and no squarings.

The exponent is read by bytes: base^e is the product of base^(256^i · byte i), and row i of the table holds the 256
factors that byte i may choose. For SRP's group that is 3 MB. It grows by a row at a time, so that whoever asks for a
power while it is made waits for a row and not for all of it.
Source: Brickell, Gordon, McCurley, Wilson: Fast Exponentiation with Precomputation (1992).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

EXPONENT_BYTES = 32
"""SHA-256's, and a private number's of SRP. Longer exponents are for the ordinary power."""


class FixedBase:
    """`base`^e modulo `modulus` for 0 ≤ e < 256^EXPONENT_BYTES. `number` makes the library's number of an int."""

    def __init__(self, base: int, modulus: int, number: Callable[[int], Any]) -> None:
        self._base, self._one, self._modulus = number(base), number(1), number(modulus)
        self._rows: dict[int, Sequence[Any]] = {}

    @property
    def complete(self) -> bool:
        return len(self._rows) == EXPONENT_BYTES

    def grow(self) -> None:
        """Makes the next row. Two threads may make the same one: it is the same, and stands once."""
        number = len(self._rows)
        before = self._rows[number - 1] if number else None
        step = before[255] * before[1] % self._modulus if before else self._base
        row = [self._one]
        for _ in range(255):
            row.append(row[-1] * step % self._modulus)
        self._rows[number] = row

    def power(self, exponent: int) -> int:
        """The table must be complete. Zeros are multiplied by too: time does not tell how many there are."""
        product = self._one
        for number, byte in enumerate(exponent.to_bytes(EXPONENT_BYTES, "little")):
            product = product * self._rows[number][byte] % self._modulus
        return int(product)
