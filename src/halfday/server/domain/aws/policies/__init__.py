"""IAM policies: parsed, or refused for what is not honoured, and evaluated. Pure.

policy = parse_policy(document, name="own-folder")
request = AccessRequest("s3:PutObject", arn, context, principal)
decision = decide(request, PolicySet(identity=[policy], boundary=…, session=…, resource=…))
decision.allowed, decision.because, str(decision)
"""

from halfday.server.domain.aws.policies.decisions import Decision, Outcome
from halfday.server.domain.aws.policies.documents import (
    Kind,
    Policy,
    parse_policy,
    parse_trust_policy,
)
from halfday.server.domain.aws.policies.evaluation import (
    PolicySet,
    decide,
    evaluate,
    trusts,
)
from halfday.server.domain.aws.policies.kept import kept_policy
from halfday.server.domain.aws.policies.keys import (
    EVERY_KEY,
    KNOWN_ANYWHERE,
    OF_S3,
    OF_THE_REQUEST,
    KnownKeys,
    known_keys,
)
from halfday.server.domain.aws.policies.near_misses import Miss, near_misses
from halfday.server.domain.aws.policies.principals import ANONYMOUS, Principal, PrincipalKind
from halfday.server.domain.aws.policies.requests import AccessRequest
from halfday.server.domain.aws.policies.rules import check_policy

__all__ = [
    "ANONYMOUS",
    "EVERY_KEY",
    "KNOWN_ANYWHERE",
    "OF_S3",
    "OF_THE_REQUEST",
    "AccessRequest",
    "Decision",
    "Kind",
    "KnownKeys",
    "Miss",
    "Outcome",
    "Policy",
    "PolicySet",
    "Principal",
    "PrincipalKind",
    "check_policy",
    "decide",
    "evaluate",
    "kept_policy",
    "known_keys",
    "near_misses",
    "parse_policy",
    "parse_trust_policy",
    "trusts",
]
