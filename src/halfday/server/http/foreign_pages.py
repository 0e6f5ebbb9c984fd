"""Web pages of other sites, kept from a server that takes any dummy keys.

Whatever page a developer looks at can have their browser send requests to this machine: across origins, with an Origin
header, or after DNS rebinding, under a host name of its own. Where a signature proves nothing these two headers do.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from halfday.protocol.sigv4 import Message
from halfday.server.settings import Settings

# Names under these belong to nobody on the internet (RFC 2606, RFC 6761, RFC 6762, ICANN's .internal).
_PRIVATE_SUFFIXES = (".localhost", ".test", ".local", ".internal")
# AWS's own names, which people point at this server; nobody can point them at a page's visitors.
_AWS_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".amazoncognito.com")


def foreign_page(message: Message, settings: Settings) -> str | None:
    """Which site's page this request was made by, for the log; None where nothing speaks of one."""
    host = _hostname(f"//{message.header('host') or ''}")
    origin = message.header("origin")
    own = _hostname(settings.public_url)
    if settings.on_loopback and not (_is_private(host) or host.endswith(_AWS_SUFFIXES) or host == own):
        return f"host {host!r}"
    if origin is None or _is_private(site := _hostname(origin)) or (site != "" and site in (host, own)):
        return None
    return f"origin {origin!r}"


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "" and ("." not in host or host.endswith(_PRIVATE_SUFFIXES))
