"""What IAM refuses of a policy when it is put, although it could be evaluated.

A policy was once checked only for what its evaluation needs: a trust policy that lets in every identity pool of every
account was accepted here, and fails on AWS. Each rule is a line of a table: a test, and the sentence. Policies that
were kept before are evaluated as they are.

Sentences and what they refuse were measured by others (github.com/badmintoncryer/cdk-preflight, rules/iam, September
2026), but for those marked [inferred]. Source: IAM user guide, JSON policy elements reference; facts/identity.md §7.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from halfday.server.domain.aws.policies.documents import Kind, parse_policy, statements_of
from halfday.server.domain.aws.policies.loading import malformed
from halfday.server.domain.aws.policies.patterns import completed

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
_WILDCARDS = frozenset("*?")
_KINDS_OF_IAM = (
    *("user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/"),
    *("sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/"),
    "delegation-request/",  # younger than the sentence
)
_PATHS_OF_IAM = f'IAM resource path must either be "*" or start with {", ".join(_KINDS_OF_IAM[:-1])}.'

Broken = Iterator[str]
"""The sentences of the rules that a statement, or a text of it, breaks."""


def check_policy(document: str | Mapping[str, Any], *, kind: Kind) -> None:
    """Raises Refused, in IAM's words, for what IAM would not keep."""
    parse_policy(document, kind=kind)
    statements = statements_of(document)
    _check_sids(statements)
    for number, statement in enumerate(statements, 1):
        broken = _trust(statement) if kind is Kind.TRUST else _permission(statement)
        for sentence in broken:
            raise malformed(sentence, f"statement {number}")


def _check_sids(statements: Iterable[Mapping[str, Any]]) -> None:
    """An empty Sid counts as absent: every console writes those."""
    sids = [str(statement.get("Sid", "")) for statement in statements]
    if not all(_SID.fullmatch(sid) for sid in sids):
        raise malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*"
        )
    if any(count > 1 for sid, count in Counter(sids).items() if sid):
        raise malformed("Statement IDs (SID) in a single policy must be unique.")


def _permission(statement: Mapping[str, Any]) -> Broken:
    for text in (*_texts(statement.get("Action")), *_texts(statement.get("NotAction"))):
        yield from _first_of(_ACTION_RULES, text)
    for text in (*_texts(statement.get("Resource")), *_texts(statement.get("NotResource"))):
        if text != "*":
            yield from _resource(text)


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


def _resource(arn: str) -> Broken:
    """The rules for an ARN; documents.py has checked that it has six parts, or is completed to them."""
    _, partition, service, region, account, resource = completed(arn)
    if partition != "aws" and not _WILDCARDS & set(partition):
        yield f'Partition "{partition}" is not valid for resource "{arn}".'
    if not service or _WILDCARDS & set(service) or "$" in service:
        yield "Resource vendor must be fully qualified and cannot contain regexes."
    bucket = service == "s3" and not resource.startswith("accesspoint/")
    if service == "iam" and not _may_be_of_iam(resource):
        yield _PATHS_OF_IAM
    if region not in ("", "*") and service == "iam":
        yield f"IAM resource {arn} cannot contain region information."
    elif region not in ("", "*") and (bucket or service == "route53"):
        yield f"Resource {arn} can not contain region information."
    if account not in ("", "*") and bucket:
        yield f"Resource {arn} cannot contain an account id."


def _may_be_of_iam(resource: str) -> bool:
    """Only what stands before the first wildcard or variable is judged."""
    fixed = re.split(r"[*?$]", resource, maxsplit=1)[0]
    return any(kind.startswith(fixed) or fixed.startswith(kind) for kind in _KINDS_OF_IAM)


_ACTION_RULES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda action: action.count(":") > 1, "Actions/Condition can contain only one colon."),
    (
        lambda action: action != "*" and bool(_WILDCARDS & set(action.partition(":")[0])),
        "Action vendors (e.g., aws, ec2, etc.) must not contain wildcards.",
    ),
    (lambda action: not re.fullmatch(r"[\w*?:-]+", action, re.ASCII), "The policy failed legacy parsing"),  # [inferred]
)


def _first_of(rules: Iterable[tuple[Callable[[str], bool], str]], text: str) -> Broken:
    yield from (sentence for is_broken, sentence in rules if is_broken(text))


def _texts(value: Any) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)
