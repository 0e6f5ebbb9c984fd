"""Which listeners speak TLS, for which names, by which certificates (docs/decisions/0060).

How certificates are made is in `certificates`, which is loaded where there are some; how a handshake runs, in
`connections`.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from halfday.protocol.urls import is_loopback, is_loopback_address, is_this_machine
from halfday.server import reachability as reach
from halfday.server.services import Services
from halfday.server.settings import SettingRefused, Settings, trusted_networks

if TYPE_CHECKING:
    from halfday.server.certificates import Certificates

PROXY_HOST = "127.0.0.1"
"""The proxy for AWS's names never listens elsewhere: who reaches it is taken for AWS by the clients that it serves."""

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
_LOCALHOST_IS = frozenset({"127.0.0.1", "::1", "localhost", *_EVERYWHERE})
_SERVED = (
    "Served are cognito-idp, cognito-identity, sts, iam and s3 with its buckets, with or without a Region, "
    "and PREFIX.auth.REGION.amazoncognito.com."
)


def own_origin(settings: Settings, bound: socket.socket) -> str:
    """The origin of the server's own socket. By https it is localhost's: passkeys and providers want a name."""
    port = bound.getsockname()[1]
    if not settings.https:
        return http_origin(settings.host, port)
    return f"https://localhost:{port}" if settings.host in _LOCALHOST_IS else f"https://{_shown(settings.host)}:{port}"


def http_origin(host: str, port: int) -> str:
    """The origin of plain http. For a socket that listens on all addresses it is loopback's; see also public_url."""
    return f"http://{_EVERYWHERE.get(host) or _shown(host)}:{port}"


def own_certificates(settings: Settings) -> Certificates | None:
    """For localhost, what is under it, and loopback addresses; with `watch`, for hosts of people's own.

    None where the setting https is off. Raises SettingRefused.
    """
    if not settings.https:
        return None
    if not settings.public_url and settings.host not in _LOCALHOST_IS and not is_this_machine(settings.host):
        raise SettingRefused(
            f"https: a certificate for {settings.host} is not made: give public_url a name that leads there"
        )
    from halfday.server.certificates import LOCALHOST, Certificates, Speaker

    here = [settings.host] if is_loopback_address(settings.host) else []
    unnamed = tuple(dict.fromkeys(["localhost", "127.0.0.1", "::1", *here]))
    certificates = Certificates(settings.data, [Speaker(LOCALHOST, is_loopback)], unnamed=unnamed)
    certificates.speak_for(host_of_public_url(settings))
    return certificates


def takes_plain_requests(settings: Settings, address: str) -> bool:
    """Whether this address may speak plain http, where there is https: this machine, and proxies that are trusted.

    What others send could be read on the way.
    """
    if is_loopback_address(address):
        return True
    return any(ipaddress.ip_address(address) in network for network in trusted_networks(settings.trusted_proxy))


def aws_certificates(settings: Settings) -> Certificates | None:
    """For the hosts that the proxy serves; None where there is no proxy. Raises SettingRefused."""
    if settings.aws_names == "off":
        return None
    from halfday.server.certificates import AWS_NAMES, Certificates, Speaker

    return Certificates(settings.data, [Speaker(AWS_NAMES, reach.is_aws_host)])


async def custom_hosts(services: Services) -> Iterable[str]:
    """Hosts of people's own that this server speaks for: pools' custom domains, and public_url's."""
    return [*await services.store.domains.custom_names(), *host_of_public_url(services.settings)]


def objection_to_aws_host(host: str) -> str | None:
    """Why the proxy does not serve a host, in a sentence; None for one of AWS's that is answered here."""
    if reach.is_aws_host(host):
        return None
    return f"{host} is not served. {_SERVED}"


def host_of_public_url(settings: Settings) -> list[str]:
    """The host of public_url, if it is a name of its own and not this machine's."""
    host = reach.hostname_of(settings.public_url)
    return [host] if host and not is_this_machine(host) else []


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
