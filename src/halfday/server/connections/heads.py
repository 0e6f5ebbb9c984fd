"""What a request's head must not leave open: which host is meant, and how its body is framed.

Source: RFC 9112 §3.2 (a Host header; the target's host is the one meant), §6.1 (a coding that is not understood: 501).
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import httptools

from halfday.server.connections.measures import RequestRefused

_DEFAULT_PORTS = {b"http": 80, b"https": 443}


def check_head(version: str, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """`headers` by lower-case names. Raises RequestRefused."""
    hosts, codings = [], []
    for name, value in headers:
        if name == b"host":
            hosts.append(value.strip(b" \t").lower())
        elif name == b"transfer-encoding":
            codings += [coding.strip(b" \t").lower() for coding in value.split(b",")]
    if not hosts and version == "1.1":
        raise RequestRefused(HTTPStatus.BAD_REQUEST, "it has no Host header")
    if len(codings) > 1 and codings[-1] == b"chunked":  # the parser refuses what does not end so
        raise RequestRefused(HTTPStatus.NOT_IMPLEMENTED, "its body is coded in more ways than in chunks")
    if not target.startswith((b"/", b"*")) and not _names(target, hosts):
        raise RequestRefused(HTTPStatus.BAD_REQUEST, "its target names another host than its Host header")


def _names(target: bytes, hosts: list[bytes]) -> bool:
    """Whether a target in absolute form names the host of every Host header."""
    url = httptools.parse_url(target)
    if url.host is None:
        return True
    default = _DEFAULT_PORTS.get((url.schema or b"http").lower(), 80)
    host, port = url.host.lower(), url.port or default
    shown = b"[" + host + b"]" if b":" in host else host
    return all(given in ({b"%b:%d" % (shown, port)} | ({shown} if port == default else set())) for given in hosts)
