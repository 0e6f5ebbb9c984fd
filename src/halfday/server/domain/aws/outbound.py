"""The account as an issuer: web identity tokens that say who calls, for services outside of AWS.

Source: IAM user guide, Getting started with outbound identity federation, and Understanding token claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ALGORITHMS = ("RS256", "ES384")
LIFETIME_S = 300
NAMESPACE = "https://sts.amazonaws.com/"
LONGEST_PAYLOAD = 16_384
"""Bytes of a token's claims as JSON. AWS does not say its own limit."""


@dataclass(frozen=True, slots=True)
class OutboundFederation:
    """Whether the account issues tokens, and as whom: `issuer_id` stays when it is disabled and enabled again."""

    account: str
    issuer_id: str
    enabled: bool

    def issuer(self, origin: str) -> str:
        """AWS's is https://ID.tokens.sts.global.api.aws."""
        return f"{origin}/{self.issuer_id}"


@dataclass(frozen=True, slots=True)
class Described:
    """Whom a token is about, and what was asked for."""

    arn: str
    account: str
    region: str
    principal_tags: Mapping[str, str]
    request_tags: Mapping[str, str]
    audience: tuple[str, ...]


def claims_of(described: Described, *, issuer: str, token_id: str, now: float, lifetime_s: int) -> dict[str, Any]:
    """`sub` of a role's session is the role."""
    told: dict[str, Any] = {"aws_account": described.account, "source_region": described.region}
    if described.principal_tags:
        told["principal_tags"] = dict(described.principal_tags)
    if described.request_tags:
        told["request_tags"] = dict(described.request_tags)
    audience = described.audience
    return {
        "iss": issuer,
        "aud": audience[0] if len(audience) == 1 else list(audience),
        "sub": described.arn,
        "iat": int(now),
        "exp": int(now) + lifetime_s,
        "jti": token_id,
        NAMESPACE: told,
    }
