"""Decided by files alone. Who asks is as much as an ARN tells."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from halfday.cli.commands.policy.pairs import context_of, tags_of
from halfday.client.errors import SettingsError

_SIZE = 1_000_000


def decided(options: argparse.Namespace) -> dict[str, Any]:
    """What the server's management would answer. Raises SettingsError."""
    from halfday.server.domain.aws.policies import AccessRequest, Kind, PolicySet, decide, near_misses

    sessions = [_policy(path, Kind.SESSION) for path in options.session_policy]
    policies = PolicySet(
        identity=[_policy(path, Kind.IDENTITY) for path in options.policy],
        boundary=_policy(options.boundary, Kind.BOUNDARY) if options.boundary else None,
        session=sessions or None,
        resource=_policy(options.resource_policy, Kind.RESOURCE) if options.resource_policy else None,
        resource_decides=options.action.lower().startswith("kms:"),
    )
    principal = _principal(options.who, tags_of(options.session_tag))
    request = AccessRequest(options.action, options.resource, context_of(options.context), principal)
    decision = decide(request, policies)
    return {
        "who": options.who,
        "how": "the policies of files",
        "allowed": decision.allowed,
        "outcome": decision.outcome.value,
        "kind": None if decision.kind is None else decision.kind.value,
        "policy": decision.policy,
        "statement": decision.statement,
        "written": decision.written,
        "unknown_keys": list(decision.unknown_keys),
        "because": "" if decision.allowed else decision.because,
        "misses": [asdict(one) for one in near_misses(request, policies, decision.kind)] if decision.is_silent else [],
    }


def _policy(path: str, kind: Any) -> Any:
    from halfday.server.domain.aws.policies import parse_policy
    from halfday.server.domain.refusals import Refused

    try:
        text = Path(path).read_text()[:_SIZE]
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no text"
        raise SettingsError(f"{path} cannot be read: {reason}", hint="name a file with a policy in JSON") from problem
    try:
        return parse_policy(text, name=path, kind=kind)
    except Refused as refused:
        hint = f"it was read as an {kind.value}" if kind.value[0] == "i" else f"it was read as a {kind.value}"
        raise SettingsError(f"{path}: {refused.sentence}", hint=hint) from refused


def _principal(who: str | None, tags: dict[str, str]) -> Any:
    from halfday.server.domain.aws.policies import Principal, PrincipalKind

    parts = (who or "").split(":", 5)
    if who is None or len(parts) != 6 or parts[0] != "arn":
        if who is None and not tags:
            return None
        raise SettingsError(
            "--as: files know nobody by name", hint="--as arn:aws:iam::123456789012:role/NAME, or no files"
        )
    account, (kind, _, rest) = parts[4], parts[5].partition("/")
    if kind == "user":
        return Principal(PrincipalKind.USER, who, account, user_name=rest.rpartition("/")[2], tags=tags)
    if kind == "root":
        return Principal(PrincipalKind.ROOT, who, account)
    if kind == "assumed-role":
        role = f"arn:{parts[1]}:iam::{account}:role/{rest.partition('/')[0]}"
        return Principal(PrincipalKind.ROLE_SESSION, who, account, role, tags=tags)
    if kind == "role":
        session = f"arn:{parts[1]}:sts::{account}:assumed-role/{rest.rpartition('/')[2]}/explained"
        return Principal(PrincipalKind.ROLE_SESSION, session, account, who, tags=tags)
    raise SettingsError(f"--as: {who} is neither a user, a role nor a role's session", hint="name one of these")
