"""Claims as the gateway hands them on: texts, spelt otherwise by REST APIs and by HTTP APIs.

Source: facts/apigateway.md §1, §2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def rest_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """Claims as a REST API hands them on: every value a string, `exp` and `iat` as Java dates."""
    return {name: _as_rest_text(name, value) for name, value in claims.items()}


def _as_rest_text(name: str, value: Any) -> str:
    if name in ("exp", "iat"):
        return datetime.fromtimestamp(value, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(item if isinstance(item, str) else json.dumps(item, separators=(",", ":")) for item in value)
    return str(value)


def http_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """Claims as an HTTP API hands them on: every value a string as Go formats it, lists in brackets without commas."""
    return {name: _as_go_text(value) for name, value in claims.items()}


def _as_go_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + " ".join(_as_go_text(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "map[" + " ".join(f"{name}:{_as_go_text(value[name])}" for name in sorted(value)) + "]"
    return "<nil>" if value is None else str(value)
