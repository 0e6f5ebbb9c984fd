"""What stays good after a sign-out, and until when.

Cognito refuses revoked tokens at once at its own endpoints. Verifiers that check only signatures, such as API gateways,
accept ID and access tokens until `exp`, and AWS accepts credentials until their end (facts/failures.md 8.4).
"""

from __future__ import annotations

from dataclasses import dataclass

from halfday.client.session_record import SessionRecord


@dataclass(frozen=True, slots=True)
class Remaining:
    """When each of them ends, in epoch seconds, where nobody asks Cognito. None for what was never issued."""

    id_token_until: float | None = None
    access_token_until: float | None = None
    aws_credentials_until: float | None = None

    @property
    def tokens_until(self) -> float:
        """When the last of the tokens ends; 0 when there never was one."""
        return max(self.id_token_until or 0, self.access_token_until or 0)


@dataclass(frozen=True, slots=True)
class SignedOut:
    """`revoked`: there was a refresh token, and Cognito took it back.

    `sign_out_url` ends the browser's own session at the sign-in page when a browser opens it; None without a
    logout_uri, and then that session lasts up to an hour and signs in again without asking.
    """

    revoked: bool
    remaining: Remaining
    sign_out_url: str | None = None


def remaining_of(kept: SessionRecord) -> Remaining:
    """The ends of the newest tokens and credentials. Older ones end sooner."""
    tokens, credentials = kept.tokens, kept.aws.credentials
    return Remaining(
        id_token_until=tokens.id_expires_at if tokens.id_token else None,
        access_token_until=tokens.access_expires_at,
        aws_credentials_until=float(credentials.expires_at) if credentials else None,
    )
