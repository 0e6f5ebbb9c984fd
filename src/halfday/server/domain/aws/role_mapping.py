"""Which role somebody who has signed in gets: by the token's roles, by rules, or the pool's own. Pure.

Source: facts/identity.md §4; developer guide, Using role-based access control; of SAML: Customizing your user role with
the SAML IdP.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from halfday.server.domain.aws.logins import LoginKind, ProvenLogin
from halfday.server.domain.refusals import Refused, not_authorized

MOST_RULES = 25
"""Of one provider (facts/identity.md §10). The model allows more."""
BY_TOKEN, BY_RULES = "Token", "Rules"
DEFAULT_ROLE, DENY = "AuthenticatedRole", "Deny"
SAML_ROLES = "https://aws.amazon.com/SAML/Attributes/Role"

_AMBIGUOUS = "The ambiguous role mapping rules denied this request"


@dataclass(frozen=True, slots=True)
class MappingRule:
    """`match_type` is Equals, Contains, StartsWith or NotEqual."""

    claim: str
    match_type: str
    value: str
    role_arn: str

    def fits(self, claims: Mapping[str, Any]) -> bool:
        """Whether the claim's value, as text, is what the rule looks for. A claim that is missing fits no rule."""
        if self.claim not in claims:
            return False
        found = as_text(claims[self.claim])
        return {
            "Equals": found == self.value,
            "NotEqual": found != self.value,
            "StartsWith": found.startswith(self.value),
            "Contains": self.value in found,
        }[self.match_type]


@dataclass(frozen=True, slots=True)
class RoleMapping:
    """How people of one provider get their role. `resolution`: what they get where that leads to none or to several."""

    kind: str
    resolution: str
    rules: tuple[MappingRule, ...] = ()


def chosen_role(
    mappings: Mapping[str, RoleMapping], default: str | None, shown: Sequence[ProvenLogin], custom: str | None
) -> str | None:
    """The ARN of the role for who has shown these logins; None where the pool has no role for them. Raises Refused.

    `custom` is the role that the caller asks for. Of several logins the first with a mapping decides [inferred].
    """
    for login in shown:
        mapping = mappings.get(login.mapping_key) or mappings.get(login.arn)
        if mapping is not None:
            return _mapped(mapping, default, login, custom)
    asserted = next((login for login in shown if login.kind is LoginKind.SAML and _asserted(login)), None)
    if asserted is not None:
        return _by_roles(_asserted(asserted), None, DEFAULT_ROLE if default else DENY, default, custom)
    if custom not in (None, default):
        raise _not_offered(custom, "no provider of these logins has a role mapping")
    return default


def _mapped(mapping: RoleMapping, default: str | None, login: ProvenLogin, custom: str | None) -> str | None:
    if mapping.kind == BY_RULES:
        fitting = [rule.role_arn for rule in mapping.rules if rule.fits(login.claims)]
        if custom is not None and custom not in fitting:
            raise _not_offered(custom, "no rule that fits assigns it")
        return custom or (fitting[0] if fitting else _resolved(mapping.resolution, default, "no rule fits"))
    preferred = login.claims.get("cognito:preferred_role")
    return _by_roles(_roles_in(login.claims), preferred, mapping.resolution, default, custom)


def _by_roles(
    roles: Sequence[str], preferred: object, resolution: str, default: str | None, custom: str | None
) -> str | None:
    if custom is not None:
        if custom not in roles:
            raise _not_offered(custom, "it is none of the token's roles")
        return custom
    if isinstance(preferred, str) and preferred:
        return preferred
    if len(roles) == 1:
        return roles[0]
    return _resolved(resolution, default, f"the token has {len(roles)} roles, and prefers none")


def _resolved(resolution: str, default: str | None, why: str) -> str | None:
    if resolution == DENY:
        raise not_authorized(_AMBIGUOUS, detail=why)
    return default


def _not_offered(role_arn: str | None, why: str) -> Refused:
    """AWS documents that it is denied; the sentence is [inferred] from SetIdentityPoolRoles."""
    return not_authorized(f"Access to Role '{role_arn}' is forbidden.", detail=f"CustomRoleArn is not offered: {why}")


def _roles_in(claims: Mapping[str, Any]) -> list[str]:
    roles = claims.get("cognito:roles")
    return [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []


def _asserted(login: ProvenLogin) -> list[str]:
    """The roles that a SAML assertion names together with this provider: `ROLE,PROVIDER`, in either order."""
    return list(dict.fromkeys(_pairs(login)))


def _pairs(login: ProvenLogin) -> Iterator[str]:
    values = login.claims.get(SAML_ROLES, ())
    for value in [values] if isinstance(values, str) else values:
        named = [part.strip() for part in str(value).split(",")]
        if len(named) == 2 and login.provider in named:
            named.remove(login.provider)
            yield named[0]


def as_text(value: object) -> str:
    """A claim's value as rules and tags see it: a list as `[a, b]`, so that Contains finds a group [inferred]."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(as_text, value))}]"
    return value if isinstance(value, str) else str(value)
