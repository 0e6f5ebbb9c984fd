"""Header values as they are meant: without the optional whitespace around them (RFC 9110 §5.5)."""

from __future__ import annotations

from collections.abc import Iterable

_OPTIONAL_WHITESPACE = b" \t"


def trimmed(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """An ASGI scope's headers with trimmed values: people paste tokens with a blank behind them."""
    return [(name, value.strip(_OPTIONAL_WHITESPACE)) for name, value in headers]
