"""IAM users, their access keys, and when something of IAM was used last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class IamUser:
    """`policies` are inline ones by name, `attached_policies` ARNs in the order in which they were attached."""

    account: str
    name: str
    user_id: str
    created_at: float
    path: str = "/"
    policies: dict[str, Any] = field(default_factory=dict)
    attached_policies: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:user{self.path}{self.name}"


@dataclass(frozen=True, slots=True)
class AccessKey:
    access_key_id: str
    secret_access_key: str = field(repr=False)
    account: str
    user_name: str
    created_at: float
    active: bool = True


@dataclass(frozen=True, slots=True)
class LastUse:
    """`used_id` is an access key's id, or a role's unique one."""

    used_id: str
    used_at: float
    region: str
    service: str
