"""What the pre token generation trigger changes of the claims, and what nobody may change. Source: facts/tokens.md §8.

Version 1 changes the ID token and the groups; versions 2 and 3 the access token and its scopes too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_OWN = frozenset(
    "acr amr at_hash auth_time azp client_id device_key event_id exp iat identities iss jti nbf nonce origin_jti sub "
    "token_use username version".split()
)
"""Claims that say which token it is: neither added nor suppressed."""
_OWN_TYPES = frozenset({"address", "updated_at", "email_verified", "phone_number_verified"})
"""Of an ID token: these keep their type, so a text is all that replaces them."""
_GROUPS, _ROLES, _PREFERRED_ROLE = "cognito:groups", "cognito:roles", "cognito:preferred_role"
MOST_CHANGES = 5000


@dataclass(frozen=True, slots=True)
class TokenChanges:
    """Of one token: claims to add or to replace, and to leave out; of an access token also scopes."""

    added: Mapping[str, Any] = field(default_factory=dict)
    suppressed: frozenset[str] = frozenset()
    scopes_added: tuple[str, ...] = ()
    scopes_suppressed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GroupChanges:
    """Replaces what the tokens say of groups and roles; an empty one takes them away."""

    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    preferred_role: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimChanges:
    """The function's answer. `groups` None: they stay."""

    of_id: TokenChanges = TokenChanges()
    of_access: TokenChanges = TokenChanges()
    groups: GroupChanges | None = None

    @property
    def count(self) -> int:
        return sum(
            len(each)
            for token in (self.of_id, self.of_access)
            for each in (token.added, token.suppressed, token.scopes_added, token.scopes_suppressed)
        )


NO_CHANGES = ClaimChanges()


def change_id_claims(claims: Mapping[str, Any], changes: ClaimChanges) -> dict[str, Any]:
    """The claims of an ID token as the function wants them."""
    changed = _regrouped(claims, changes.groups, roles_too=True)
    for name, value in changes.of_id.added.items():
        if _is_fixed(name) or name == "aud" or name.startswith("dev:"):
            continue
        fitting = _of_own_type(name, value, changed.get(name)) if name in _OWN_TYPES else value
        if fitting is not None or name not in _OWN_TYPES:
            changed[name] = fitting
    return _without(changed, changes.of_id.suppressed, keep=("aud",))


def change_access_claims(claims: Mapping[str, Any], changes: ClaimChanges, *, client_id: str) -> dict[str, Any]:
    """The claims of an access token as the function wants them. `aud` may be the app client's id and nothing else.

    A token that the app had bound to a resource stays bound to it [inferred].
    """
    changed = _regrouped(claims, changes.groups, roles_too=False)
    for name, value in changes.of_access.added.items():
        if name == "aud":
            if value == client_id:
                changed.setdefault(name, value)
        elif not (_is_fixed(name) or name == "scope" or name.startswith("dev:")):
            changed[name] = value
    changed["scope"] = " ".join(_scopes(str(changed.get("scope", "")).split(), changes.of_access))
    bound = ("aud",) if "aud" in claims else ()
    return _without(changed, changes.of_access.suppressed, keep=("scope", *bound))


def scopes_fit(scopes: Iterable[str]) -> bool:
    """Whether each can stand in a token: without blanks."""
    return all(scope and not any(letter.isspace() for letter in scope) for scope in scopes)


def _scopes(scopes: list[str], changes: TokenChanges) -> list[str]:
    wanted = dict.fromkeys((*scopes, *changes.scopes_added))
    return [scope for scope in wanted if scope not in changes.scopes_suppressed]


def _is_fixed(name: str) -> bool:
    return name in _OWN or name.startswith("cognito:")


def _without(claims: dict[str, Any], suppressed: frozenset[str], *, keep: tuple[str, ...]) -> dict[str, Any]:
    """Suppressing wins over adding. Without its groups a token has no roles either."""
    gone = {name for name in suppressed if not _is_fixed(name) and name not in keep}
    if _GROUPS in suppressed:
        gone |= {_GROUPS, _ROLES, _PREFERRED_ROLE}
    return {name: value for name, value in claims.items() if name not in gone}


def _regrouped(claims: Mapping[str, Any], groups: GroupChanges | None, *, roles_too: bool) -> dict[str, Any]:
    if groups is None:
        return dict(claims)
    others = {name: value for name, value in claims.items() if name not in (_GROUPS, _ROLES, _PREFERRED_ROLE)}
    own: dict[str, Any] = {_GROUPS: list(groups.groups)} if groups.groups else {}
    if roles_too and groups.roles:
        own[_ROLES] = list(groups.roles)
    if roles_too and groups.preferred_role:
        own[_PREFERRED_ROLE] = groups.preferred_role
    return own | others


def _of_own_type(name: str, value: Any, before: Any) -> Any:
    """The value in the claim's own type; what does not fit leaves the claim as it was [inferred]."""
    if name in ("email_verified", "phone_number_verified"):
        spelt = {"true": True, "false": False, True: True, False: False}
        return spelt.get(value, before) if isinstance(value, (str, bool)) else before
    if name == "updated_at":
        return int(value) if isinstance(value, (int, float)) or (isinstance(value, str) and value.isdigit()) else before
    return {"formatted": value} if isinstance(value, str) else before
