"""Answers that can be sent, whatever stands in them: the one place that makes headers safe, for every server here.

uvicorn raises for a header that HTTP has no room for, and the connection is cut: a NUL in a parameter, repeated in a
sentence, was enough. So a sentence for a header is cut and escaped where it is made (`header_text`), and whatever goes
out is looked at once more (`SafeAnswers`): what came from an upstream or a backend is nobody's sentence.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from halfday.server.connections.answering import Whole, rendered

LONGEST_SENTENCE = 1024
"""Characters. Node's HTTP client takes 16 KiB of headers in all, Python's 64 KiB a line."""
PIECE_BYTES = 256 * 1024
LONGEST_VALUE_BYTES = 32 * 1024
"""Of any header: a Location holds what an 8 KiB URL held, with more escapes."""

log = logging.getLogger("halfday.answers")

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_WITHOUT_BODY = (204, 304)
_BAD_GATEWAY = b"What answers behind this server sent a status or headers that cannot be passed on.\n"


def header_text(sentence: str) -> str:
    """The sentence as a header's value: one line of ASCII, cut at a limit. The body has it whole."""
    shown = sentence[: LONGEST_SENTENCE + 1].encode("ascii", "replace").decode()
    line = " ".join("".join(char if char.isprintable() else " " for char in shown).split())
    return line if len(line) <= LONGEST_SENTENCE else line[: LONGEST_SENTENCE - 3] + "..."


def quoted(sentence: str) -> str:
    """The sentence as a quoted string within a header (RFC 9110 §5.6.4)."""
    escaped = header_text(sentence).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def header_bytes(value: str) -> bytes:
    """The value with blanks in place of control characters, which would end it or begin another header."""
    return _CONTROL.sub(b" ", value.encode("utf-8", "surrogateescape")).strip(b" \t")


RawHeaders = tuple[tuple[bytes, bytes], ...]


def raw_headers(headers: Mapping[str, str]) -> RawHeaders:
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())


@dataclass(frozen=True, slots=True)
class Prepared:
    """Headers that every answer of a kind has: as a list, and `rendered` as they stand in an answer."""

    raw: RawHeaders
    rendered: bytes


def prepared(headers: Mapping[str, str]) -> Prepared:
    raw = raw_headers(headers)
    return Prepared(raw, rendered(raw))


class Ready(Response):
    """An answer (200) whose headers are ready but for its length, because every answer of its kind has them."""

    def __init__(self, content: bytes, headers: Prepared) -> None:
        self.status_code, self.body, self.background = 200, content, None
        self.prepared = headers

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:  # type: ignore[override]
        return [*self.prepared.raw, (b"content-length", b"%d" % len(self.body))]


def whole(response: Response, further: bytes) -> Whole:
    """The answer as it leaves by one call, with `further` headers, which are rendered already.

    What cannot be sent is made safe, as elsewhere.
    """
    body = bytes(response.body)
    if isinstance(response, Ready):
        return Whole(response.status_code, response.prepared.rendered + further, body)
    headers = response.raw_headers
    if not _are_safe(headers):
        headers = [_safe(name, value) for name, value in headers if _TOKEN.fullmatch(name)]
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    return Whole(response.status_code, rendered(kept) + further, body)


class InPieces(Response):
    """Sends a long body in pieces, as fast as the peer fetches it. Sent at once, it would be copied for each peer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body, last = bytes(self.body), max(0, len(self.body) - PIECE_BYTES)
        for at in range(0, last, PIECE_BYTES):
            await send({"type": "http.response.body", "body": body[at : at + PIECE_BYTES], "more_body": True})
        await send({"type": "http.response.body", "body": body[-(-last // PIECE_BYTES) * PIECE_BYTES :]})


class SafeAnswers:
    """ASGI middleware around a whole server. Nothing that it lets through makes uvicorn raise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, _Sender(send))
        except ClientDisconnect:  # there is nobody to answer
            return
        except Exception as problem:  # half an answer is out: uvicorn cuts it off when we return
            log.error("an answer broke off: %s", type(problem).__name__)


class _Sender:
    """Makes one answer safe on its way out."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._replaced = self._bodiless = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
        elif not self._replaced:
            await self._send({**message, "body": b""} if self._bodiless else message)

    async def _start(self, message: Message) -> None:
        headers = message["headers"]
        if not _are_safe(headers):
            headers = [_safe(name, value) for name, value in headers if _TOKEN.fullmatch(name)]
        self._bodiless = message["status"] in _WITHOUT_BODY
        if self._bodiless:
            headers = [(name, value) for name, value in headers if name.lower() != b"content-length"]
        if _can_be_sent(message["status"], headers):
            await self._send({**message, "headers": headers})
        else:
            self._replaced = True
            await _bad_gateway(self._send)


def _are_safe(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether nothing has to be left out or changed: one look at all of them, as answers of our own are safe."""
    names, values = [name for name, _ in headers], [value for _, value in headers]
    return (
        b"" not in names
        and _TOKEN.fullmatch(b"".join(names)) is not None
        and _CONTROL.search(b"".join(values)) is None
        and [value.strip(b" \t") for value in values] == values
    )


def _safe(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    return name, _CONTROL.sub(b" ", value).strip(b" \t")


def _can_be_sent(status: int, headers: list[tuple[bytes, bytes]]) -> bool:
    return 200 <= status <= 599 and max([len(value) for _, value in headers], default=0) <= LONGEST_VALUE_BYTES


async def _bad_gateway(send: Send) -> None:
    """Only an upstream's or a backend's answer can have such a status or header; answers of our own have none."""
    log.warning("an upstream's answer was not passed on: its status or its headers cannot be sent")
    length = str(len(_BAD_GATEWAY)).encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 502, "headers": headers})
    await send({"type": "http.response.body", "body": _BAD_GATEWAY})
