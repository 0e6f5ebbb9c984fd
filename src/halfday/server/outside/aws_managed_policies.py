"""AWS's managed policies, those that roles and users of this field commonly have: a table beside this file.

The documents are AWS's, as github.com/iann0036/iam-dataset had them on 22 August 2026 (AdministratorAccess and
PowerUserAccess, which it lacks, and the unique ids: github.com/zoph-io/MAMIP on 7 March 2026).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files

from halfday.server.domain.aws.managed_policies import AwsManagedPolicy

_TABLE = "aws_managed_policies.json"


@cache
def aws_managed_policies() -> Mapping[str, AwsManagedPolicy]:
    """By ARN. Read once: a document is the same object ever after."""
    rows = json.loads(files(__package__).joinpath(_TABLE).read_text(encoding="utf-8"))
    return {
        row["arn"]: AwsManagedPolicy(
            arn=row["arn"],
            policy_id=row["policy_id"],
            default_version_id=row["version"],
            document=row["document"],
            created_at=_moment(row["created"]),
            modified_at=_moment(row["updated"]),
        )
        for row in rows
    }


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
