"""Users and roles whom a policy names: pinned when the policy is saved, told by their ARN when it is shown.

Of other accounts nobody here can say who is there: their ARNs stay as they are. Source: IAM user guide, AWS JSON
policy elements: Principal, and Troubleshoot IAM roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.domain.aws.iam_users import IamUser
from halfday.server.domain.aws.policies.loading import malformed
from halfday.server.domain.aws.policies.pins import Named, Pin, named_by, pins_in, with_principals
from halfday.server.domain.aws.roles import Role
from halfday.server.storage.store import Store

NOBODY_IN: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "UntilAllAreThere", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
"""The trust policy of a role until those are there whom it names. By its Sid it is not one that somebody closed."""


class NobodyThere(LookupError):
    """A policy names a user or role that is not there."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"there is no {arn}")
        self.arn = arn


async def pins_of(store: Store, account: str, document: Mapping[str, Any]) -> dict[str, str]:
    """The unique id of each user, role and role's session that the policy names. Raises NobodyThere, also for a unique
    id of nobody.
    """
    for text, pin in pins_in(document).items():
        if await _arn(store, account, pin) is None:
            raise NobodyThere(text)
    pins = {}
    for arn, named in named_by(document).items():
        if named.account == account:
            pins[arn] = named.pin(await _unique_id(store, named))
    return pins


async def nobodies_of(store: Store, account: str, document: Mapping[str, Any]) -> list[str]:
    """The principals of the policy that are not there: ARNs, and unique ids, which nothing may be saved with."""
    missing = list(pins_in(document))
    for arn, named in named_by(document).items():
        if named.account == account:
            try:
                await _unique_id(store, named)
            except NobodyThere:
                missing.append(arn)
    return missing


async def pinned(store: Store, account: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The policy as it is kept. Raises NobodyThere."""
    return with_principals(document, await pins_of(store, account, document))


async def pinned_trust_policy(store: Store, account: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """The policy as it is kept. Raises Refused, in IAM's words."""
    try:
        return dict(await pinned(store, account, document))
    except NobodyThere as nobody:
        raise malformed(f'Invalid principal in policy: "AWS":"{nobody.arn}"', str(nobody)) from nobody


async def shown(store: Store, account: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The policy with the ARNs that users and roles have today. Who is gone keeps the unique id."""
    found = {text: await _arn(store, account, pin) for text, pin in pins_in(document).items()}
    return with_principals(document, {text: arn for text, arn in found.items() if arn is not None})


async def names_the_gone(store: Store, account: str, document: Mapping[str, Any]) -> bool:
    """Whether the policy, as it is kept, names a user or role that is there no more."""
    return any([await _arn(store, account, pin) is None for pin in pins_in(document).values()])


async def _unique_id(store: Store, named: Named) -> str:
    found: IamUser | Role | None
    if not named.may_be_there:
        raise NobodyThere(named.arn)
    if named.is_user:
        found = await store.iam_users.find(named.account, named.name)
    else:
        found = await store.roles.find(named.account, named.name)
    if found is None or (not named.session and found.arn != named.arn):
        raise NobodyThere(named.arn)
    return found.user_id if isinstance(found, IamUser) else found.role_id


async def _arn(store: Store, account: str, pin: Pin) -> str | None:
    if pin.is_user:
        user = await store.iam_users.find_by_id(account, pin.unique_id)
        return user.arn if user is not None else None
    role = await store.roles.find_by_id(account, pin.unique_id)
    if role is None:
        return None
    return f"arn:aws:sts::{account}:assumed-role/{role.name}/{pin.session}" if pin.session else role.arn
