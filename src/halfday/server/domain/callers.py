"""Who is calling an AWS API, proven. Made by http/callers (signatures) and flows/tokens (access tokens) only."""

from __future__ import annotations

from dataclasses import dataclass

from halfday.protocol.claims import VerifiedClaims
from halfday.server.domain.app_clients import AppClient
from halfday.server.domain.pools import Pool
from halfday.server.domain.users import User


@dataclass(frozen=True, slots=True)
class TokenUser:
    """Somebody who showed a live access token of theirs."""

    pool: Pool
    client: AppClient
    user: User
    claims: VerifiedClaims
