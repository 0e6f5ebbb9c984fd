"""AWS_IAM: who signed for execute-api, and whether their policies and the API's let them in.

Source: developer guides, Control access to a REST API with IAM permissions; Control access to HTTP APIs with IAM.
"""

from __future__ import annotations

from starlette.requests import Request

from halfday.protocol.sigv4_claim import SignatureRefused
from halfday.server.domain.gateway.events import Authorized, Routed
from halfday.server.domain.gateway.iam_rules import check_signed
from halfday.server.domain.gateway.refusals import GatewayRefused, ResponseType
from halfday.server.domain.gateway.signers import iam_authorizer, identity_of
from halfday.server.http.edge import note
from halfday.server.http.requests.body_budget import held_by
from halfday.server.http.requests.callers import prove, read_claim
from halfday.server.http.signature_errors import Family, service_error
from halfday.server.services import Services

SERVICE = "execute-api"


async def by_signature(request: Request, routed: Routed, services: Services) -> Authorized:
    """Raises GatewayRefused."""
    try:
        claimed = read_claim(request)
        caller = await prove(claimed, routed.request.body, SERVICE, services)
    except SignatureRefused as refused:
        error = service_error(refused, Family.REST)
        raise GatewayRefused(
            ResponseType.INVALID_SIGNATURE, error.reason, message=error.message, error_type=error.code
        ) from refused
    note(request, caller=caller.kind)
    held_by(request).belongs_to(claimed.access_key_id)
    check_signed(caller, routed.request, routed.at)
    key = claimed.access_key_id
    return Authorized(v2={"iam": iam_authorizer(caller, key)}, identity=identity_of(caller, key))
