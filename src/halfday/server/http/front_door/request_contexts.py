"""What conditions may ask of any request (IAM user guide, global condition context keys)."""

from __future__ import annotations

from starlette.requests import Request

from halfday.protocol.errors import ServiceError
from halfday.protocol.identifiers import REGION_PATTERN
from halfday.protocol.sigv4 import format_timestamp
from halfday.protocol.sigv4_claim import Claimed
from halfday.server.services import Services

# Their names there begin with other partitions, arn:aws-cn and so on.
_OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-iso", "eusc-")


def request_context(request: Request, claimed: Claimed, services: Services) -> dict[str, str]:
    now = services.clock()
    stamp = format_timestamp(now)
    context = {
        "aws:CurrentTime": f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:11]}:{stamp[11:13]}:{stamp[13:]}",
        "aws:EpochTime": str(int(now)),
        "aws:RequestedRegion": claimed.scope.region,
        "aws:ResourceAccount": services.settings.account_id,
        "aws:SecureTransport": str(request.scope["scheme"] == "https").lower(),
        "aws:ViaAWSService": "false",
    }
    if request.client is not None:
        context["aws:SourceIp"] = request.client.host
    for key, header in (("aws:UserAgent", "user-agent"), ("aws:Referer", "referer")):
        if header in request.headers:
            context[key] = request.headers[header]
    return context


def check_region(region: str) -> None:
    """Refuses other partitions, where the same names are other resources than those that policies here name."""
    if not REGION_PATTERN.fullmatch(region):
        raise ServiceError(
            "AuthorizationHeaderMalformed", f"The authorization header is malformed; {region!r} is no region"
        )
    if region.startswith(_OTHER_PARTITIONS):
        message = f"Halfday's front door serves the partition aws only: {region} is of another."
        raise ServiceError("NotImplemented", message, status=501)
