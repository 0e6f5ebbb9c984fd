"""Whose session temporary credentials are, as long as the role or user behind them is the same."""

from __future__ import annotations

from halfday.server.domain.aws.callers import AssumedRole, FederatedUser, Root, SignedCaller, SignedUser
from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.sessions import IssuedCredentials, SessionKind
from halfday.server.flows.identity.held_policies import held_by
from halfday.server.services import Services


async def session_caller(services: Services, issued: IssuedCredentials) -> SignedCaller | None:
    """None once the role or user is gone. That the credentials have not expired is the caller's to check."""
    if issued.kind is SessionKind.ASSUMED_ROLE:
        return await _assumed_role(services, issued)
    user = await _user(services, issued)
    if issued.user_name and user is None:
        return None
    held = await held_by(services, user, issued)
    if issued.kind is SessionKind.FEDERATED_USER:
        return FederatedUser(issued, user, held)
    return Root(issued.account, issued) if user is None else SignedUser(user, held, issued)


async def _assumed_role(services: Services, issued: IssuedCredentials) -> AssumedRole | None:
    role = await services.store.roles.find(issued.account, issued.role_name)
    if role is None or role.role_id != issued.role_id:
        return None
    return AssumedRole(issued, role, await held_by(services, role, issued))


async def _user(services: Services, issued: IssuedCredentials) -> IamUser | None:
    if not issued.user_name:
        return None
    user = await services.store.iam_users.find(issued.account, issued.user_name)
    return user if user is not None and user.user_id == issued.user_unique_id else None
