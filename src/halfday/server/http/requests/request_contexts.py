"""Where a request over HTTP came from, for what is done on its behalf further in."""

from __future__ import annotations

from starlette.requests import Request

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.app_clients import AppClient


def context_of(request: Request, client: AppClient | None = None) -> RequestContext:
    """`client`: where it is known. The address is the person's also behind a trusted proxy (http/requests/proxies)."""
    peer, headers = request.scope.get("client"), request.headers
    return RequestContext(
        client_id=None if client is None else client.client_id,
        source_address=peer[0] if peer else None,
        user_agent=headers.get("user-agent"),
        sdk_user_agent=headers.get("x-amz-user-agent"),
    )
