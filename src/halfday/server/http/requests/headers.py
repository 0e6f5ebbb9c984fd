"""Headers that can be read in two ways, refused before anything is decided by them.

Two readers of one request must see the same: we, and a backend behind the gateway or the front door. WSGI servers read
`X_Email` as `X-Email`, one reader takes the first of two Host headers and another the last. Header names with an
underscore are let through where they are nobody else's and stand alone, because APIs have such names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from halfday.server import reachability as reach

RawHeaders = Sequence[tuple[bytes, bytes]]

LONGEST_KNOWN = 64
"""Bytes of a header's name that is kept as known to be plain."""

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?|")
# One value decides something, here or behind.
_ONCE = frozenset(
    b"authorization content-encoding content-length content-md5 content-type expect host origin range referer "
    b"transfer-encoding user-agent x-amz-content-sha256 x-amz-date x-amz-security-token x-amz-target".split()
)
# And these are read by everybody, so that no other spelling may stand in for them.
_READ_EVERYWHERE = _ONCE | frozenset(
    b"accept connection cookie if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive "
    b"proxy-authorization proxy-connection te trailer upgrade x-http-method x-http-method-override x-method-override "
    b"sec-fetch-site x-csrf-token x-xsrf-token".split()
)


def objection_to_headers(headers: RawHeaders) -> str | None:
    """What is ambiguous about a request's headers, fit to be published; None when nothing is."""
    return None if are_plain(dict(headers), len(headers)) else _objection(headers)


def are_plain(fields: Mapping[bytes, bytes], count: int) -> bool:
    """Whether nothing can be wrong with them, as of nearly every request: plain names, each once, and no framing.

    `fields`: the headers by their names. `count`: how many were sent.
    """
    return (
        len(fields) == count
        and not [name for name in fields if len(name) > LONGEST_KNOWN or not _is_plain(name)]
        and b"transfer-encoding" not in fields
        and not _CONTROL.search(b"".join(fields.values()))
        and _HOST.fullmatch(fields.get(b"host", b"").strip(b" \t")) is not None
    )


@lru_cache(maxsize=1024)
def _is_plain(name: bytes) -> bool:
    """Whether a name is spelt in lower case and without underscores: no other spelling is taken for it."""
    return _NAME.fullmatch(name) is not None and b"_" not in name and name == name.lower()


def _objection(headers: RawHeaders) -> str | None:
    spelt: dict[bytes, bytes] = {}
    met: set[bytes] = set()
    for given, value in headers:
        name = given.lower()
        folded = name.replace(b"_", b"-")
        if (problem := _problem(name, folded, value)) is not None:
            return problem
        if (other := spelt.setdefault(folded, name)) != name:
            return f"The headers {_shown(other)} and {_shown(name)} can be taken for each other."
        if folded in met and (folded in _ONCE or folded.startswith(b"x-amz-")):
            return f"The header {_shown(name)} is given more than once."
        met.add(folded)
    if b"content-length" in spelt and b"transfer-encoding" in spelt:
        return "A request has a Content-Length or a Transfer-Encoding, not both."
    return None


def _problem(name: bytes, folded: bytes, value: bytes) -> str | None:
    if not _NAME.fullmatch(name):
        return f"{_shown(name)} is not the name of a header."
    if _CONTROL.search(value):
        return f"The header {_shown(name)} holds a control character."
    if name == b"host" and not _HOST.fullmatch(value.strip(b" \t")):
        return "The Host header is not a host name with or without a port."
    if folded != name and (folded in _READ_EVERYWHERE or reach.is_forwarded(folded.decode("latin-1"))):
        return f"The header {_shown(name)} can be taken for {_shown(folded)}."
    if folded != name and folded.startswith(b"x-amz-") and not name.startswith(b"x-amz-meta-"):
        return f"The header {_shown(name)} can be taken for {_shown(folded)}."
    return None


def _shown(name: bytes) -> str:
    return repr(name.decode("latin-1")[:64])
