"""What stands between a connection and its transport: when reading goes on, what is unsent, and how it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus

from uvicorn.protocols.http.flow_control import FlowControl

from halfday.server.connections.measures import unfetched

HEAD_SLICE_BYTES = 2048
"""Bytes given to the parser at once, except within a body. No more requests are queued than fit into one slice."""
BODY_SLICE_BYTES = 8192


class Phase(Enum):
    """The part of a request for which the parser waits."""

    START = "its first byte"
    HEAD = "the end of its headers"
    BODY = "the end of its body"


class Flow(FlowControl):
    """Flow control that resumes reading only when all earlier input has been given to the parser."""

    def __init__(self, transport: asyncio.Transport, feed: Callable[[], bool]) -> None:
        super().__init__(transport)
        self._feed: Callable[[], bool] | None = feed

    def resume_reading(self) -> None:
        if self._feed is not None and self._feed():
            super().resume_reading()

    def let_go(self) -> None:
        """Drops the reference to the connection, so that a closed one is freed without the garbage collector."""
        self._feed = None


def refusal(status: HTTPStatus, why: str) -> bytes:
    """The whole answer to a request that is not taken. The connection is closed after it."""
    body = f"The request cannot be taken: {why}.\n".encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


def unsent_bytes(transport: asyncio.Transport) -> int:
    """Bytes of answers that the peer has not fetched; 0 when the system has taken all of them."""
    held = transport.get_write_buffer_size()
    return held and held + unfetched(transport.get_extra_info("socket"))
