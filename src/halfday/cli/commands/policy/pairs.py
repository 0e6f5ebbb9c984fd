"""KEY=VALUE of the command line. A key that comes again has a list."""

from __future__ import annotations

from collections.abc import Sequence

from halfday.client.errors import SettingsError


def context_of(given: Sequence[str]) -> dict[str, str | list[str]]:
    """Raises SettingsError."""
    context: dict[str, str | list[str]] = {}
    for key, value in _pairs(given, "--context"):
        before = context.get(key)
        if before is None:
            context[key] = value
        else:
            context[key] = [*([before] if isinstance(before, str) else before), value]
    return context


def tags_of(given: Sequence[str]) -> dict[str, str]:
    """Raises SettingsError."""
    return dict(_pairs(given, "--session-tag"))


def _pairs(given: Sequence[str], option: str) -> list[tuple[str, str]]:
    pairs = [one.partition("=") for one in given]
    for key, sign, _ in pairs:
        if not key or not sign:
            raise SettingsError(f"{option}: {key!r} is no KEY=VALUE", hint=f"{option} aws:PrincipalTag/team=blue")
    return [(key, value) for key, _, value in pairs]
