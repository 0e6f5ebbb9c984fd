"""Which pool a host name belongs to. On the server's own origin none does: there client_id tells the pool."""

from __future__ import annotations

import re

from starlette.requests import Request

from halfday.protocol.endpoints import prefix_host, split_prefix_host
from halfday.server import reachability as reach
from halfday.server.domain.user_pools.pools import PoolDomain
from halfday.server.http.requests.proxies import browser_is_on_https
from halfday.server.services import Services

_LOCAL_SUFFIX = ".localhost"
_LIKE_AWS = re.compile(r"(?P<prefix>[a-z0-9-]+)\.auth(?:\.(?P<region>[a-z0-9-]+))?\.localhost")
_HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]{2,45}", re.IGNORECASE)

NO_POOL = ""
"""No pool's id: of a domain that is spelt as AWS spells one, and that no pool has."""


async def pool_of_host(request: Request, services: Services) -> str | None:
    """The pool whose domain this request came to. None at the server's own origin, NO_POOL at a domain of nobody's."""
    domain = await domain_of_host(request, services)
    if domain is not None:
        return domain.pool_id
    host = _host_name(request)
    return NO_POOL if split_prefix_host(host) or _LIKE_AWS.fullmatch(host) else None


async def domain_of_host(request: Request, services: Services) -> PoolDomain | None:
    """The domain that this request came to.

    PREFIX.auth.REGION.amazoncognito.com, PREFIX.auth.REGION.localhost, PREFIX.auth.localhost, PREFIX.localhost, or its
    own. Where no Region is told, of a prefix in several the settings' Region is meant.
    """
    host = _host_name(request)
    prefixed = split_prefix_host(host) or _like_aws(host)
    if prefixed is not None:
        return await services.store.domains.find(*prefixed)
    for name in _names(host):
        domain = await services.store.domains.find_anywhere(name, rather=services.settings.region)
        if domain is not None:
            return domain
    return None


def origin_of(request: Request, services: Services, pool_id: str | None) -> str:
    """The origin that the browser is at: the pool's own domain if it called that, else the server's.

    On this machine `localhost` and 127.0.0.1 are two origins to a browser: cookies of one are not the other's.
    """
    if pool_id is None and (services.settings.public_url or not reach.is_this_machine(_host_name(request))):
        return services.origin
    return f"{'https' if browser_is_on_https(request) else 'http'}://{request.url.netloc}"


async def asked_origin(request: Request, services: Services) -> str:
    """The origin that a request came to, as its sender names this server; the server's own where that is no origin.

    With a public URL only that one, a pool's domain and loopback are this server: an answer that a cache keeps names no
    other.
    """
    try:
        host, port = request.url.hostname or "", request.url.port
    except ValueError:
        return services.origin
    if not _HOST.fullmatch(host):
        return services.origin
    known = not services.settings.public_url or reach.is_this_machine(host)
    if not known and not await pool_of_host(request, services):
        return services.origin
    shown = f"[{host}]" if ":" in host else host
    scheme = "https" if browser_is_on_https(request) else "http"
    return f"{scheme}://{shown}{f':{port}' if port else ''}"


async def domain_origin(request: Request, services: Services, pool_id: str) -> str | None:
    """The pool's domain under AWS's names, where an API's host of AWS's was asked: pages are not there
    (facts/oauth.md §0).

    None elsewhere, and for a pool without a domain.
    """
    host = _host_name(request)
    if not reach.is_aws_host(host) or split_prefix_host(host) is not None:
        return None
    domain = await services.store.domains.of_pool(pool_id)
    if domain is None:
        return None
    return f"https://{domain.domain if domain.custom else prefix_host(domain.domain, domain.region)}"


def _host_name(request: Request) -> str:
    """The name in the Host header, which http/requests/headers has checked; the server's own where there is none."""
    host = request.headers.get("host")
    return (request.url.hostname or "").lower() if host is None else reach.hostname_of(f"//{host}")


def _like_aws(host: str) -> tuple[str, str] | None:
    found = _LIKE_AWS.fullmatch(host)
    return (found["prefix"], found["region"]) if found and found["region"] else None


def _names(host: str) -> list[str]:
    if found := _LIKE_AWS.fullmatch(host):
        return [found["prefix"], host]
    if host.endswith(_LOCAL_SUFFIX):
        return [host.removesuffix(_LOCAL_SUFFIX), host]
    return [host] if "." in host else []
