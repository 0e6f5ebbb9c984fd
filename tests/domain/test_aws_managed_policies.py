"""AWS's managed policies: each can be evaluated, and none is read before somebody asks."""

from __future__ import annotations

from halfday.server.domain.aws.managed_policies import is_of_aws, is_policy_arn
from halfday.server.domain.aws.policies import parse_policy
from halfday.server.outside.aws_managed_policies import aws_managed_policies


def test_every_document_is_one_that_is_evaluated() -> None:
    for arn, policy in aws_managed_policies().items():
        assert is_of_aws(arn), arn
        assert is_policy_arn(arn), arn
        assert policy.policy_id.startswith("ANP"), arn
        assert policy.path.startswith("/"), arn
        assert policy.path.endswith("/"), arn
        assert parse_policy(policy.document, name=arn).statements, arn


def test_a_document_is_the_same_object_each_time() -> None:
    """Parsed policies are known by their document."""
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert aws_managed_policies()[arn].document is aws_managed_policies()[arn].document
