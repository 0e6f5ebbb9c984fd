"""Which pool a host name belongs to. On the server's own origin none does: there client_id tells the pool."""

from __future__ import annotations

from starlette.requests import Request

from halfday.protocol.endpoints import split_prefix_host
from halfday.server.http.proxies import browser_is_on_https
from halfday.server.services import Services

_LOCAL_SUFFIX = ".localhost"


async def pool_of_host(request: Request, services: Services) -> str | None:
    """The pool whose domain this request came to: PREFIX.auth.REGION.amazoncognito.com, PREFIX.localhost, its own."""
    host = (request.url.hostname or "").lower()
    for name in _names(host):
        domain = await services.store.domains.find(name)
        if domain is not None:
            return domain.pool_id
    return None


def origin_of(request: Request, services: Services, pool_id: str | None) -> str:
    """Where the person's browser is: the pool's own domain if it came there, else the server's origin."""
    if pool_id is None:
        return services.origin
    return f"{'https' if browser_is_on_https(request) else 'http'}://{request.url.netloc}"


def _names(host: str) -> list[str]:
    prefixed = split_prefix_host(host)
    if prefixed is not None:
        return [prefixed[0]]
    if host.endswith(_LOCAL_SUFFIX):
        return [host.removesuffix(_LOCAL_SUFFIX), host]
    return [host] if "." in host else []
