"""What is kept of an identity: its id and its credentials, and what they are good for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from halfday.client.token_store.records import read_dataclass
from halfday.protocol.credentials import Credentials


@dataclass(frozen=True, slots=True)
class AwsState:
    """`place` says for which identity pool, role and flow the rest is good (`sources.credentials_place`)."""

    place: str = ""
    identity_id: str | None = None
    credentials: Credentials | None = None
    received_at: float = 0


def read_aws_state(record: Mapping[str, Any]) -> AwsState:
    """Raises KeyError or TypeError for what another Halfday wrote, or what was damaged."""
    return read_dataclass(AwsState, record)
