"""People in a pool: their record, their state, and the other names under which they sign in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from halfday.server.domain.late import Late
from halfday.server.domain.user_pools.pools import Pool

_ALIASES = ("email", "phone_number", "preferred_username")


class UserStatus(StrEnum):
    """Source: API reference, UserType.UserStatus; transitions in facts/api.md §8."""

    UNCONFIRMED = "UNCONFIRMED"
    CONFIRMED = "CONFIRMED"
    EXTERNAL_PROVIDER = "EXTERNAL_PROVIDER"
    RESET_REQUIRED = "RESET_REQUIRED"
    FORCE_CHANGE_PASSWORD = "FORCE_CHANGE_PASSWORD"


@dataclass(frozen=True, slots=True)
class User(Late):
    """A user. The password is kept as its SRP verifier only: `srp_salt` and `srp_verifier`, hexadecimal, sealed.
    Of a password that came as a hash of another product it is that hash (password_hashes), until its first use.

    `attributes` holds everything but `sub`. `mfa_enabled` are the second factors that the person has switched on, in
    MFA_FACTORS' words, `mfa_preferred` the one to be asked for first. `mfa_options`: SMS codes were switched on by the
    older SetUserSettings. Times are epoch seconds.
    """

    pool_id: str
    username: str
    sub: str
    status: UserStatus
    created_at: float
    modified_at: float
    enabled: bool = True
    attributes: dict[str, str] = field(default_factory=dict, repr=False)
    srp_salt: str = field(default="", repr=False)
    srp_verifier: str = field(default="", repr=False)
    temporary_password_expires_at: float = 0.0
    identities: tuple[dict[str, Any], ...] = ()
    mfa_enabled: tuple[str, ...] = ()
    mfa_preferred: str | None = None
    mfa_options: bool = False

    def with_attributes(self, attributes: Mapping[str, str], *, at: float) -> User:
        return replace(self, attributes=dict(attributes), modified_at=at)

    @property
    def all_attributes(self) -> dict[str, str]:
        return {"sub": self.sub, **self.attributes}


def opened(user: User) -> User:
    """The user, with the sealed password opened. Where nobody may learn who exists, it is opened for all of them."""
    _ = user.srp_salt, user.srp_verifier
    return user


@dataclass(frozen=True, slots=True)
class Group:
    """A group. The lowest precedence wins cognito:preferred_role; None counts as the highest number."""

    pool_id: str
    name: str
    created_at: float
    modified_at: float
    description: str | None = None
    role_arn: str | None = None
    precedence: int | None = None


def aliases_of(pool: Pool, attributes: Mapping[str, str]) -> dict[str, str]:
    """Alias value → attribute name, for every other name under which somebody with these attributes can sign in.

    In a pool of username attributes they always count; aliases of an alias pool count once verified
    (Developer guide, Customizing sign-in attributes).
    """
    names = dict.fromkeys(pool.username_attributes, True)
    names |= {name: _is_verified(attributes, name) for name in pool.alias_attributes}
    return {pool.fold(attributes[n]): n for n, counts in names.items() if counts and attributes.get(n)}


def other_names_of(user: User) -> tuple[str, ...]:
    """The user's names besides the username: `sub`, and every attribute that can be an alias."""
    return (user.sub, *(user.attributes[name] for name in _ALIASES if user.attributes.get(name)))


def aliases_in(pool: Pool) -> Callable[[User], dict[str, str]]:
    """`aliases_of` for this pool, as a function of the user."""
    return lambda user: aliases_of(pool, user.attributes)


def _is_verified(attributes: Mapping[str, str], name: str) -> bool:
    return name == "preferred_username" or attributes.get(f"{name}_verified") == "true"


def preferred_role(groups: list[Group]) -> str | None:
    """The role of the group with the lowest precedence; None on a tie between roles (facts/tokens.md §2)."""
    with_role = [group for group in groups if group.role_arn]
    if not with_role:
        return None
    lowest = min(_rank(group) for group in with_role)
    roles = {group.role_arn for group in with_role if _rank(group) == lowest}
    return roles.pop() if len(roles) == 1 else None


def _rank(group: Group) -> float:
    return float("inf") if group.precedence is None else group.precedence
