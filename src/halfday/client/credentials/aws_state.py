"""What is kept of an identity: its id, its credentials, and what they were asked for with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from halfday.client.token_store.records import read_dataclass
from halfday.protocol.credentials import Credentials


@dataclass(frozen=True, slots=True)
class AwsState:
    """`place`: the identity pool, role and flow that the rest belongs to (`setting_sources.credentials_place`)."""

    place: str = ""
    identity_id: str | None = None
    credentials: Credentials | None = None
    received_at: float = 0


def read_aws_state(record: Mapping[str, Any]) -> AwsState:
    """Raises KeyError or TypeError for a record that another version wrote, or that is damaged."""
    return read_dataclass(AwsState, record)
