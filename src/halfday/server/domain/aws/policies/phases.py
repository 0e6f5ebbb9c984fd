"""In which order IAM looks at a policy, and what it says of the first fault: one sentence for many faults.

Syntax, version, what it calls legacy parsing, Sids, whether there are actions, resources, actions by themselves,
whether there are resources. Which fault is which was tried on AWS by others (github.com/getmoto/moto,
tests/test_iam/test_iam_policies.py, September 2026). What this module does not name is told in a sentence of ours.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from halfday.server.domain.aws.policies.conditions import (
    FOR_ALL_VALUES,
    FOR_ANY_VALUE,
    IF_EXISTS,
    MalformedCondition,
    parse_condition,
)
from halfday.server.domain.aws.policies.documents import VERSION_WITH_VARIABLES, VERSIONS, Kind
from halfday.server.domain.aws.policies.patterns import completed

SYNTAX = "Syntax errors in policy."
VERSION = "Policy document must be version 2012-10-17 or greater."
LEGACY = "The policy failed legacy parsing"
SIDS = "Statement IDs (SID) in a single policy must be unique."
NO_ACTIONS = "Policy statement must contain actions."
NO_RESOURCES = "Policy statement must contain resources."
NO_VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."

WILDCARDS = frozenset("*?")
_ACTIONS, _RESOURCES = ("Action", "NotAction"), ("Resource", "NotResource")
_PRINCIPALS = ("Principal", "NotPrincipal")
_MEMBERS = frozenset({"Sid", "Effect", "Condition", *_ACTIONS, *_RESOURCES, *_PRINCIPALS})
_FOR_ANY, _FOR_ALL = f"{FOR_ANY_VALUE}:", f"{FOR_ALL_VALUES}:"
_KINDS_OF_IAM = (
    *("user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/"),
    *("sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/"),
)
_PATHS_OF_IAM = f'IAM resource path must either be "*" or start with {", ".join(_KINDS_OF_IAM)}.'
_YOUNGER_KINDS = ("delegation-request/",)
"""Than the sentence."""
_ROOT = "root"
"""What sts:AssumeRoot is about, and AWS's own policies of root-task."""

Statement = Mapping[str, Any]


def first_fault(document: Any, kind: Kind, *, managed: bool) -> str | None:
    """IAM's sentence for a policy that was read from JSON; None where nothing is named here. `managed`: as a managed
    policy, which has to have the newer version.
    """
    return next(_faults(document, kind, managed), None)


def _faults(document: Any, kind: Kind, managed: bool) -> Iterator[str]:
    if not _is_spelt(document):
        yield SYNTAX
        return
    statements = _statements(document)
    yield from _fields_of_others(statements, kind)
    if managed and document.get("Version") != VERSION_WITH_VARIABLES:
        yield VERSION
    variables = document.get("Version") == VERSION_WITH_VARIABLES
    if any(one["Effect"] not in ("Allow", "Deny") or _has_bad_date(one, variables) for one in statements):
        yield LEGACY
    of_resources = list(_of_resources(statements))
    if LEGACY in of_resources[:1]:
        yield LEGACY
    if any(count > 1 for sid, count in Counter(one.get("Sid", "") for one in statements).items() if sid):
        yield SIDS
    if not all(_has_either(one, _ACTIONS) for one in statements):
        yield NO_ACTIONS
    yield from (one for one in of_resources if one != LEGACY)
    yield from (NO_VENDOR for one in statements for text in _texts(one, _ACTIONS) if text != "*" and ":" not in text)
    if kind is not Kind.TRUST and not all(_has_either(one, _RESOURCES) for one in statements):
        yield NO_RESOURCES


def _is_spelt(document: Any) -> bool:
    """Whether every member is one of the grammar's, and of its type."""
    if not isinstance(document, Mapping) or set(document) - {"Version", "Id", "Statement"}:
        return False
    if document.get("Version", VERSIONS[0]) not in VERSIONS or not isinstance(document.get("Id", ""), str):
        return False
    statements = document.get("Statement")
    if not isinstance(statements, (Mapping, list)) or not statements:
        return False
    return all(isinstance(one, Mapping) and _is_statement(one) for one in _statements(document))


def _is_statement(statement: Statement) -> bool:
    if set(statement) - _MEMBERS or any(len(statement.keys() & set(pair)) > 1 for pair in (_ACTIONS, _RESOURCES)):
        return False
    effect = statement.get("Effect")
    if not isinstance(effect, str) or effect.lower() not in ("allow", "deny"):
        return False
    texts = (statement[name] for name in (*_ACTIONS, *_RESOURCES) if name in statement)
    if not all(_is_texts(value) for value in texts) or not isinstance(statement.get("Sid", ""), str):
        return False
    return _is_condition(statement.get("Condition", {}))


