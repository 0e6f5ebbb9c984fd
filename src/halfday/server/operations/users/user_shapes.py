"""Users as the API shows them, for operations of administrators and on one's own account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from halfday.server.domain.sign_in.tokens import identities_text
from halfday.server.domain.user_pools.attributes import ADDRESSES
from halfday.server.domain.users.users import User
from halfday.server.operations.framework.lookups import invalid

_VERIFIED = frozenset(f"{address}_verified" for address in ADDRESSES)


def attributes_in(given: Iterable[dict[str, Any]]) -> dict[str, str]:
    """By name. `email_verified` and `phone_number_verified` are taken as `True` too (facts/news.md).

    Raises Refused for a name that stands twice: one of its values would be forgotten. The sentence is [inferred].
    """
    listed = [(attribute["Name"], attribute.get("Value", "")) for attribute in given]
    named = {name: _spelt(name, value) for name, value in listed}
    if len(named) < len(listed):
        twice = next(name for name, _ in listed if sum(name == other for other, _ in listed) > 1)
        raise invalid(f"Duplicate attribute names {twice} are not allowed.")
    return named


def _spelt(name: str, value: str) -> str:
    return value.lower() if name in _VERIFIED and value.lower() in ("true", "false") else value


def attributes_out(user: User, wanted: list[str] | None = None) -> list[dict[str, str]]:
    """The attributes as the API lists them, `sub` among them; all values are strings. No names wanted means all."""
    attributes, names = dict(user.all_attributes), frozenset(wanted or ())
    if user.identities:
        attributes["identities"] = identities_text(user)
    return [{"Name": n, "Value": v} for n, v in attributes.items() if not names or n in names]


def alias_exists(attribute: str) -> str:
    return f"An account with the given {attribute} already exists."


def mfa_shape(user: User) -> dict[str, Any]:
    """The members about second factors in GetUser and AdminGetUser. MFAOptions come from the older SetUserSettings."""
    options = [{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}] if user.mfa_options else None
    return {
        "MFAOptions": options,
        "PreferredMfaSetting": user.mfa_preferred,
        "UserMFASettingList": list(user.mfa_enabled) or None,
    }


def user_shape(user: User, wanted: list[str] | None = None) -> dict[str, Any]:
    """UserType."""
    return {
        "Username": user.username,
        "Attributes": attributes_out(user, wanted),
        "UserCreateDate": user.created_at,
        "UserLastModifiedDate": user.modified_at,
        "Enabled": user.enabled,
        "UserStatus": user.status.value,
        "MFAOptions": mfa_shape(user)["MFAOptions"],
    }
