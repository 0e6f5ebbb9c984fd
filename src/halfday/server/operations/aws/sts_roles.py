"""AssumeRole: an IAM user, or somebody in a role, takes on a role of the account. Source: STS API reference."""

from __future__ import annotations

from dataclasses import replace

from halfday.server.domain.aws.assuming import Wanted, objection
from halfday.server.domain.aws.callers import FederatedUser, Root, SignedCaller
from halfday.server.domain.aws.policies import Decision, Kind, Outcome
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.aws.session_limits import (
    ROLE_SESSION_S,
    check_role_duration,
    check_source_identity,
    check_transitive,
    read_tags,
)
from halfday.server.domain.refusals import Refused
from halfday.server.flows.identity.unknown_keys import tell_unknown_keys
from halfday.server.flows.sessions import issue_for_role
from halfday.server.operations.aws.sts_answers import assumed, read_limits, role_of
from halfday.server.operations.aws.sts_callers import check_no_second_factor, keys_of, signed
from halfday.server.operations.framework.registry import Call, Output, operation

ACTION = "sts:AssumeRole"


@operation(
    "sts",
    "AssumeRole",
    honours="RoleArn RoleSessionName PolicyArns Policy DurationSeconds Tags TransitiveTagKeys ExternalId SerialNumber "
    "TokenCode SourceIdentity MinimumSessionTokenSize",
    authorizes_itself=True,
)
async def assume_role(call: Call) -> Output:
    caller = signed(call)
    if isinstance(caller, Root):
        raise Refused("AccessDenied", "Roles may not be assumed by root accounts.")
    check_no_second_factor(call)
    wanted, role = _wanted(call, caller), await role_of(call)
    role = _check_allowed(call, caller, role, wanted)
    check_role_duration(role, wanted.lifetime_s, chained=caller.credentials is not None)
    limited = await read_limits(
        call,
        tags=wanted.tags,
        inherited=wanted.inherited_tags,
        transitive=wanted.transitive_tag_keys,
        source_identity=wanted.source_identity,
    )
    issued = await issue_for_role(
        call.services,
        role,
        session_name=wanted.session_name,
        lifetime_s=wanted.lifetime_s,
        context={},
        limits=replace(limited.limits, chained=caller.credentials is not None),
    )
    return {
        **assumed(issued),
        "PackedPolicySize": limited.percent,
        "SourceIdentity": wanted.source_identity,
    }


def _wanted(call: Call, caller: SignedCaller) -> Wanted:
    given, session = call.input, caller.credentials
    tags, transitive = read_tags(given.get("Tags", ())), tuple(given.get("TransitiveTagKeys", ()))
    inherited = {} if session is None else session.inherited_tags
    check_transitive(tags, transitive, inherited)
    return Wanted(
        action=ACTION,
        session_name=given["RoleSessionName"],
        lifetime_s=given.get("DurationSeconds", ROLE_SESSION_S),
        tags=tags,
        transitive_tag_keys=transitive,
        inherited_tags=inherited,
        source_identity=check_source_identity(
            given.get("SourceIdentity"), None if session is None else session.source_identity
        ),
        external_id=given.get("ExternalId"),
        context=keys_of(call),
    )


def _check_allowed(call: Call, caller: SignedCaller, role: Role | None, wanted: Wanted) -> Role:
    """A federated user assumes no role. AWS's sentence says why where the caller's own policies do, and not where the
    role's trust policy does, or where there is no such role.
    """
    arn, stands = call.input["RoleArn"], Decision(Outcome.IMPLICIT_DENY, ACTION, Kind.TRUST)
    if role is not None and not isinstance(caller, FederatedUser):
        found = objection(role, caller.principal, wanted, caller.policies)
        if found is None:
            return role
        stands = found
        tell_unknown_keys(found.unknown_keys)
    why = "" if stands.kind is Kind.TRUST else f" {stands.because}"
    sentence = f"User: {caller.arn} is not authorized to perform: {stands.action} on resource: {arn}{why}"
    raise Refused("AccessDenied", sentence, str(stands) if role else "there is no such role")
