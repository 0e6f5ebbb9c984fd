"""What a log may say of an address that was sent as a redirect URI: enough to see what to change.

Its origin stands there, and its path if a registered one has the same. Query, fragment and userinfo never do: people
send back the address that they came to, with the code in it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

_HOST = re.compile(r"localhost|127\.0\.0\.1|\[::1\]")


def shown(uri: str | None, registered: Collection[str]) -> str:
    """`http://localhost:8000/callback`; … stands for what is not told."""
    if uri is None:
        return "(none)"
    try:
        parts, known = urlsplit(uri), [urlsplit(one) for one in registered]
        host, port = parts.hostname, parts.port
    except ValueError:
        return "(no URL)"
    if parts.scheme not in {"http", "https", *(one.scheme for one in known)}:
        return "(no URL)"
    is_known = host is not None and (_HOST.fullmatch(host) or host in {one.hostname for one in known})
    path = parts.path if parts.path in {"", "/", *(one.path for one in known)} else "/…"
    more = "…" if parts.query or parts.fragment or parts.username or parts.password else ""
    return f"{parts.scheme}://{host if is_known else '…'}{'' if port is None else f':{port}'}{path}{more}"
