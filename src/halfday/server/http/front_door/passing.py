"""What the AWS behind answered, passed back as it comes, without what it has no say in here."""

from __future__ import annotations

import logging

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from halfday.server.domain.text.header_fields import field_bytes
from halfday.server.outside.upstreams import Opened

log = logging.getLogger("halfday.upstream")

_NOT_PASSED_BACK = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "date", "server"}
    | {"set-cookie", "clear-site-data", "strict-transport-security"}  # of the origin where people sign in
)
_CORS = "access-control-"
"""CORS headers of the upstream are not passed back: `s3_cors` decides by the bucket's rules."""
_WITHOUT_BODY = (204, 304)


class Passed(Response):
    """An answer in pieces, as fast as the peer fetches it. Nothing of it is held but the piece that is on its way."""

    def __init__(self, answer: Opened, headers: list[tuple[bytes, bytes]], *, head: bool) -> None:
        self.status_code, self.background, self.body = answer.status, None, b""
        self.raw_headers = headers
        self._answer, self._head = answer, head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await self._send_body(send)
        finally:
            await self._answer.close()

    async def _send_body(self, send: Send) -> None:
        left = self._length()
        ended = left == 0
        if not ended:
            async for piece in self._answer.pieces:
                left -= len(piece)
                ended = left == 0
                await send({"type": "http.response.body", "body": piece, "more_body": not ended})
            if ended:
                return
        await send({"type": "http.response.body", "body": b""})

    def _length(self) -> int:
        """The bytes that are to come; negative where nobody said how many."""
        if self._head or self.status_code in _WITHOUT_BODY:
            return 0
        return next((int(value) for name, value in self.raw_headers if name == b"content-length"), -1)


def passed_back(answer: Opened, *, head: bool, policy: str | None = None) -> Passed:
    """The upstream's answer. `policy` is a Content-Security-Policy."""
    kept = [(name.lower(), value) for name, value in answer.headers]
    kept = [pair for pair in kept if pair[0] not in _NOT_PASSED_BACK and not pair[0].startswith(_CORS)]
    if not head and answer.held_bytes:
        kept = [pair for pair in kept if pair[0] != "content-length"]
        kept.append(("content-length", str(answer.held_bytes)))
    if policy:
        kept.append(("content-security-policy", policy))
    fields = [field_bytes(name, value) for name, value in kept]
    if None in fields:
        log.warning("the AWS behind answered with what is no legal header: it is left out (x%d)", fields.count(None))
    return Passed(answer, [field for field in fields if field is not None], head=head)
