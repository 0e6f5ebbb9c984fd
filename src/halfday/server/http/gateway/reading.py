"""Reads a request into what the gateway works with (domain/gateway/requests)."""

from __future__ import annotations

from starlette.requests import Request

from halfday.server import reachability as reach
from halfday.server.domain.gateway.requests import ApiRequest
from halfday.server.domain.gateway.serving import ApiAtStage, ApiKind
from halfday.server.http.cookies import without_own_cookies
from halfday.server.http.edge import request_id
from halfday.server.http.requests.parameters import body_within
from halfday.server.http.requests.proxies import browser_is_on_https
from halfday.server.services import Services

BODY_LIMIT_BYTES = 10 * 1024 * 1024
"""Quotas for REST APIs and HTTP APIs: the payload size."""


async def read_request(request: Request, at: ApiAtStage, path: str, services: Services) -> ApiRequest:
    """Raises BodyTooLarge, NoRoom."""
    hidden = at.stage == "$default" and at.served.kind is ApiKind.HTTP
    return ApiRequest(
        method=request.method,
        raw_path=path,
        whole_path=path if hidden else f"/{at.stage}{path if path != '/' or not hidden else ''}",
        raw_query=request.scope["query_string"].decode("latin-1"),
        headers=(*_headers(request), *_told(request)),
        body=await body_within(request, BODY_LIMIT_BYTES),
        source_ip=request.client.host if request.client else "",
        domain_name=reach.host_in(request.headers.items()),
        request_id=request_id(request),
        received_at=services.clock(),
        secure=request.url.scheme == "https",
    )


def _headers(request: Request) -> list[tuple[str, str]]:
    """The caller's. Only this server says by which proxies they came (docs/decisions/0022).

    At an address by path an API shares its origin with the sign-in pages: their cookies do not go on.
    """
    read = [(name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in request.headers.raw]
    mine = [(name, without_own_cookies(value) if name == "cookie" else value) for name, value in read]
    return [(name, value) for name, value in mine if not reach.is_forwarded(name) and (value or name != "cookie")]


def _told(request: Request) -> list[tuple[str, str]]:
    secure = browser_is_on_https(request)
    client = [("x-forwarded-for", request.client.host)] if request.client else []
    port = request.url.port or (443 if secure else 80)
    return [*client, ("x-forwarded-port", str(port)), ("x-forwarded-proto", "https" if secure else "http")]
