"""Bodies in chunks, as a client writes them."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable

from halfday.protocol.sigv4_chunks import ChunkSigner

UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
CRC32 = "x-amz-checksum-crc32"


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def split(data: bytes, sizes: Iterable[int]) -> list[bytes]:
    """Pieces of these sizes, and of the rest one more."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    return [piece for piece in [*pieces, data[at:]] if piece]


def encode(pieces: Iterable[bytes], signer: ChunkSigner | None = None, trailer: tuple[str, str] | None = None) -> bytes:
    """`trailer`: the name and value of its header."""
    sent = b""
    for piece in [*pieces, b""]:
        proof = f";chunk-signature={signer.of_chunk(piece)}" if signer else ""
        sent += f"{len(piece):x}{proof}\r\n".encode() + piece + (b"\r\n" if piece else b"")
    if trailer is not None:
        line = "{}:{}".format(*trailer).encode()
        sent += line + b"\r\n"
        if signer is not None:
            proof = signer.of_trailer(line + b"\n")
            sent += f"x-amz-trailer-signature:{proof}\r\n".encode()
    return sent + b"\r\n"
