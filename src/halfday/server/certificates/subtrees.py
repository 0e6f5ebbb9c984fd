"""The names that an authority may speak for: X.509's name constraints (RFC 5280 §4.2.1.10).

Whoever steals an authority's key can be none but these names. So each group of names has an authority of its own.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from cryptography import x509

_ALL_ADDRESSES = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True)
class Subtrees:
    """`name` is the authority's, for people and for its file; `hosts` are names with all that is under them."""

    name: str
    hosts: tuple[str, ...]
    networks: tuple[str, ...] = ()

    def hold(self, host: str) -> bool:
        """Whether the authority may speak for this host name, in lower case."""
        return any(host == known or host.endswith(f".{known}") for known in self.hosts)

    def constraints(self) -> x509.NameConstraints:
        """Addresses have to be excluded by themselves: a kind of name that nothing is said of is not constrained."""
        hosts = [x509.DNSName(host) for host in self.hosts]
        networks = [_network(text) for text in self.networks]
        excluded = None if networks else [_network(text) for text in _ALL_ADDRESSES]
        return x509.NameConstraints([*hosts, *networks], excluded)


def of_host(host: str) -> Subtrees:
    """One host of somebody's own: a pool's custom domain, or public_url's."""
    return Subtrees(host, (host,))


def _network(text: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_network(text))


LOCALHOST = Subtrees("localhost", ("localhost",), ("127.0.0.0/8", "::1/128"))
"""`localhost` with all that is under it, which is this machine by RFC 6761 §6.3, and the loopback addresses."""
AWS_NAMES = Subtrees("aws-names", ("amazonaws.com", "amazoncognito.com"))
"""What clients with AWS's hosts built in ask for, at the proxy of the setting aws_names. No system has to trust it."""
