"""Whom a policy names, by unique id: what AWS writes into a policy when it is saved, and shows as an ARN again.

So a policy means the user or role that was there, and nobody who is made later under the same ARN. Source: IAM user
guide, AWS JSON policy elements: Principal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_IAM = re.compile(r"arn:aws:iam::(?P<account>\d{12}):(?P<kind>user|role)/(?:.*/)?(?P<name>[^/]+)", re.DOTALL)
_OF_A_SERVICE = re.compile(r"arn:aws:iam::\d{12}:role/aws-service-role/.+", re.DOTALL)
"""Roles that AWS's services make for themselves. Here nobody can make one, and policies of keys name them."""
_OF_IAM = re.compile(r"arn:aws:iam::(?P<account>\d{12}):(?!root$).*", re.DOTALL)
_SESSION = re.compile(r"arn:aws:sts::(?P<account>\d{12}):assumed-role/(?P<name>[^/]+)/(?P<session>.+)", re.DOTALL)
_ID = re.compile(r"(?P<id>(?:AIDA|AROA)[A-Z0-9]+)(?P<session>:.+)?", re.DOTALL)
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
"""Of users, roles and roles' sessions."""


@dataclass(frozen=True, slots=True)
class Named:
    """A user, a role or a session of a role, which has a name then. `arn` is as the policy has it."""

    arn: str
    account: str
    is_user: bool
    name: str
    session: str = ""

    @property
    def may_be_there(self) -> bool:
        """Whether anybody can be called so. A wildcard is no name: it would match nobody."""
        return all(_NAME.fullmatch(one) for one in (self.name, *([self.session] if self.session else [])))

    def pin(self, unique_id: str) -> str:
        return f"{unique_id}:{self.session}" if self.session else unique_id


@dataclass(frozen=True, slots=True)
class Pin:
    """A user, a role or a role's session by unique id."""

    unique_id: str
    session: str = ""

    @property
    def is_user(self) -> bool:
        return self.unique_id.startswith("AIDA")


def named_by(document: Mapping[str, Any]) -> dict[str, Named]:
    """The users and roles that the policy's principals name, by the text that names them."""
    found = {text: _named(text) for text in _principals(document)}
    return {text: one for text, one in found.items() if one is not None}


def pins_in(document: Mapping[str, Any]) -> dict[str, Pin]:
    """The unique ids among the policy's principals, by the text in which they stand."""
    found = {text: _ID.fullmatch(text) for text in _principals(document)}
    return {text: Pin(one["id"], (one["session"] or "")[1:]) for text, one in found.items() if one is not None}


def with_principals(document: Mapping[str, Any], spelt: Mapping[str, str]) -> Mapping[str, Any]:
    """The policy with other texts for these principals; itself where it has none of them."""
    if not spelt:
        return document
    statements = document["Statement"]
    several = not isinstance(statements, Mapping)
    changed = [_changed(one, lambda text: spelt.get(text, text)) for one in (statements if several else [statements])]
    return {**document, "Statement": changed if several else changed[0]}


def without_principals(document: Mapping[str, Any], gone: Container[str]) -> Mapping[str, Any]:
    """The policy without these principals, and without the statements that named nobody else.

    Raises ValueError for a statement that excepts nobody else: it would be about everyone.
    """
    statements = document["Statement"]
    several = [statements] if isinstance(statements, Mapping) else statements
    return {**document, "Statement": [left for one in several if (left := _without(one, gone)) is not None]}


def _without(statement: Mapping[str, Any], gone: Container[str]) -> Mapping[str, Any] | None:
    for member in ("Principal", "NotPrincipal"):
        principal = statement.get(member)
        if not isinstance(principal, Mapping) or "AWS" not in principal:
            continue
        given = principal["AWS"]
        named = [one for one in ([given] if isinstance(given, str) else given) if one not in gone]
        others = {kind: values for kind, values in principal.items() if kind != "AWS"}
        if not named and not others:
            if member == "NotPrincipal":
                raise ValueError("NotPrincipal names nobody who is there")
            return None
        statement = {**statement, member: {**others, **({"AWS": named} if named else {})}}
    return statement


def _named(text: str) -> Named | None:
    if _OF_A_SERVICE.fullmatch(text):
        return None
    if found := _IAM.fullmatch(text):
        return Named(text, found["account"], found["kind"] == "user", found["name"])
    if found := _SESSION.fullmatch(text):
        return Named(text, found["account"], False, found["name"], found["session"])
    if found := _OF_IAM.fullmatch(text):
        return Named(text, found["account"], False, "")  # a group, or what is no ARN: no policy can mean it
    return None


def _principals(document: Mapping[str, Any]) -> Iterator[str]:
    statements = document.get("Statement", ())
    if not isinstance(statements, (list, tuple)):
        statements = [statements]
    for statement in statements:
        for member in ("Principal", "NotPrincipal"):
            principal = statement.get(member) if isinstance(statement, Mapping) else None
            values = principal.get("AWS", ()) if isinstance(principal, Mapping) else ()
            values = values if isinstance(values, (list, tuple)) else [values]
            yield from (one for one in values if isinstance(one, str))


def _changed(statement: Mapping[str, Any], spelt: Callable[[str], str]) -> dict[str, Any]:
    changed = dict(statement)
    for member in ("Principal", "NotPrincipal"):
        principal = statement.get(member)
        if isinstance(principal, Mapping) and "AWS" in principal:
            values = principal["AWS"]
            spelled: Any = spelt(values) if isinstance(values, str) else [spelt(one) for one in values]
            changed[member] = {**principal, "AWS": spelled}
    return changed
