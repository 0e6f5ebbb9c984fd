"""What a request says of who sent it, read once a request and kept with it. Nothing here is proven.

The Authorization header, which every entrance reads in its own way; and the credential that a SigV4 signature names,
there or in a presigned URL, by which requests are told apart before anything is checked (http/app).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request

from halfday.protocol.sigv4 import ALGORITHM
from halfday.server.domain.text.authorization import Authorization
from halfday.server.http.requests.parameters import in_query

_KEPT = "halfday.presented"


@dataclass(frozen=True, slots=True)
class Presented:
    """`region` and `service` are the signature's credential's; None where there is none, or not in five parts."""

    authorization: Authorization = field(repr=False)
    region: str | None
    service: str | None


def presented(request: Request) -> Presented:
    kept: Presented | None = request.scope.get(_KEPT)
    if kept is None:
        kept = request.scope[_KEPT] = _read(request)
    return kept


def _read(request: Request) -> Presented:
    authorization = Authorization.read(request.headers.get("authorization"))
    parts = _credential(authorization.header or "", request).split("/")
    region, service = (parts[2], parts[3]) if len(parts) == 5 else (None, None)
    return Presented(authorization, region, service)


def _credential(header: str, request: Request) -> str:
    if header.startswith(ALGORITHM):
        return header.partition("Credential=")[2].partition(",")[0].strip()
    return in_query(request, "X-Amz-Credential") or ""
