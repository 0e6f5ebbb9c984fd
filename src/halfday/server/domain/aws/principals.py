"""What roles and users have in common: inline policies, attached managed policies, a permissions boundary, tags.

Functions that answer with a changed copy are given to the store's `change`. Source: IAM user guide, IAM quotas;
facts/iam.md §2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.policies.documents import MOST_OF_A_ROLE, characters
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.refusals import Refused

MOST_ATTACHED = 10
MOST_OF_A_USER = 2_048
"""Characters without white space, of a user's inline policies together."""

P = TypeVar("P", Role, IamUser)


def check_inline_size(principal: Role | IamUser, policy_name: str, text: str) -> None:
    """Raises Refused where the inline policies would be too long together, once this one is among them."""
    is_role = isinstance(principal, Role)
    most = MOST_OF_A_ROLE if is_role else MOST_OF_A_USER
    if sum(map(characters, {**principal.policies, policy_name: text}.values())) > most:
        whose = f"{'role' if is_role else 'user'} {principal.name}"
        raise Refused("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {whose}")


def with_inline(principal: P, name: str, text: str, document: dict[str, Any]) -> P:
    check_inline_size(principal, name, text)
    return replace(principal, policies={**principal.policies, name: document})


def without_inline(principal: P, name: str) -> P:
    inline_document(principal, name)
    return replace(principal, policies={known: rest for known, rest in principal.policies.items() if known != name})


def inline_document(principal: Role | IamUser, name: str) -> dict[str, Any]:
    """Raises Refused."""
    if name not in principal.policies:
        kind = "role" if isinstance(principal, Role) else "user"
        raise Refused("NoSuchEntity", f"The {kind} policy with name {name} cannot be found.")
    document: dict[str, Any] = principal.policies[name]
    return document


def with_attached(principal: P, arn: str) -> P:
    """What is attached already stays where it is."""
    if arn in principal.attached_policies:
        return principal
    if len(principal.attached_policies) >= MOST_ATTACHED:
        whose = "Role" if isinstance(principal, Role) else "User"
        raise Refused("LimitExceeded", f"Cannot exceed quota for PoliciesPer{whose}: {MOST_ATTACHED}")
    return replace(principal, attached_policies=(*principal.attached_policies, arn))


def without_attached(principal: P, arn: str) -> P:
    if arn not in principal.attached_policies:
        raise Refused("NoSuchEntity", f"Policy {arn} was not found.")
    return replace(principal, attached_policies=tuple(one for one in principal.attached_policies if one != arn))


def with_boundary(principal: P, arn: str | None) -> P:
    return replace(principal, permissions_boundary=arn)


def check_can_go(principal: Role | IamUser) -> None:
    """Raises Refused for who has policies still."""
    if principal.attached_policies:
        raise Refused("DeleteConflict", "Cannot delete entity, must detach all policies first.")
    if principal.policies:
        raise Refused("DeleteConflict", "Cannot delete entity, must delete policies first.")
