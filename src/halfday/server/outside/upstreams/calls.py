"""A call to the AWS behind the front door, its answer, and what an upstream has to be able to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from halfday.protocol.sigv4 import TERMINATOR

PIECE_BYTES = 256 * 1024
LONGEST_WHOLE_BYTES = 32 * 1024 * 1024
"""Of an answer that is read whole. Objects are not: they pass in pieces."""


class Answer(NamedTuple):
    """An answer that has come whole. Its headers are decoded as UTF-8, as those of calls are encoded."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer whose head has come. `pieces` is read once, to its end or until `close`, which has to be called."""

    status: int
    headers: list[tuple[str, str]]
    pieces: AsyncIterator[bytes] = field(repr=False)
    close: Callable[[], Awaitable[None]] = field(repr=False)
    held_bytes: int = 0
    """What of the body is in this process's memory already."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """A body that is sent as it comes, `length` bytes in all. If `pieces` raises, the call is broken off.

    `headers` are those that go with the body.
    """

    length: int
    pieces: AsyncIterator[bytes] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


Body = bytes | Streamed


@dataclass(frozen=True, slots=True)
class UpstreamCall:
    """A call, rebuilt by the front door from the parts that it parsed. Header names are lower-case.

    `service` is the name of its model (iot-data), `signing_name` the one in signatures (iotdata). `target` is the
    URL-encoded path with its query.
    """

    service: str
    signing_name: str
    region: str
    account: str
    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Body = field(default=b"", repr=False)

    @property
    def authorization(self) -> str:
        """A header that tells Region and service. Nobody can take it for a signature."""
        scope = f"{self.account}/20260101/{self.region}/{self.signing_name}/{TERMINATOR}"
        return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=halfday"


class UpstreamFailed(Exception):
    """The upstream cannot be reached, or it failed without an answer of AWS's form."""


class UpstreamStumbled(UpstreamFailed):
    """The upstream in this process raised an exception over a call, as moto does over a document it cannot read."""


class UpstreamHasNone(UpstreamFailed):
    """The upstream does not have this service. The text says what to do."""


class Upstream(Protocol):
    """The AWS to which the front door forwards calls."""

    def streams(self, service: str) -> bool:
        """Whether bodies are passed on as they come. Else `open` takes whole ones only."""
        ...

    async def open(self, call: UpstreamCall) -> Opened:
        """The answer, its body still to be read. Raises UpstreamFailed, and what the body's pieces raise."""
        ...

    async def declare_bucket(self, name: str) -> None:
        """Makes the bucket before the next call is answered. An existing bucket keeps its objects.

        Raises UpstreamFailed.
        """
        ...

    async def forget(self, *, declared: bool) -> None:
        """All that it holds in this process is gone; declared buckets are there again, empty, if `declared`.

        What is elsewhere is left alone.
        """
        ...

    async def close(self) -> None: ...


async def whole(upstream: Upstream, call: UpstreamCall, most_bytes: int = LONGEST_WHOLE_BYTES) -> Answer:
    """The whole answer of a call whose answer is short. Raises UpstreamFailed."""
    return await read_whole(await upstream.open(call), most_bytes)


async def read_whole(opened: Opened, most_bytes: int = LONGEST_WHOLE_BYTES) -> Answer:
    """Raises UpstreamFailed, also for an answer that is too long to be held."""
    body = bytearray()
    try:
        async for piece in opened.pieces:
            body += piece
            if len(body) > most_bytes:
                raise UpstreamFailed(f"an answer is longer than {most_bytes} bytes")
    finally:
        await opened.close()
    return Answer(opened.status, opened.headers, bytes(body))


def opened(answer: Answer) -> Opened:
    """An answer that has come whole, in pieces."""
    return Opened(answer.status, answer.headers, pieces_of(answer.body), _nothing, len(answer.body))


async def pieces_of(body: bytes) -> AsyncIterator[bytes]:
    """The body in pieces. To send a long body at once copies it, and blocks the event loop meanwhile."""
    for at in range(0, len(body), PIECE_BYTES):
        yield body[at : at + PIECE_BYTES]


def check_bucket_made(answer: Answer) -> None:
    """Raises UpstreamFailed unless the bucket was made or exists already."""
    if answer.status != 200 and answer.status != 409:
        raise UpstreamFailed(f"a declared bucket cannot be made: it answered {answer.status}")


def bucket_call(name: str) -> UpstreamCall:
    return UpstreamCall("s3", "s3", "us-east-1", "123456789012", "PUT", f"/{name}")


async def _nothing() -> None:
    return None
