"""GetWebIdentityToken: a token that says to services outside of AWS who calls. Source: STS API reference."""

from __future__ import annotations

import json
from typing import Any

from halfday.server.domain.aws.callers import AssumedRole, Root, SignedCaller
from halfday.server.domain.aws.outbound import ALGORITHMS, LIFETIME_S, LONGEST_PAYLOAD, Described, claims_of
from halfday.server.domain.aws.session_limits import read_tags
from halfday.server.domain.aws.sessions import request_tags
from halfday.server.domain.refusals import Refused
from halfday.server.flows.identity.outbound_tokens import signed_token
from halfday.server.operations.aws.sts_callers import check_not_own_session, check_permissions, signed
from halfday.server.operations.framework.registry import Call, Output, operation

ACTION, TAG = "sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken"
_TAG_KEY = "aws:PrincipalTag/"


@operation(
    "sts", "GetWebIdentityToken", honours="Audience DurationSeconds SigningAlgorithm Tags", authorizes_itself=True
)
async def get_web_identity_token(call: Call) -> Output:
    caller, given = signed(call), call.input
    check_not_own_session(caller, "GetWebIdentityToken")
    tags, lifetime_s = read_tags(given.get("Tags", ())), given.get("DurationSeconds", LIFETIME_S)
    _check_allowed(call, caller, tags, lifetime_s)
    if isinstance(caller, Root):
        raise Refused("AccessDenied", "Web identity tokens may not be requested by root accounts.")
    federation = await call.services.store.outbound_federations.find(caller.account)
    if federation is None or not federation.enabled:
        sentence = "Outbound web identity federation is disabled for this account."
        raise Refused("OutboundWebIdentityFederationDisabledException", sentence)
    algorithm = given["SigningAlgorithm"]
    if algorithm not in ALGORITHMS:
        raise Refused("ValidationError", f"SigningAlgorithm must be one of {', '.join(ALGORITHMS)}")
    if caller.credentials is not None and call.now + lifetime_s > caller.credentials.expires_at:
        sentence = "The requested token duration would extend the session beyond its original expiration time."
        raise Refused("SessionDurationEscalationException", sentence)
    claims = claims_of(
        _described(call, caller, tags),
        issuer=federation.issuer(call.services.origin),
        token_id=call.services.uuid(),
        now=call.now,
        lifetime_s=lifetime_s,
    )
    if len(json.dumps(claims).encode()) > LONGEST_PAYLOAD:
        raise Refused("JWTPayloadSizeExceededException", "The requested token payload size exceeds the maximum.")
    token = await signed_token(call.services, claims, algorithm)
    return {"WebIdentityToken": token, "Expiration": claims["exp"]}


def _check_allowed(call: Call, caller: SignedCaller, tags: dict[str, str], lifetime_s: int) -> None:
    context: dict[str, Any] = {
        "sts:IdentityTokenAudience": call.input["Audience"],
        "sts:DurationSeconds": str(lifetime_s),
        "sts:SigningAlgorithm": call.input["SigningAlgorithm"],
        **request_tags(tags),
    }
    check_permissions(call, caller, *((ACTION, TAG) if tags else (ACTION,)), context=context)


def _described(call: Call, caller: SignedCaller, tags: dict[str, str]) -> Described:
    keys = caller.principal.context
    return Described(
        arn=caller.role.arn if isinstance(caller, AssumedRole) else caller.arn,
        account=caller.account,
        region=call.region,
        principal_tags={
            key.removeprefix(_TAG_KEY): str(value) for key, value in keys.items() if key.startswith(_TAG_KEY)
        },
        request_tags=tags,
        audience=tuple(call.input["Audience"]),
    )
