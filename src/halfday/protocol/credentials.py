"""Temporary AWS credentials, and the form in which `credential_process` hands them to any SDK."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """`expires_at` is in epoch seconds. The secret parts stay out of repr."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at: int


def iso8601(epoch_s: float) -> str:
    """2026-11-22T10:00:00Z, as AWS writes times in credentials and in XML."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sts_form(credentials: Credentials) -> dict[str, object]:
    """As STS answers: what helpers such as Claude Code's awsCredentialExport read (its guide, Amazon Bedrock)."""
    members = credential_process_form(credentials)
    del members["Version"]
    return {"Credentials": members}


def credential_process_form(credentials: Credentials) -> dict[str, object]:
    """Source: AWS SDKs reference guide, Process credential provider."""
    return {
        "Version": 1,
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": iso8601(credentials.expires_at),
    }
