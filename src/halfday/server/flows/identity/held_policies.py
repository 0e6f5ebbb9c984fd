"""The policies that a role, a user or a session has beside inline ones: managed ones, the boundary, the session's.

Managed policies are read at every call: whoever changes one changes what sessions may do that began before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from halfday.protocol.identifiers import parse_arn
from halfday.server.domain.aws.callers import Held, Named
from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.managed_policies import is_of_aws
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.sessions import IssuedCredentials, SessionKind
from halfday.server.outside.aws_managed_policies import aws_managed_policies
from halfday.server.services import Services

NOTHING: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
}
"""Stands for a boundary that is gone: it lets nothing through."""


async def held_by(
    services: Services, owner: Role | IamUser | None, credentials: IssuedCredentials | None = None
) -> Held:
    """What limits whoever is this role or user, in this session. Without an owner it is the root's session."""
    attached = () if owner is None else owner.attached_policies
    boundary = None if owner is None else owner.permissions_boundary
    return Held(
        managed=tuple([one async for one in _documents(services, attached)]),
        boundary=None if boundary is None else (boundary, await managed_document(services, boundary) or NOTHING),
        session=await _of_session(services, credentials),
    )


async def managed_document(services: Services, arn: str) -> Mapping[str, Any] | None:
    """The default version of a managed policy, AWS's own or the account's; None where there is none of this ARN."""
    if is_of_aws(arn):
        of_aws = aws_managed_policies().get(arn)
        return None if of_aws is None else of_aws.document
    try:
        account, name = parse_arn(arn).account, arn.rpartition("/")[2]
    except ValueError:
        return None
    policy = await services.store.managed_policies.find(account, name)
    if policy is None or policy.arn != arn:
        return None
    versions = await services.store.managed_policies.versions(account, name)
    return next((one.document for one in versions if one.number == policy.default_version), None)


async def _of_session(services: Services, credentials: IssuedCredentials | None) -> tuple[Named, ...] | None:
    """A session with policies may do what they allow too; a federated user without any may do nothing."""
    if credentials is None:
        return None
    inline = tuple(("session", document) for document in credentials.session_policies)
    named = credentials.session_policy_arns
    if not inline and not named and credentials.kind is not SessionKind.FEDERATED_USER:
        return None
    return (*inline, *[one async for one in _documents(services, named)])


async def _documents(services: Services, arns: Iterable[str]) -> Any:
    """Those that are still there. A policy that is gone allows nothing, and denies nothing."""
    for arn in arns:
        document = await managed_document(services, arn)
        if document is not None:
            yield arn, document
