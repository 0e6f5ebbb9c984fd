"""Routes of [[gateway]]: an HTTP backend behind a Cognito authorizer. Source: facts/apigateway.md §1."""

from __future__ import annotations

from dataclasses import dataclass, field

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
