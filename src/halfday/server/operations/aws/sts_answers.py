"""What STS's operations have in common: the role that is asked for, what limits a session, and the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from halfday.protocol.identifiers import parse_arn
from halfday.server.domain.aws.assuming import Wanted, objection
from halfday.server.domain.aws.policies import Kind, Principal, PrincipalKind, check_policy
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.session_limits import LONGEST_TOKEN, invalid_parameter, packed_size
from halfday.server.domain.aws.sessions import IssuedCredentials
from halfday.server.domain.refusals import Refused
from halfday.server.flows.identity.held_policies import managed_document
from halfday.server.flows.identity.unknown_keys import tell_unknown_keys
from halfday.server.flows.sessions import Limits
from halfday.server.operations.framework.registry import Call

_NO_SUCH_POLICY = (
    "At least one Policy ARN in the PolicyArns parameter does not match an existing IAM Managed Policy ARN."
)


async def role_of(call: Call) -> Role | None:
    """The role of RoleArn; None where there is none of exactly this ARN. Raises Refused for what is no ARN [seen]."""
    text: str = call.input["RoleArn"]
    try:
        arn = parse_arn(text)
    except ValueError as problem:
        raise Refused("ValidationError", f"{text} is invalid") from problem
    if not arn.partition or not arn.service:
        raise Refused("ValidationError", f"{text} is invalid")
    role = await call.services.store.roles.find(arn.account, arn.resource.rpartition("/")[2])
    return role if role is not None and role.arn == text else None


def check_trust(role: Role | None, federated: str, wanted: Wanted) -> Role:
    """The role, if its trust policy lets in whom this provider vouches for. One sentence for all that is amiss."""
    why = "there is no such role"
    if role is not None:
        stands = objection(role, Principal(PrincipalKind.PROVIDER, federated), wanted)
        if stands is None:
            return role
        tell_unknown_keys(stands.unknown_keys)
        why = str(stands)
    raise Refused("AccessDenied", f"Not authorized to perform {wanted.action}", why)


class Limited:
    """The policies of a request, checked and measured. `percent` is None where nothing was passed that has a size."""

    def __init__(self, limits: Limits, percent: int | None) -> None:
        self.limits, self.percent = limits, percent


async def read_limits(
    call: Call,
    *,
    tags: Mapping[str, str],
    inherited: Mapping[str, str] | None = None,
    transitive: tuple[str, ...] = (),
    source_identity: str | None = None,
) -> Limited:
    """What the session is limited by and known by. Raises Refused for policies that are none, or too much."""
    text, arns = call.input.get("Policy"), policy_arns(call)
    if text is not None:
        check_policy(text, kind=Kind.SESSION)
    for arn in arns:
        if await managed_document(call.services, arn) is None:
            raise invalid_parameter(_NO_SUCH_POLICY)
    percent = packed_size([] if text is None else [text], arns, tags)
    inherited = inherited or {}
    limits = Limits(
        policies=() if text is None else (json.loads(text),),
        policy_arns=arns,
        tags={**inherited, **tags},
        transitive_tag_keys=(*inherited, *transitive),
        source_identity=source_identity,
        token_characters=call.input.get("MinimumSessionTokenSize", 0),
    )
    return Limited(limits, percent if text is not None or arns or tags else None)


def policy_arns(call: Call) -> tuple[str, ...]:
    return tuple(one["arn"] for one in call.input.get("PolicyArns", ()) if "arn" in one)


def assumed(issued: IssuedCredentials) -> dict[str, Any]:
    return {"AssumedRoleUser": {"Arn": issued.arn, "AssumedRoleId": issued.user_id}, **with_token(issued)}


def with_token(issued: IssuedCredentials) -> dict[str, Any]:
    """The credentials, and the size of their token. What is a token's greatest size is [inferred]."""
    size = len(issued.session_token)
    return {
        "Credentials": {
            "AccessKeyId": issued.access_key_id,
            "SecretAccessKey": issued.secret_access_key,
            "SessionToken": issued.session_token,
            "Expiration": issued.expires_at,
        },
        "SessionTokenUtilization": min(100, size * 100 // LONGEST_TOKEN),
        "SessionTokenSize": size,
    }
