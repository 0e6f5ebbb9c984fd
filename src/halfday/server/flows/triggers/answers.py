"""Members of a function's response, of the type that each has. Another type is no answer (facts/triggers.md §2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.domain.user_pools.triggers import unusable


def flag(response: Mapping[str, Any], name: str) -> bool:
    """False where it is left out. Raises Refused."""
    value = response.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise _wrong(name, "true or false")


def text(response: Mapping[str, Any], name: str) -> str | None:
    """Raises Refused."""
    value = response.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _wrong(name, "text")


def texts(response: Mapping[str, Any], name: str) -> list[str] | None:
    """None where it is left out or null, which is not the same as an empty list. Raises Refused."""
    value = response.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(name, "a list of texts")
    return value


def table(response: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Raises Refused."""
    value = response.get(name)
    if value is None or isinstance(value, dict):
        return value
    raise _wrong(name, "an object")


def table_of_texts(response: Mapping[str, Any], name: str) -> dict[str, str] | None:
    """Numbers and booleans are taken for their text, as Cognito takes them [inferred]. Raises Refused."""
    value = table(response, name)
    if value is None:
        return None
    return {each: _as_text(name, found) for each, found in value.items() if found is not None}


def _as_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise _wrong(name, "an object of texts")


def _wrong(name: str, expected: str) -> Exception:
    return unusable(f"response.{name} is not {expected}")
