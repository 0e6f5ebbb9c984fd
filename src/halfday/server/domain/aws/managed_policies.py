"""Customer managed policies and their versions. Source: IAM user guide, Managed policies and inline policies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """`default_version` is the one that counts, `latest_version` the newest there ever was: numbers are not given
    again.
    """

    account: str
    name: str
    policy_id: str
    created_at: float
    modified_at: float
    path: str = "/"
    description: str | None = None
    default_version: int = 1
    latest_version: int = 1
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:policy{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    account: str
    policy_name: str
    number: int
    document: dict[str, Any]
    created_at: float

    @property
    def version_id(self) -> str:
        return f"v{self.number}"
