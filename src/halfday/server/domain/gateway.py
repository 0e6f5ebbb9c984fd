"""Routes of the gateway: an HTTP backend behind a Cognito authorizer. Source: facts/apigateway.md §1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

ECHO = "echo"
"""A backend that is no URL: the gateway itself answers, with what it would have sent to a backend."""


@dataclass(frozen=True, slots=True)
class GatewayRoute:
    """Requests under `path` need an ID token of `pool_id` (or an access token with one of `scopes`).

    `headers` maps a backend header to `context.authorizer.claims.NAME`, as an integration's request parameters do.
    `backend` is a URL, or ECHO.
    """

    path: str
    pool_id: str
    backend: str
    scopes: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def covers(self, path: str) -> bool:
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


def authorizer_claims(claims: Mapping[str, Any]) -> dict[str, str]:
    """Claims as a REST API hands them on: every value a string, `exp` and `iat` as Java dates."""
    return {name: _as_text(name, value) for name, value in claims.items()}


def _as_text(name: str, value: Any) -> str:
    if name in ("exp", "iat"):
        return datetime.fromtimestamp(value, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(item if isinstance(item, str) else json.dumps(item, separators=(",", ":")) for item in value)
    return str(value)
