"""Managed policies, an account's own and AWS's. Source: IAM user guide, Managed policies and inline policies."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

MOST_OF_A_POLICY, MOST_VERSIONS = 6_144, 5
"""Characters without white space, and versions at a time (IAM user guide, IAM quotas)."""

_ARN = re.compile(r"arn:aws:iam::(?:aws|\d{12}):policy/(?:[\x21-\x7e]+/)?[\w+=,.@-]{1,128}", re.ASCII)


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

    @property
    def default_version_id(self) -> str:
        return f"v{self.default_version}"

    @property
    def is_attachable(self) -> bool:
        return True


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


@dataclass(frozen=True, slots=True)
class AwsManagedPolicy:
    """One of AWS's own: nobody changes it. Those of service-linked roles cannot be attached. `text` is its document."""

    arn: str
    policy_id: str
    default_version_id: str
    text: str
    created_at: float
    modified_at: float

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def path(self) -> str:
        return self.arn.partition(":policy")[2].removesuffix(self.name)

    @property
    def document(self) -> dict[str, Any]:
        """The same object each time."""
        return _read(self.text)

    @property
    def is_attachable(self) -> bool:
        return not self.path.startswith("/aws-service-role/")


@cache
def _read(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    return document


def is_policy_arn(text: str) -> bool:
    """Whether `text` is the ARN of a managed policy, which exists or not."""
    return _ARN.fullmatch(text) is not None


def is_of_aws(arn: str) -> bool:
    return arn.startswith("arn:aws:iam::aws:")
