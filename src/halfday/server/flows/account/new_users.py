"""New users: their username and attributes. For administrators, the seed file, imports and federation."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from halfday.server.domain.refusals import Refused, invalid
from halfday.server.domain.user_pools.attributes import check_attributes
from halfday.server.domain.user_pools.password_policy import PasswordPolicy
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.usernames import LONGEST, can_be_named
from halfday.server.domain.users.users import User, UserStatus, aliases_of
from halfday.server.services import Services


def new_user(
    services: Services,
    pool: Pool,
    username: str,
    attributes: Mapping[str, str],
    *,
    status: UserStatus = UserStatus.FORCE_CHANGE_PASSWORD,
    identities: tuple[dict[str, Any], ...] = (),
    complete: bool = True,
) -> User:
    """A user without a password, whom nobody has kept yet. Raises Refused.

    `complete`: every required attribute has to be there. In a pool of username attributes the name given is the e-mail
    or phone number; the username becomes the sub.
    """
    if not can_be_named(username):
        raise _refused(f"Username should be 1 to {LONGEST} letters, marks, symbols, numbers or punctuation.")
    sub, now = services.uuid(), services.clock()
    attributes = dict(attributes)
    if status is not UserStatus.EXTERNAL_PROVIDER:
        if pool.username_attributes:
            _take_for_address(pool, username, attributes)
            username = sub
        else:
            _check_not_an_alias(pool, username)
    if status is UserStatus.UNCONFIRMED and "preferred_username" in attributes:
        _check_not_preferred(pool)
    local = status is not UserStatus.EXTERNAL_PROVIDER
    check_attributes(pool.schema, attributes, creating=True, complete=local and complete)
    return User(
        pool_id=pool.pool_id,
        username=pool.fold(username) if status is not UserStatus.EXTERNAL_PROVIDER else username,
        sub=sub,
        status=status,
        created_at=now,
        modified_at=now,
        attributes=attributes,
        identities=identities,
    )


async def keep_user(services: Services, pool: Pool, user: User, *, transfer: bool = False) -> User:
    """Keeps a new user. `transfer`: verified addresses that are another user's alias are taken from them.

    Raises Taken.
    """
    aliases = {} if user.status is UserStatus.EXTERNAL_PROVIDER else aliases_of(pool, user.attributes)
    await services.store.users.insert(user, aliases, transfer=transfer and not pool.username_attributes)
    return user


async def taken_alias(services: Services, pool: Pool, username: str, attributes: Mapping[str, str]) -> str | None:
    """The attribute by which another user has one of these names already."""
    kinds = (*pool.username_attributes, *pool.alias_attributes)
    for attribute, name in ((None, username), *((kind, attributes.get(kind)) for kind in kinds)):
        owner = await services.store.users.find_by_any_name(pool.pool_id, pool.fold(name)) if name else None
        if name and owner is not None and owner.username != pool.fold(username):
            return attribute or aliases_of(pool, owner.attributes).get(pool.fold(name))
    return None


def temporary_password(policy: PasswordPolicy, random: bytes) -> str:
    """A password that conforms to the policy: one of each class, then letters and digits up to its length."""
    classes = (string.ascii_uppercase, string.ascii_lowercase, string.digits, "!@#%^&*")
    letters = "".join(classes[i][random[i] % len(classes[i])] for i in range(4))
    alphabet = string.ascii_letters + string.digits
    rest = "".join(alphabet[byte % len(alphabet)] for byte in random[4:])
    while len(rest) < policy.minimum_length:
        rest += rest
    return letters + rest[: max(policy.minimum_length, 12) - 4]


def _take_for_address(pool: Pool, name: str, attributes: dict[str, str]) -> None:
    """Sets the attribute to the name that was given; another value is refused. AWS's sentence: cognito-local issue
    102.
    """
    kind = _kind_of_name(pool, name)
    if pool.fold(attributes.setdefault(kind, name)) != pool.fold(name):
        raise _refused(f"User {kind} should be empty or same as username, since username attribute is {kind}")


def _kind_of_name(pool: Pool, name: str) -> str:
    if "@" in name and "email" in pool.username_attributes:
        return "email"
    if name.startswith("+") and "phone_number" in pool.username_attributes:
        return "phone_number"
    kinds = {"email": "an email", "phone_number": "a phone number"}
    if len(pool.username_attributes) > 1:
        raise _refused("Username should be either an email or a phone number.")
    raise _refused(f"Username should be {kinds[pool.username_attributes[0]]}.")


def _check_not_an_alias(pool: Pool, name: str) -> None:
    if "email" in pool.alias_attributes and "@" in name:
        raise _refused("Username cannot be of email format, since user pool is configured for email alias.")
    if "phone_number" in pool.alias_attributes and name.startswith("+") and name[1:].isdigit():
        sentence = "Username cannot be of phone number format, since user pool is configured for phone_number alias."
        raise _refused(sentence)


def _check_not_preferred(pool: Pool) -> None:
    """AWS's sentence: amplify-js issue 1669."""
    if "preferred_username" in pool.alias_attributes:
        raise _refused(
            "Preferred username cannot be provided for unconfirmed account, "
            "since user pool is configured for preferred username alias."
        )


def _refused(sentence: str) -> Refused:
    """The sentences are AWS's, except for a name that AWS's model refuses earlier."""
    return invalid(sentence)
