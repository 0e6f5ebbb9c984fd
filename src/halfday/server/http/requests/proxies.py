"""Whose request it is when a proxy stands before this server: X-Forwarded-For and -Proto, from trusted proxies only.

Anybody can write these headers. What a proxy of ours wrote stands on the right; what stands left of the first address
that is not trusted was written by somebody else. `Forwarded` and `X-Forwarded-Host` are not read.
"""

from __future__ import annotations

import ipaddress
import re

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from halfday.server import reachability as reach
from halfday.server.settings import Networks, Settings, trusted_networks

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_HTTPS = "halfday.browser_on_https"
_WITH_PORT = re.compile(r"\[(?P<v6>[0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|(?P<v4>[0-9.]+):[0-9]{1,5}")


def see_through_proxies(scope: Scope, settings: Settings) -> None:
    """Puts into the scope who sent the request, and whether over TLS, as far as that is known.

    `client` is None where a trusted proxy was told something that is no address. A socket for both families names IPv4
    callers by IPv6 addresses (RFC 4291 §2.5.5.2): they have their IPv4 address here, which policies and logs speak of.
    """
    client = scope.get("client")
    if client and (settings.trusted_proxy or ":" in client[0]):  # an IPv4 address is itself, and nobody's proxy
        _see_through(scope, trusted_networks(settings.trusted_proxy))
    scope[_HTTPS] = scope["scheme"] == "https" or (
        settings.public_url.startswith("https://")
        and not reach.is_this_machine(reach.host_in(Headers(scope=scope).items()))
    )


def browser_is_on_https(request: Request) -> bool:
    """Whether a browser got here by https: told by a trusted proxy, or because public_url is of https.

    Good enough to make cookies Secure. Not for a policy, which may ask what is known: there only the proxy counts.
    """
    return bool(request.scope.get(_HTTPS, request.url.scheme == "https"))


def forwarded_headers(request: Request) -> list[tuple[bytes, bytes]]:
    """The headers that tell a backend of the caller, as API Gateway does. The caller's own are not passed on."""
    client = [(b"x-forwarded-for", request.client.host.encode())] if request.client else []
    return [*client, (b"x-forwarded-proto", b"https" if browser_is_on_https(request) else b"http")]


def _see_through(scope: Scope, networks: Networks) -> None:
    headers, peer = Headers(scope=scope), _parse(scope["client"][0])
    if peer is not None:
        scope["client"] = (str(peer), scope["client"][1])
    if peer is None or not _trusted(peer, networks):
        return
    found = _client(peer, headers.getlist("x-forwarded-for"), networks)
    scope["client"] = (str(found), 0) if found else None
    protocols = [part.strip().lower() for part in ",".join(headers.getlist("x-forwarded-proto")).split(",")]
    scope["scheme"] = "https" if protocols[-1] == "https" else "http"


def _client(peer: Address, lines: list[str], networks: Networks) -> Address | None:
    """The right-most address that is not trusted; the left-most when all are."""
    found = peer
    for text in reversed([part.strip() for line in lines for part in line.split(",") if part.strip()]):
        address = _parse(text)
        if address is None or not _trusted(address, networks):
            return address
        found = address
    return found


def _parse(text: str) -> Address | None:
    """The address, given with or without a port. An IPv4-mapped IPv6 address becomes the IPv4 one."""
    port = _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address((port["v6"] or port["v4"]) if port else text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _trusted(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)
