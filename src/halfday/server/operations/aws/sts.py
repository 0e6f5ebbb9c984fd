"""STS: GetCallerIdentity, AssumeRoleWithWebIdentity. Source: facts/identity.md §9."""

from __future__ import annotations

import json
from typing import Any

from halfday.protocol.claims import ClaimsError
from halfday.protocol.identifiers import parse_arn
from halfday.protocol.jws import MalformedToken, read_unverified
from halfday.server.domain.aws.callers import AssumedRole, Root
from halfday.server.domain.aws.identity_pools import OPENID_ISSUER, Identity
from halfday.server.domain.aws.policies import Kind, check_policy
from halfday.server.domain.aws.roles import Role
from halfday.server.domain.refusals import Refused
from halfday.server.flows.identity import credentials as flow
from halfday.server.flows.tokens.tokens import reason_of
from halfday.server.operations.framework.registry import Call, Output, operation

_NOT_A_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
_UNVERIFIABLE = (
    "Couldn't retrieve verification key from your identity provider,  "
    "please reference AssumeRoleWithWebIdentity documentation for requirements"
)


@operation("sts", "GetCallerIdentity")
async def get_caller_identity(call: Call) -> Output:
    caller = call.caller
    if isinstance(caller, AssumedRole):
        issued = caller.credentials
        return {"UserId": issued.user_id, "Account": issued.account, "Arn": issued.arn}
    if isinstance(caller, Root):
        return {"UserId": caller.account, "Account": caller.account, "Arn": caller.arn}
    raise TypeError("dispatch hands a signed caller to operations that are signed")


@operation(
    "sts",
    "AssumeRoleWithWebIdentity",
    honours="RoleArn RoleSessionName WebIdentityToken DurationSeconds Policy",
)
async def assume_role_with_web_identity(call: Call) -> Output:
    identity, context = await _web_identity(call, call.input["WebIdentityToken"])
    role = await _role(call)
    if role is None or not flow.role_trusts(role, context):
        what = (
            f"the trust policy of role {role.name} does not let this identity in" if role else "there is no such role"
        )
        message = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        raise Refused("AccessDenied", message, what)
    lifetime_s = call.input.get("DurationSeconds", 3600)
    if lifetime_s > role.max_session_duration_s:
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise Refused("ValidationError", message)
    issued = await flow.assume(
        call.services,
        role,
        session_name=call.input["RoleSessionName"],
        lifetime_s=lifetime_s,
        context=context,
        session_policies=_session_policies(call),
    )
    return {
        "SubjectFromWebIdentityToken": identity.identity_id,
        "Audience": identity.identity_pool_id,
        "AssumedRoleUser": {"Arn": issued.arn, "AssumedRoleId": issued.user_id},
        "Credentials": {
            "SessionToken": issued.session_token,
            "SecretAccessKey": issued.secret_access_key,
            "Expiration": issued.expires_at,
            "AccessKeyId": issued.access_key_id,
        },
        "Provider": flow.FEDERATED_PRINCIPAL,
    }


async def _web_identity(call: Call, token: str) -> tuple[Identity, dict[str, list[str]]]:
    try:
        compact = read_unverified(token)
    except MalformedToken as problem:
        raise Refused("InvalidIdentityToken", _NOT_A_JWT, detail=str(problem)) from problem
    issuer = str(compact.unverified_payload.get("iss"))
    if issuer != OPENID_ISSUER:
        message = f"No OpenIDConnect provider found in your account for {issuer}"
        raise Refused("InvalidIdentityToken", message)
    try:
        claims = await flow.verify_openid_token(call.services, compact)
    except ClaimsError as problem:
        if problem.claim == "exp":
            message = (
                f"Token expired: current date/time {call.now:.0f} must be before "
                f"the expiration date/time {problem.actual}"
            )
            raise Refused("ExpiredTokenException", message) from problem
        raise Refused("InvalidIdentityToken", _UNVERIFIABLE, detail=reason_of(problem)) from problem
    identity = await call.services.store.identities.find(claims.subject)
    if identity is None:
        raise Refused("InvalidIdentityToken", _UNVERIFIABLE, detail=f"identity {claims.subject} is gone")
    return identity, flow.amr_context(identity, list(claims["amr"]))


async def _role(call: Call) -> Role | None:
    try:
        arn = parse_arn(call.input["RoleArn"])
    except ValueError as problem:
        raise Refused("ValidationError", f"{call.input['RoleArn']} is invalid") from problem
    role = await call.services.store.roles.find(arn.account, arn.resource.rpartition("/")[2])
    return role if role is not None and role.arn == call.input["RoleArn"] else None


def _session_policies(call: Call) -> tuple[dict[str, Any], ...]:
    text = call.input.get("Policy")
    if text is None:
        return ()
    check_policy(text, kind=Kind.SESSION)
    return (json.loads(text),)