def _is_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _is_condition(block: Any) -> bool:
    """Values may be of any simple type; an operator that there is none of may have no keys."""
    if not isinstance(block, Mapping) or not all(isinstance(keys, Mapping) for keys in block.values()):
        return False
    if not all(isinstance(value, (str, bool, int, float, list)) for keys in block.values() for value in keys.values()):
        return False
    return all(_is_operator(name) for name, keys in block.items() if keys)


def _is_operator(name: str) -> bool:
    """A condition without a value is asked for: what is refused then is the operator."""
    try:
        parse_condition(name, "aws:username", ["true"] if name == "Null" else [], variables=True)
    except MalformedCondition:
        return False
    return True


def _fields_of_others(statements: Iterable[Statement], kind: Kind) -> Iterator[str]:
    """As users were told it: github.com/hashicorp/terraform-provider-aws/issues/10419, and of CreateRole."""
    for statement in statements:
        if kind is Kind.TRUST:
            yield from (f"Has prohibited field {name}" for name in _RESOURCES if name in statement)
            if not any(name in statement for name in _PRINCIPALS):
                yield "Missing required field Principal"
        elif any(name in statement for name in _PRINCIPALS):
            yield "Policy document should not specify a principal."


def _has_bad_date(statement: Statement, variables: bool) -> bool:
    for operator, keys in statement.get("Condition", {}).items():
        bare = operator.removeprefix(_FOR_ANY).removeprefix(_FOR_ALL).removesuffix(IF_EXISTS)
        for key, value in keys.items() if bare.startswith("Date") else ():
            values = [str(one) for one in (value if isinstance(value, list) else [value])]
            try:
                parse_condition(operator, key, values, variables=variables)
            except MalformedCondition:
                return True
    return False


def _has_either(statement: Statement, names: Iterable[str]) -> bool:
    return any(statement.get(name) not in (None, []) for name in names)


def _of_resources(statements: Iterable[Statement]) -> Iterator[str]:
    for statement in statements:
        for text in _texts(statement, _RESOURCES):
            if text != "*":
                yield from faults_of_resource(text)


def faults_of_resource(arn: str) -> Iterator[str]:
    """What is left out at the end of an ARN counts as `*`."""
    texts = arn.split(":", 5)
    if len(texts) < 2:
        yield f'Resource {arn} must be in ARN format or "*".'
        return
    if texts[1] != "aws" and not WILDCARDS & set(texts[1]):
        whole = ":".join(["arn", texts[1], *texts[2:], *["*"] * (6 - len(texts))])
        yield f'Partition "{texts[1]}" is not valid for resource "{whole}".'
        return
    if len(texts) < 3 or WILDCARDS & set(texts[2]) or "$" in texts[2]:
        yield "Resource vendor must be fully qualified and cannot contain regexes."
    elif not texts[2] or (len(texts) < 6 and "::" in arn):
        yield LEGACY
    elif texts[0] != "arn":
        yield f'Resource {arn} must be in ARN format or "*".'  # [inferred]
    else:
        yield from _of_service(arn)


def _of_service(arn: str) -> Iterator[str]:
    """The rules that services have for ARNs."""
    _, _, service, region, account, resource = completed(arn)
    bucket = service == "s3" and not resource.startswith("accesspoint/")
    if region not in ("", "*") and service == "iam":
        yield f"IAM resource {arn} cannot contain region information."
    elif region not in ("", "*") and (bucket or service == "route53"):
        yield f"Resource {arn} can not contain region information."
    if service == "iam" and not _may_be_of_iam(resource):
        yield _PATHS_OF_IAM
    if account not in ("", "*") and bucket:
        yield f"Resource {arn} cannot contain an account id."


def _may_be_of_iam(resource: str) -> bool:
    """Only what stands before the first wildcard or variable is judged."""
    fixed = re.split(r"[*?$]", resource, maxsplit=1)[0]
    if resource == _ROOT or (fixed != resource and _ROOT.startswith(fixed)):
        return True
    return any(kind.startswith(fixed) or fixed.startswith(kind) for kind in (*_KINDS_OF_IAM, *_YOUNGER_KINDS))


def _statements(document: Mapping[str, Any]) -> list[Any]:
    statements = document["Statement"]
    return [statements] if isinstance(statements, Mapping) else list(statements)


def _texts(statement: Statement, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        value = statement.get(name, ())
        yield from [value] if isinstance(value, str) else value
