"""A session's record in few bytes, for a cookie: headers and sign-in pages of one person have 8 kB to share.

Tokens are base64url: they are decoded, and groups that stand in both tokens are kept once. Texts are compressed by
Huffman codes only. Repetitions are not compressed: the length would tell of them.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from halfday.protocol.encoding import b64url_decode, b64url_encode

_TOKENS = ("id_token", "access_token", "refresh_token")
_LENGTH = struct.Struct(">I")
_END, _GROUPS_AS_ABOVE = b"\x00", b"\x01"
"""Neither stands in a text that is kept as one: JSON escapes them."""
_GROUPS = re.compile(rb'"cognito:groups":\[[^\]]*\]')


def pack(record: Mapping[str, Any]) -> bytes:
    """The record of a session, JSON all through; its tokens stand under `tokens`, as in `SessionRecord.record()`."""
    texts: list[bytes] = []
    raws: list[bytes] = []
    tokens = {name: _taken_apart(record["tokens"].get(name), texts, raws) for name in _TOKENS}
    told = json.dumps(
        [{**record, "tokens": {**record["tokens"], **tokens}}, list(map(len, raws))], separators=(",", ":")
    )
    written = shrink(_END.join([told.encode(), *_without_repeated_groups(texts)]))
    return _LENGTH.pack(len(written)) + written + b"".join(raws)


def unpack(packed: bytes) -> dict[str, Any]:
    """The same record. Raises ValueError for what `pack` has not made."""
    try:
        (length,) = _LENGTH.unpack_from(packed)
        told, *texts = grow(packed[_LENGTH.size : _LENGTH.size + length]).split(_END)
        record, lengths = json.loads(told)
        parts = iter(_with_repeated_groups(texts)), iter(_cut(packed[_LENGTH.size + length :], lengths))
        tokens = {name: _put_together(record["tokens"][name], *parts) for name in _TOKENS}
    except (struct.error, zlib.error, KeyError, TypeError, StopIteration) as problem:
        raise ValueError("no packed session") from problem
    return {**record, "tokens": {**record["tokens"], **tokens}}


def shrink(plain: bytes) -> bytes:
    shrinking = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
    return shrinking.compress(plain) + shrinking.flush()


def grow(raw: bytes) -> bytes:
    return zlib.decompress(raw, -15)


def _taken_apart(token: str | None, texts: list[bytes], raws: list[bytes]) -> list[str] | None:
    """How to put the token together: for each part between dots "t" for a text, "r" for bytes, or the part itself."""
    return None if token is None else [_put_by(part, texts, raws) for part in token.split(".")]


def _put_by(part: str, texts: list[bytes], raws: list[bytes]) -> str:
    try:
        raw = b64url_decode(part)
    except ValueError:
        return f"={part}"
    if b64url_encode(raw) != part:
        return f"={part}"
    is_text = raw.startswith(b"{") and min(raw) >= 0x20
    (texts if is_text else raws).append(raw)
    return "t" if is_text else "r"


def _put_together(kinds: list[str] | None, texts: Any, raws: Any) -> str | None:
    if kinds is None:
        return None
    sources = {"t": texts, "r": raws}
    return ".".join(kind[1:] if kind.startswith("=") else b64url_encode(next(sources[kind])) for kind in kinds)


def _without_repeated_groups(texts: list[bytes]) -> list[bytes]:
    """The texts, with the groups replaced by a mark in each but the first that has them."""
    groups, first = _groups_of(texts)
    return [text.replace(groups, _GROUPS_AS_ABOVE) if groups and n > first else text for n, text in enumerate(texts)]


def _with_repeated_groups(texts: list[bytes]) -> list[bytes]:
    groups, _ = _groups_of(texts)
    return [text.replace(_GROUPS_AS_ABOVE, groups) for text in texts]


def _groups_of(texts: list[bytes]) -> tuple[bytes, int]:
    """The first mention of groups, and which text it is in."""
    for number, text in enumerate(texts):
        found = _GROUPS.search(text)
        if found:
            return found[0], number
    return b"", 0


def _cut(raw: bytes, lengths: list[int]) -> list[bytes]:
    ends = [sum(lengths[: number + 1]) for number in range(len(lengths))]
    return [raw[end - length : end] for end, length in zip(ends, lengths, strict=True)]
