"""IAM roles. The credentials that are issued for them: `sessions`. Source: facts/identity.md §7, §9."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from halfday.protocol import identifiers

DEFAULT_SESSION_DURATION_S = 3600
SHORTEST_SESSION_DURATION_S = 900
LONGEST_SESSION_DURATION_S = 43200


@dataclass(frozen=True, slots=True)
class Role:
    """`policies` maps the names of inline policies to their documents, `attached_policies` are the ARNs of managed ones
    in the order in which they were attached. `path` begins and ends with a slash.
    """

    account: str
    name: str
    role_id: str
    trust_policy: dict[str, Any]
    created_at: float
    path: str = "/"
    policies: dict[str, Any] = field(default_factory=dict)
    description: str | None = None
    max_session_duration_s: int = DEFAULT_SESSION_DURATION_S
    tags: dict[str, str] = field(default_factory=dict)
    permissions_boundary: str | None = None
    attached_policies: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        return identifiers.role_arn(self.account, self.name, self.path)
