"""What IAM refuses of a policy when it is put, although it could be evaluated.

A policy was once checked only for what its evaluation needs: a trust policy that lets in every identity pool of every
account was accepted here, and fails on AWS. Each rule is a line of a table: a test, and the sentence. Policies that
were kept before are evaluated as they are.

Sentences and what they refuse were measured by others (github.com/badmintoncryer/cdk-preflight, rules/iam, September
2026), but for those marked [inferred]; in which order IAM looks: phases. Source: IAM user guide, JSON policy elements
reference; facts/identity.md §7.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from halfday.server.domain.aws.policies.documents import Kind, parse_policy, statements_of
from halfday.server.domain.aws.policies.loading import load, malformed
from halfday.server.domain.aws.policies.phases import LEGACY, SYNTAX, WILDCARDS, first_fault
from halfday.server.domain.refusals import Refused

COGNITO = re.compile(r"cognito-identity[a-z0-9.-]*\.amazonaws\.com(\.cn)?")
"""The identity pools' principal; other partitions and Regions have spellings of their own."""

TRUST_ACTIONS = frozenset(
    f"sts:{name}"
    for name in (
        "AssumeRole",
        "AssumeRoleWithWebIdentity",
        "AssumeRoleWithSAML",
        "TagSession",
        "SetSourceIdentity",
        "SetContext",
    )
)

_PRINCIPALS = {
    "AWS": re.compile(
        r"\*|\d{12}|\d{4}-\d{4}-\d{4}|arn:aws:iam::\d{12}:(root|(user|role)/[\w+=,.@/-]+)"
        r"|arn:aws:sts::\d{12}:(assumed-role/[\w+=,.@-]+|federated-user)/[\w+=,.@-]+"
    ),
    "Service": re.compile(r"[a-z0-9][a-z0-9.-]*\.amazonaws\.com(\.cn)?"),
    "Federated": re.compile(
        rf"{COGNITO.pattern}|accounts\.google\.com|graph\.facebook\.com|www\.amazon\.com"
        r"|arn:aws:iam::\d{12}:(saml|oidc)-provider/\S+"
    ),
}
_SID = re.compile(r"[0-9A-Za-z]*")
_AUDIENCE = ":aud"
Broken = Iterator[str]
"""The sentences of the rules that a statement, or a text of it, breaks."""


def check_policy(document: str | Mapping[str, Any], *, kind: Kind, managed: bool = False) -> None:
    """Raises Refused, in IAM's words, for what IAM would not keep. `managed`: as a managed policy.

    What exactly is wrong is the refusal's detail where IAM's sentence does not say it.
    """
    try:
        read: Any = load(document)
    except Refused as refused:
        raise malformed(SYNTAX, refused.sentence) from refused
    ours = _objection(document, kind)
    if fault := first_fault(read, kind, managed=managed):
        raise malformed(fault, ours.sentence if ours is not None else None)
    if ours is not None:
        raise ours
    statements = statements_of(document)
    _check_sids(statements)
    for number, statement in enumerate(statements, 1):
        broken = _trust(statement) if kind is Kind.TRUST else _permission(statement)
        for sentence in broken:
            raise malformed(sentence, f"statement {number}")


def _objection(document: str | Mapping[str, Any], kind: Kind) -> Refused | None:
    """Why the policy could not be evaluated."""
    try:
        parse_policy(document, kind=kind)
    except Refused as refused:
        return refused
    return None


def _check_sids(statements: Iterable[Mapping[str, Any]]) -> None:
    """An empty Sid counts as absent: every console writes those."""
    sids = [str(statement.get("Sid", "")) for statement in statements]
    if not all(_SID.fullmatch(sid) for sid in sids):
        raise malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*"
        )


def _permission(statement: Mapping[str, Any]) -> Broken:
    for text in (*_texts(statement.get("Action")), *_texts(statement.get("NotAction"))):
        yield from _first_of(_ACTION_RULES, text)


def _trust(statement: Mapping[str, Any]) -> Broken:
    """The principal `*` belongs to bucket policies; each kind of principal has its form; a trust policy has to name its
    identity pool.
    """
    if "NotAction" in statement or not TRUST_ACTIONS.issuperset(_texts(statement.get("Action"))):
        yield "AssumeRole policy may only specify STS AssumeRole actions."
    principal = statement["NotPrincipal" if "NotPrincipal" in statement else "Principal"]
    if principal == "*":
        yield 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'
        return
    for kind, values in principal.items():
        for value in _texts(values):
            if not _PRINCIPALS[kind].fullmatch(value):
                yield f'Invalid principal in policy: "{kind.upper()}":"{value}"'
    pools = [value for value in _texts(principal.get("Federated")) if COGNITO.fullmatch(value)]
    if pools and statement["Effect"] == "Allow" and not _names_audience(statement.get("Condition", {})):
        yield "A condition block must be present for the Cognito provider"


def _names_audience(condition: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a condition requires a certain identity pool. That other conditions do not suffice is [inferred] from the
    developer guide: no trust policy may let any identity pool in.
    """
    return any(
        key.lower().endswith(_AUDIENCE) and COGNITO.fullmatch(key.lower().removesuffix(_AUDIENCE)) is not None
        for operator, keys in condition.items()
        if "Not" not in operator and "Null" not in operator and not operator.endswith("IfExists")
        for key in keys
    )


_ACTION_RULES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda action: action.count(":") > 1, "Actions/Condition can contain only one colon."),
    (
        lambda action: action != "*" and bool(WILDCARDS & set(action.partition(":")[0])),
        "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.",
    ),
    (lambda action: not re.match(r"[\w.-]+:|\*$", action, re.ASCII), "Vendor {vendor} is not valid"),
    (lambda action: not re.fullmatch(r"[^:]+:[\w*?-]+|\*", action, re.ASCII), LEGACY),  # [inferred]
)


def _first_of(rules: Iterable[tuple[Callable[[str], bool], str]], text: str) -> Broken:
    vendor = text.partition(":")[0]
    yield from (sentence.format(vendor=vendor) for is_broken, sentence in rules if is_broken(text))


def _texts(value: Any) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)
