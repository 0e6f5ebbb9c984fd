"""What has been granted and not yet used up: codes, token families, sessions. All kept by hash, never by value."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

CODE_LIFETIME_S = 300
BROWSER_SESSION_LIFETIME_S = 3600
FEDERATION_LIFETIME_S = 300


def digest(secret: str) -> str:
    """The form in which a code, a refresh token or a session is kept: SHA-256, hexadecimal.

    They hold 128 random bits or more, so a slow hash would protect nothing.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code (RFC 6749 §4.1.2), to be taken once."""

    code_hash: str
    pool_id: str
    client_id: str
    username: str
    redirect_uri: str
    scopes: tuple[str, ...]
    auth_time: float
    expires_at: float
    nonce: str | None = None
    code_challenge: str | None = None


@dataclass(frozen=True, slots=True)
class TokenFamily:
    """All tokens of one sign-in: they share `origin_jti`, and end together when it is revoked."""

    pool_id: str
    origin_jti: str
    refresh_hash: str
    client_id: str
    username: str
    scopes: tuple[str, ...]
    auth_time: float
    expires_at: float
    event_id: str
    from_oauth: bool
    nonce: str | None = None
    device_key: str | None = None


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """What the `cognito` cookie stands for: somebody signed in to a pool's pages, for one hour."""

    pool_id: str
    session_hash: str
    username: str
    auth_time: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class PendingFederation:
    """Somebody is away at an external provider. `query` is the authorize request to be finished on return."""

    state_hash: str
    pool_id: str
    provider_name: str
    query: str
    nonce: str
    browser_hash: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class PendingChallenge:
    """A sign-in under way: which challenge stands, for whom. `memory` is what its answer is checked against."""

    session_hash: str
    pool_id: str
    client_id: str
    username: str
    challenge: str
    expires_at: float
    memory: dict[str, Any] = field(default_factory=dict, repr=False)
