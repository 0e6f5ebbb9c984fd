r"""Parses a URL once, into the value that is then checked, connected to, compared and shown.

Parsers disagree. `http://10.0.0.7\@localhost/` is at localhost to one and at 10.0.0.7 to another. A program that checks
with the first and connects with the second sends a token to a stranger. So a URL that two parsers could read
differently is refused: backslashes, blanks, control characters, user names, hosts that are neither names nor addresses,
numbers that some take for addresses. The others get one spelling, which every parser reads alike.

Source: RFC 3986 §2, §3; the WHATWG URL standard, where it differs.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote

DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST = 65_536

_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(/[^?#]*)?(\?[^#]*)?(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*)(?::([0-9]{1,5}))?", re.ASCII)
_NUMBER = re.compile(r"(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?", re.ASCII)
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEPT = "/?:@!$&'()*+,;=%-._~[]"
"""Stands in a path or a query as it is; everything else is percent-encoded (RFC 3986 §2.1)."""


class UrlError(ValueError):
    """The reason alone, as a predicate: the URL itself may hold somebody's password."""


@dataclass(frozen=True, slots=True)
class Url:
    """An http or https URL. `host` is in lower case and without brackets, `target` the path and the query."""

    scheme: str
    host: str
    port: int
    target: str

    def __str__(self) -> str:
        return self.origin + self.target

    @property
    def netloc(self) -> str:
        """As the Host header has it: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)

    @property
    def is_in_the_clear(self) -> bool:
        """Whether others on the way can read what is sent."""
        return self.scheme == "http" and not self.is_loopback


def parse_url(text: str) -> Url:
    """The parsed http or https URL. A fragment, which is never sent, is dropped. Raises UrlError."""
    _refuse_ambiguous(text)
    found = _PARTS.fullmatch(text)
    if not found or found[1].lower() not in DEFAULT_PORTS:
        raise UrlError("is not a URL that begins with https:// or http://")
    scheme = found[1].lower()
    host, port = _authority(found[2])
    target = quote(_LONE_PERCENT.sub("%25", (found[3] or "/") + (found[4] or "")), safe=_KEPT)
    return Url(scheme, host, DEFAULT_PORTS[scheme] if port is None else port, target)


def is_loopback(host: str | None) -> bool:
    """127.0.0.1, ::1, localhost, and every name under .localhost (RFC 6761 §6.3), as `Url.host` spells them.

    Where a token may go in the clear is held to these. Whoever listens, or looks at a peer, has `is_this_machine`.
    """
    return host is not None and (host in LOOPBACK_HOSTS or host.endswith(".localhost"))


def is_this_machine(host: str) -> bool:
    """Whether a host name or address can only mean the machine that it is spoken on: `is_loopback`, and every address.

    All of 127.0.0.0/8 is loopback (RFC 1122 §3.2.1.3), also as an IPv4-mapped address of IPv6.
    """
    return is_loopback(host.lower()) or is_loopback_address(host)


def is_loopback_address(host: str) -> bool:
    """Whether this is an address, and no name, that can only mean the machine that it is spoken on."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def without_secrets(text: str) -> str:
    """A URL as it may be shown: without query, fragment, user name and password."""
    head = re.split(r"[?#]", text, maxsplit=1)[0]
    scheme, separator, rest = head.partition("://")
    kept = rest if separator else scheme
    kept = f"…@{kept.rpartition('@')[2]}" if "@" in kept else kept
    return f"{scheme}://{kept}" if separator else kept


def _refuse_ambiguous(text: str) -> None:
    if len(text) > LONGEST:
        raise UrlError(f"is longer than {LONGEST:,} characters")
    if "\\" in text:
        raise UrlError("has a backslash in it")
    if not text.isprintable() or any(letter.isspace() for letter in text):
        raise UrlError("has a blank or a character in it that cannot be seen")


def _authority(text: str) -> tuple[str, int | None]:
    if "@" in text:
        raise UrlError("has a user name in it, before the @")
    if not text.isascii():
        raise UrlError("has a host outside ASCII: write it in its xn-- form")
    found = _AUTHORITY.fullmatch(text)
    if not found:
        raise UrlError("has no host, or a port that is none")
    port = int(found[2]) if found[2] else None
    if port is not None and not 0 < port < 65_536:
        raise UrlError("has a port that is none")
    return _host(found[1].lower()), port


def _host(host: str) -> str:
    """A name, or an address in its canonical form. `127.1`, `0x7f000001` and `[::1%1]` are refused."""
    try:
        if host.startswith("["):
            return str(ipaddress.IPv6Address(host[1:-1]))
        if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
            return str(ipaddress.IPv4Address(host))
    except ValueError as problem:
        raise UrlError("has a host that is no address, and looks like one") from problem
    if ".." in host or len(host) > 253 or any(len(label) > 63 for label in host.split(".")):
        raise UrlError("has a host that is no name")
    return host
