"""Policies and requests by the thousand, from a seed: every element and operator, over few names, so that they meet.

What AWS's documentation and iam-simulate see differently is not drawn here; it stands in a table of its own
(test_node_iam_simulate).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from halfday.server.domain.aws.policies import (
    ANONYMOUS,
    EVERY_KEY,
    AccessRequest,
    Decision,
    Kind,
    PolicySet,
    Principal,
    PrincipalKind,
    decide,
    parse_policy,
)

OURS, THEIRS = "111111111111", "222222222222"
USER, ROLE = f"arn:aws:iam::{OURS}:user/ada", f"arn:aws:iam::{OURS}:role/app/web"
SESSION, FEDERATED = f"arn:aws:sts::{OURS}:assumed-role/web/s1", f"arn:aws:sts::{OURS}:federated-user/ada"
KEY, ASSUMED = f"arn:aws:kms:us-east-1:{OURS}:key/k1", f"arn:aws:iam::{OURS}:role/deploy"
TAGS = {"team": "blue"}

PRINCIPALS = (
    Principal(PrincipalKind.USER, USER, OURS, user_id="AIDA1", user_name="ada", tags=TAGS),
    Principal(PrincipalKind.ROLE_SESSION, SESSION, OURS, ROLE, user_id="AROA1:s1", tags=TAGS),
    Principal(PrincipalKind.ROLE_SESSION, SESSION, OURS, ROLE, user_id="AROA1:s1"),
    Principal(PrincipalKind.FEDERATED_USER, FEDERATED, OURS, USER, user_id=f"{OURS}:ada"),
    Principal(PrincipalKind.SERVICE, "sns.amazonaws.com"),
    ANONYMOUS,
)
WEIGHTS = (4, 4, 2, 3, 1, 1)
ASKED = (
    ("s3:GetObject", "arn:aws:s3:::b/blue/k"),
    ("s3:PutObject", "arn:aws:s3:::b/ada/k"),
    ("s3:ListBucket", "arn:aws:s3:::b"),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{OURS}:q"),
    ("sns:Publish", f"arn:aws:sns:us-east-1:{OURS}:t"),
    ("dynamodb:GetItem", f"arn:aws:dynamodb:us-east-1:{OURS}:table/t"),
    ("kms:Decrypt", KEY),
    ("kms:Encrypt", KEY),
    ("sts:AssumeRole", ASSUMED),
)
DECIDED_BY_THEIR_OWN = ("kms", "sts")

ACTIONS = (
    "*", "s3:*", "s3:Get*", "S3:getobject", "s3:?etObject", "s3:PutObject", "s3:*Object", "sqs:*", "sqs:SendMessage",
    "sns:Publish", "dynamodb:GetItem", "dynamodb:*Item", "kms:*", "kms:Decrypt", "kms:?ncrypt", "sts:AssumeRole",
)  # fmt: skip
RESOURCES = (
    "*", "arn:aws:s3:::b/*", "arn:aws:s3:::b", "arn:aws:s3:::*", "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
    "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:username, 'blue'}/?", "arn:aws:s3:::b/${*}", "arn:aws:s3",
    "arn:aws:sqs:*:*:q", "arn:aws:sqs:us-east-?:*:*", f"arn:aws:sns:us-east-1:{OURS}:t", "arn:aws:sns:*",
    f"arn:aws:dynamodb:us-east-1:{OURS}:table/*", KEY, f"arn:aws:kms:*:{OURS}:key/*", ASSUMED,
    f"arn:aws:iam::{OURS}:role/${{aws:RequestTag/team}}",
)  # fmt: skip
NAMED = (
    "*", {"AWS": "*"}, {"AWS": OURS}, {"AWS": f"arn:aws:iam::{OURS}:root"}, {"AWS": THEIRS}, {"AWS": USER},
    {"AWS": ROLE}, {"AWS": SESSION}, {"AWS": [FEDERATED, ROLE]}, {"AWS": [USER, THEIRS]},
    {"Service": "sns.amazonaws.com"}, {"Service": ["s3.amazonaws.com", "sns.amazonaws.com"], "AWS": USER},
    {"AWS": f"arn:aws:iam::{THEIRS}:user/ada"},
)  # fmt: skip
NOT_NAMED = (
    {"AWS": THEIRS}, {"Service": "sns.amazonaws.com"}, {"AWS": f"arn:aws:iam::{THEIRS}:user/ada"},
    {"AWS": [OURS, USER, ROLE, SESSION, FEDERATED]}, {"AWS": [OURS, USER, ROLE, SESSION, FEDERATED, THEIRS]},
)  # fmt: skip
"""Who is left out is named wholly: account, user or role, and session."""

TEXTS = {
    "aws:PrincipalTag/team": ("blue", "red"),
    "aws:RequestTag/team": ("blue", "deploy"),
    "aws:ResourceTag/team": ("blue", "Red", "a*b"),
    "aws:UserAgent": ("curl/8", "Boto3/1.40 (x)"),
    "s3:prefix": ("blue/", "ada/", "home/ada/x"),
    "aws:RequestedRegion": ("us-east-1", "eu-west-1"),
}
WANTED_TEXTS = (
    "blue", "BLUE", "red", "b*", "*", "?lue", "a*b", "curl/*", "Boto3/1.4? (*)", "${aws:username}/*", "us-*",
    "${aws:PrincipalTag/team}", "${aws:principaltag/TEAM, 'red'}", "home/${aws:username, 'ada'}/*", "",
)  # fmt: skip
LISTS = {
    "aws:TagKeys": ("team", "cost", "Team"),
    "dynamodb:LeadingKeys": ("blue", "ada", "x"),
    "idp.example:amr": ("mfa", "pwd"),
}
WANTED_IN_LISTS = ("team", "cost", "t*", "blue", "${aws:username}", "mfa", "*")
ARNS = {"aws:SourceArn": ("arn:aws:s3:::b", f"arn:aws:sns:us-east-1:{OURS}:t"), "aws:PrincipalArn": (USER, ROLE)}
WANTED_ARNS = (
    "arn:aws:s3:::*", f"arn:aws:sns:*:{OURS}:*", f"arn:aws:sns:us-east-1:{OURS}:t", f"arn:aws:iam::{OURS}:role/*",
    "arn:aws:iam::*:user/${aws:username}", "arn:*:*:*:*:*", f"arn:aws:iam::{OURS}:user/a?a",
)  # fmt: skip
NUMBERS = {"s3:max-keys": ("1", "10", "99.5"), "aws:MultiFactorAuthAge": ("0", "3600")}
DATES = {"aws:CurrentTime": ("2026-11-22T10:00:00Z",), "aws:TokenIssueTime": ("2026-11-22T09:59:00Z",)}
EPOCHS = {"aws:EpochTime": ("1795341600", "1795341601")}
ADDRESSES = {"aws:SourceIp": ("192.0.2.7", "10.1.2.3", "2001:db8::7")}
TRUTHS = {"aws:SecureTransport": ("true", "false"), "aws:ViaAWSService": ("false",)}
BYTES = {"x:Binary": ("aGk=", "QmluYXJ5")}
ORDERS = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
FAMILIES: tuple[tuple[dict[str, tuple[str, ...]], tuple[str, ...], tuple[Any, ...]], ...] = (
    (TEXTS, ("StringEquals", "StringEqualsIgnoreCase"), WANTED_TEXTS),
    (TEXTS, ("StringLike",), (*WANTED_TEXTS, "a${*}b", "${$}")),
    (TEXTS, ("StringNotEquals", "StringNotEqualsIgnoreCase"), tuple(w for w in WANTED_TEXTS if "${" not in w)),
    (TEXTS, ("StringNotLike",), ("blue", "b*", "?lue", "a${*}b", "us-*", "Boto3/1.4? (*)")),
    (LISTS, ("StringEquals", "StringLike"), WANTED_IN_LISTS),
    (LISTS, ("StringNotEquals", "StringNotLike"), ("team", "t*", "blue", "mfa")),
    (ARNS, ("ArnEquals", "ArnLike"), WANTED_ARNS),
    (ARNS, ("ArnNotEquals", "ArnNotLike"), tuple(w for w in WANTED_ARNS if "${" not in w)),
    (NUMBERS, tuple(f"Numeric{order}" for order in ORDERS), ("1", 10, "99.5", "3600", "0")),
    (
        DATES, tuple(f"Date{order}" for order in ORDERS),
        ("2026-11-22T10:00:00Z", "2026-11-22", "2026-11-22T11:00:00+01:00"),
    ),
    (EPOCHS, tuple(f"Date{order}" for order in ORDERS), ("1795341600", 1795341601)),
    (ADDRESSES, ("IpAddress", "NotIpAddress"), ("192.0.2.0/24", "192.0.2.7/32", "10.0.0.0/8", "2001:db8::/32")),
    (TRUTHS, ("Bool",), ("true", "false", True, "${aws:SecureTransport}")),
    (BYTES, ("BinaryEquals",), ("aGk=", "QmluYXJ5")),
)  # fmt: skip
SINGLE = {key for values, *_ in FAMILIES for key in values if key not in LISTS}


@dataclass(frozen=True)
class Case:
    """A request, and the documents of the policies that have a say."""

    principal: Principal
    action: str
    resource: str
    account: str
    context: dict[str, Any]
    identity: tuple[Any, ...] = ()
    boundary: Any = None
    session: Any = None
    policy: Any = None

    def decided_here(self) -> Decision:
        service = self.action.partition(":")[0]
        own = Kind.TRUST if service == "sts" else Kind.RESOURCE
        request = AccessRequest(self.action, self.resource, self.context, self.principal, self.account, EVERY_KEY)
        return decide(
            request,
            PolicySet(
                identity=[parse_policy(document, name=f"p{at}") for at, document in enumerate(self.identity)],
                boundary=self.boundary and parse_policy(self.boundary, kind=Kind.BOUNDARY),
                session=self.session and [parse_policy(self.session, kind=Kind.SESSION)],
                resource=self.policy and parse_policy(self.policy, kind=own),
                resource_decides=service in DECIDED_BY_THEIR_OWN,
            ),
        )

    def as_asked_there(self) -> dict[str, Any]:
        principal: Any = {"type": "Anonymous"} if self.principal is ANONYMOUS else self.principal.arn
        return {
            "principal": principal, "action": self.action, "resource": self.resource, "account": self.account,
            "context": {**self.context, **self.principal.context}, "identity": self.identity,
            "boundary": self.boundary, "session": self.session, "policy": self.policy,
        }  # fmt: skip


def drawn_case(seed: int) -> Case:
    random = Random(seed)
    principal, (action, resource) = random.choices(PRINCIPALS, WEIGHTS)[0], random.choice(ASKED)
    alone, trust = principal.stands_alone, action.startswith("sts:")
    identity = () if alone else tuple(_document(random, Kind.IDENTITY, action) for _ in range(random.randint(0, 2)))
    limits = principal.kind is not PrincipalKind.USER and not alone
    has_policy = alone or trust or random.random() < 0.6
    return Case(
        principal, action, resource,
        OURS if random.random() < 0.8 else THEIRS,
        _context(random),
        identity,
        _document(random, Kind.BOUNDARY, action) if not alone and random.random() < 0.3 else None,
        _document(random, Kind.SESSION, action) if limits and random.random() < 0.4 else None,
        _document(random, Kind.TRUST if trust else Kind.RESOURCE, action) if has_policy else None,
    )  # fmt: skip


def _context(random: Random) -> dict[str, Any]:
    context: dict[str, Any] = {}
    for values, *_ in FAMILIES:
        for key, known in values.items():
            if key in LISTS and random.random() < 0.6:
                context[key] = random.sample(known, random.randint(1, len(known)))
            elif key not in LISTS and not key.startswith("aws:Principal") and random.random() < 0.7:
                context[key] = random.choice(known)
    return context


def _document(random: Random, kind: Kind, action: str) -> dict[str, Any]:
    statements = [_statement(random, kind, action) for _ in range(random.randint(1, 3))]
    return {
        "Version": "2012-10-17",
        "Statement": statements if len(statements) > 1 else random.choice([statements, statements[0]]),
    }


def _statement(random: Random, kind: Kind, action: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow" if random.random() < 0.75 else "Deny"}
    statement["NotAction" if random.random() < 0.15 else "Action"] = _some(random, (*ACTIONS, *[action] * 12))
    if kind is not Kind.TRUST:
        statement |= _resources(random, kind, action)
    if kind in (Kind.RESOURCE, Kind.TRUST):
        negated = statement["Effect"] == "Deny" and random.random() < 0.4
        statement |= {"NotPrincipal": random.choice(NOT_NAMED)} if negated else {"Principal": random.choice(NAMED)}
    if random.random() < 0.5:
        statement["Condition"] = _conditions(random)
    return statement


def _resources(random: Random, kind: Kind, action: str) -> dict[str, Any]:
    """What may lack its value, and an ARN that is not whole, is no NotResource; a resource's policy has whole ARNs."""
    negated = random.random() < 0.15
    whole = negated or kind is Kind.RESOURCE
    known = [one for one in RESOURCES if one == "*" or one.count(":") >= 5 or not whole]
    known = [one for one in known if not (negated and "${a" in one)]
    its_own = [one for one in known if action.partition(":")[0] in one or (action.startswith("sts") and ":iam:" in one)]
    return {"NotResource" if negated else "Resource": _some(random, [*known, *its_own * 3, *["*"] * 4])}


def _conditions(random: Random) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for _ in range(random.randint(1, 2)):
        values, operators, wanted = random.choice(FAMILIES)
        key = random.choice([*values])
        if random.random() < 0.1:
            block.setdefault("Null", {})[random.choice([key, key.upper()])] = random.choice(["true", "false"])
            continue
        operator = _quantified(random, random.choice(operators), key in LISTS)
        block.setdefault(operator, {})[random.choice([key, key, key.lower()])] = _some(random, wanted)
    return block


def _quantified(random: Random, operator: str, listed: bool) -> str:
    """A list without a quantifier, and ForAnyValue with IfExists, are in the table of differences."""
    quantifier = random.choice(["ForAllValues:", "ForAnyValue:"]) if listed or random.random() < 0.1 else ""
    if_exists = "IfExists" if random.random() < 0.2 and quantifier != "ForAnyValue:" else ""
    return f"{quantifier}{operator}{if_exists}"


def _some(random: Random, known: Sequence[Any]) -> Any:
    chosen = [random.choice(known) for _ in range(random.choice([1, 1, 1, 2, 3]))]
    return chosen if len(chosen) > 1 else random.choice([chosen, chosen[0]])
