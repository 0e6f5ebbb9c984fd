"""IAM policies: parsed, or refused for what is not honoured, and evaluated. Pure.

policy = parse_policy(document, name="own-folder")
decision = evaluate([policy], AccessRequest("s3:PutObject", arn, context))
decision.allowed, str(decision)
"""

from halfday.server.domain.aws.policies.documents import (
    Kind,
    Policy,
    parse_policy,
    parse_trust_policy,
)
from halfday.server.domain.aws.policies.evaluation import (
    AccessRequest,
    Decision,
    Outcome,
    Principal,
    evaluate,
    trusts,
)
from halfday.server.domain.aws.policies.kept import kept_policy
from halfday.server.domain.aws.policies.rules import check_policy

__all__ = [
    "AccessRequest",
    "Decision",
    "Kind",
    "Outcome",
    "Policy",
    "Principal",
    "check_policy",
    "evaluate",
    "kept_policy",
    "parse_policy",
    "parse_trust_policy",
    "trusts",
]
