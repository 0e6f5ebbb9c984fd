"""Another server with AWS's API, by its URL: moto's, MinIO, LocalStack, DynamoDB Local, or AWS itself.

Bodies pass as they come, both ways. Where keys are configured each call is signed anew with them.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from halfday.protocol.sigv4 import UNSIGNED_PAYLOAD, hash_of, sign
from halfday.protocol.urls import parse_url
from halfday.server.domain.failures import kind_of
from halfday.server.outside.connections import make_client, unreachable
from halfday.server.outside.upstreams.calls import (
    PIECE_BYTES,
    Opened,
    Streamed,
    UpstreamCall,
    UpstreamFailed,
    bucket_call,
    check_bucket_made,
    pieces_of,
    whole,
)
from halfday.server.outside.upstreams.plain_http import PlainHttp
from halfday.server.runs import in_a_task

if TYPE_CHECKING:
    import httpx2

TIMEOUT_S = 60
_HASH_HEADER = "x-amz-content-sha256"


@dataclass(frozen=True, slots=True)
class UpstreamKeys:
    """The keys that this server signs with, where an upstream asks for signatures."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


class HttpUpstream:
    """`url` is an origin. Its certificate is checked where it is https."""

    def __init__(
        self,
        url: str,
        client: httpx2.AsyncClient | None = None,
        *,
        keys: UpstreamKeys | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url, self._keys, self._clock = url.rstrip("/"), keys, clock
        self._client = client
        self._origin: httpx2.URL | None = None
        known = parse_url(self._url)
        self._plain = PlainHttp(known) if client is None and known.scheme == "http" and not _is_proxied() else None

    def __str__(self) -> str:
        return self._url

    def streams(self, service: str) -> bool:
        return True

    async def open(self, call: UpstreamCall) -> Opened:
        """Sends the call, and reads the answer's head. Answers are not decompressed."""
        await in_a_task()
        if self._plain is not None:
            fields = self._headers(call, self._plain.url.netloc)
            return await self._plain.open(call.method, call.target, fields, call.body)
        client, url = self._ready(), self._at(call.target)
        fields = self._headers(call, url.netloc.decode("ascii"))
        request = client.build_request(call.method, url, headers=fields, content=_content(call))
        try:
            response = await client.send(request, stream=True)
        except unreachable() as problem:
            raise UpstreamFailed(f"{self._url}: {kind_of(problem)}") from problem
        headers = [(name.decode("ascii"), _text(value)) for name, value in response.headers.raw]
        return Opened(response.status_code, headers, self._pieces(response), response.aclose)

    async def declare_bucket(self, name: str) -> None:
        check_bucket_made(await whole(self, bucket_call(name)))

    async def forget(self, *, declared: bool) -> None:
        """It is somebody else's."""

    async def close(self) -> None:
        if self._plain is not None:
            self._plain.close()
        if self._client is not None:
            await self._client.aclose()

    def _ready(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = make_client(timeout_s=TIMEOUT_S)
        return self._client

    def _at(self, target: str) -> httpx2.URL:
        import httpx2

        if self._origin is None:
            self._origin = httpx2.URL(self._url)
        return self._origin.copy_with(raw_path=target.encode("ascii"))

    async def _pieces(self, response: httpx2.Response) -> AsyncIterator[bytes]:
        try:
            async for piece in response.aiter_raw():
                yield piece
        except unreachable() as problem:
            raise UpstreamFailed(f"{self._url}: its answer broke off: {kind_of(problem)}") from problem

    def _headers(self, call: UpstreamCall, netloc: str) -> list[tuple[bytes, bytes]]:
        given = {"accept-encoding": "identity", **call.headers}
        given.pop("host", None)
        if isinstance(call.body, Streamed):
            given |= call.body.headers
        if self._keys is not None:
            given |= self._signed(call, netloc, given)
        else:
            given["authorization"] = call.authorization
        plain = [(name.encode("ascii"), _bytes(value)) for name, value in given.items()]
        if (length := _length_to_say(call)) is not None:
            plain.append((b"content-length", b"%d" % length))
        return plain

    def _signed(self, call: UpstreamCall, netloc: str, headers: dict[str, str]) -> dict[str, str]:
        """The headers that sign the call. A body that is still to come is not covered by the signature."""
        keys = self._keys
        assert keys is not None
        path, _, query = call.target.partition("?")
        if isinstance(call.body, Streamed):
            payload_hash = headers.pop(_HASH_HEADER, UNSIGNED_PAYLOAD)
        else:
            payload_hash = hash_of(call.body)
            headers.pop(_HASH_HEADER, None)
        covered = [(name, value) for name, value in headers.items() if name not in ("accept-encoding", "authorization")]
        return sign(
            call.method,
            path,
            query,
            [("host", netloc), *covered],
            access_key_id=keys.access_key_id,
            secret_access_key=keys.secret_access_key,
            session_token=keys.session_token,
            region=call.region,
            service=call.signing_name,
            payload_hash=payload_hash,
            now=self._clock(),
        )


def _is_proxied() -> bool:
    """Whether the environment names a proxy, which httpx2 knows how to ask, and for which hosts."""
    return any(os.environ.get(name) for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"))


def _content(call: UpstreamCall) -> Any:
    body = call.body
    if isinstance(body, Streamed):
        return _stopping(body.pieces)
    return body if len(body) <= PIECE_BYTES else pieces_of(body)


async def _stopping(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces. If the call ends before they do, what makes them is told to end."""
    try:
        async for piece in pieces:
            yield piece
    finally:
        with suppress(AttributeError):
            await pieces.aclose()  # type: ignore[attr-defined]


def _length_to_say(call: UpstreamCall) -> int | None:
    if isinstance(call.body, Streamed):
        return call.body.length
    return len(call.body) if len(call.body) > PIECE_BYTES else None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
