"""Who asks, and whether a policy's Principal element names them.

Source: IAM user guide, JSON policy elements: Principal, NotPrincipal; Policy evaluation logic; Principal key values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum

EVERYONE = "*"
FEDERATED, AWS, SERVICE, CANONICAL_USER = "Federated", "AWS", "Service", "CanonicalUser"

_ACCOUNT = re.compile(r"(?:arn:[\w-]+:iam::)?(?P<account>\d{12}):?(?:root)?")


class PrincipalKind(Enum):
    """The value is what aws:PrincipalType says, where it says anything."""

    ROOT = "Account"
    USER = "User"
    FEDERATED_USER = "FederatedUser"
    ROLE_SESSION = "AssumedRole"
    PROVIDER = "Federated"
    SERVICE = "Service"
    ANONYMOUS = "Anonymous"


@dataclass(frozen=True, slots=True)
class Principal:
    """`arn` is the session's own where there is a session; of a provider (who asks to assume a role) its ARN or name,
    cognito-identity.amazonaws.com; of a service its name.

    `issuer_arn` is the role of a role's session, with its path, and the user of a federated user, whose unique id is
    `voucher_id`. `session_keys` are what the session brings to each request, such as
    cognito-identity.amazonaws.com:sub or aws:SourceIdentity.
    """

    kind: PrincipalKind
    arn: str = ""
    account: str = ""
    issuer_arn: str | None = None
    user_id: str = ""
    user_name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    session_keys: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    voucher_id: str = ""

    @property
    def issuer_id(self) -> str:
        """The unique id of whom `issuer_arn` names."""
        is_session = self.kind is PrincipalKind.ROLE_SESSION
        return self.user_id.partition(":")[0] if is_session else self.voucher_id

    @property
    def stands_alone(self) -> bool:
        """Has no identity-based policies: a resource's policy alone decides."""
        return self.kind in (PrincipalKind.PROVIDER, PrincipalKind.SERVICE, PrincipalKind.ANONYMOUS)

    @property
    def context(self) -> dict[str, str | Sequence[str]]:
        """The condition keys that say who asks. No request may say otherwise."""
        keys: dict[str, str | Sequence[str]] = {**self.session_keys}
        if self.kind not in (PrincipalKind.PROVIDER, PrincipalKind.SERVICE):
            keys["aws:PrincipalType"] = self.kind.value
            keys |= {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}
        if not self.stands_alone:
            is_role = self.kind is PrincipalKind.ROLE_SESSION
            keys["aws:PrincipalArn"] = self.issuer_arn or self.arn if is_role else self.arn
            keys["aws:PrincipalAccount"] = self.account
        if self.user_id:
            keys["aws:userid"] = self.user_id
        if self.user_name is not None:
            keys["aws:username"] = self.user_name
        return keys | {f"aws:PrincipalTag/{tag}": value for tag, value in self.tags.items()}


def says_who_asks(key: str) -> bool:
    """Whether a condition key, in lower case, is the principal's to say, and no request's."""
    return key.startswith("aws:principal") or key in ("aws:userid", "aws:username")


ANONYMOUS = Principal(PrincipalKind.ANONYMOUS, user_id="anonymous")


class Match(IntEnum):
    """How a Principal element names somebody. The higher, the more an Allow is worth within the account."""

    NOT = 0
    ACCOUNT = 1
    ISSUER = 2
    EVERYONE = 3
    DIRECT = 4


@dataclass(frozen=True, slots=True)
class Principals:
    """The Principal or NotPrincipal element of a statement: (kind, value) each, or everyone."""

    named: frozenset[tuple[str, str]]
    everyone: bool = False
    negated: bool = False

    def match(self, principal: Principal | None, *, bounded: bool = False) -> Match:
        """Of a NotPrincipal, whether the statement is about them: unless each of account, role and session is named.

        AWS may look at each of the three, and advises to name them all. It always denies whoever is `bounded` by a
        permissions boundary (IAM user guide, NotPrincipal; Permissions boundaries).
        """
        if not self.negated:
            return self._names(principal)
        excepted = self.everyone or (principal is not None and all(map(self._has_either, _chain(principal))))
        return Match.NOT if excepted and not bounded else Match.DIRECT

    def _names(self, principal: Principal | None) -> Match:
        if self.everyone or principal is None:
            return Match.EVERYONE if self.everyone else Match.NOT
        if self._has((_kind_named(principal), principal.arn)) or self._has_id(principal.user_id):
            return Match.DIRECT
        if principal.issuer_arn is not None and self._has((AWS, principal.issuer_arn)):
            return Match.ISSUER
        if self._has_id(principal.issuer_id):
            return Match.ISSUER
        return Match.ACCOUNT if principal.account and self._has(_account(principal)) else Match.NOT

    def _has(self, one: tuple[str, str]) -> bool:
        return one in self.named

    def _has_id(self, unique_id: str) -> bool:
        """A policy that was saved has the unique ids of users and roles (pins)."""
        return bool(unique_id) and (AWS, unique_id) in self.named

    def _has_either(self, spelt: tuple[tuple[str, str], str]) -> bool:
        return self._has(spelt[0]) or self._has_id(spelt[1])


def principals_of(named: Sequence[tuple[str, str]], *, negated: bool = False) -> Principals:
    """Of what a policy names. An account is spelt 123456789012 or arn:aws:iam::123456789012:root."""
    everyone = (AWS, EVERYONE) in named
    return Principals(frozenset(_spelt(kind, value) for kind, value in named), everyone, negated)


def _spelt(kind: str, value: str) -> tuple[str, str]:
    found = _ACCOUNT.fullmatch(value) if kind == AWS else None
    return (AWS, found["account"]) if found else (kind, value)


def _account(principal: Principal) -> tuple[str, str]:
    return AWS, principal.account


def _kind_named(principal: Principal) -> str:
    return {PrincipalKind.PROVIDER: FEDERATED, PrincipalKind.SERVICE: SERVICE}.get(principal.kind, AWS)


def _chain(principal: Principal) -> list[tuple[tuple[str, str], str]]:
    """Account, issuer and who asks: each as its ARN names it, and its unique id."""
    if principal.stands_alone:
        return [((_kind_named(principal), principal.arn), "")]
    own = [] if principal.kind is PrincipalKind.ROOT else [((AWS, principal.arn), principal.user_id)]
    issuer = [] if principal.issuer_arn is None else [((AWS, principal.issuer_arn), principal.issuer_id)]
    return [(_account(principal), ""), *issuer, *own]
