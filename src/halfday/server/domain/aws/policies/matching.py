"""Whether a text fits a pattern of texts and wildcards, at a cost that grows with the text, hardly with the pattern.

A pattern is in chunks, between which any text may stand. Each chunk is taken where it is found first; there is no
backtracking (as in the fnmatch module). A regular expression finds a chunk by trying it at every place: `*aaaa…b*`, in
a session policy that the caller wrote, against a header of 64 KB that the caller sent, cost half a second for every
call. Nor is a text walked character by character for every pattern: 450 patterns `*?b*` against 60 keys blocked the
event loop for 7 seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

ONE_CHARACTER = None
"""Stands for any one character in a chunk."""

Chunk = Sequence[str | None]
"""Texts, and ONE_CHARACTER between them."""


def fits(chunks: Sequence[Chunk], text: str) -> bool:
    """Whether the whole text consists of these chunks in this order. A single chunk has to be the whole text."""
    first, *others = chunks
    if not others and len(first) == 1 and isinstance(first[0], str):
        return first[0] == text
    if not others:
        return length(first) == len(text) and _stands_at(first, text, 0)
    *middle, last = others
    begins, ends = length(first), len(text) - length(last)
    if begins > ends or not _stands_at(first, text, 0) or not _stands_at(last, text, ends):
        return False
    for chunk in middle:
        found = _find(chunk, text, begins, ends)
        if found < 0:
            return False
        begins = found + length(chunk)
    return True


def length(chunk: Chunk) -> int:
    return sum(1 if part is ONE_CHARACTER else len(part) for part in chunk)


def _stands_at(chunk: Chunk, text: str, place: int) -> bool:
    for part in chunk:
        if part is not ONE_CHARACTER and not text.startswith(part, place):
            return False
        place += 1 if part is ONE_CHARACTER else len(part)
    return True


def _find(chunk: Chunk, text: str, begins: int, ends: int) -> int:
    """The first place at which the chunk stands between the two; -1 when there is none."""
    if ONE_CHARACTER not in chunk:
        return text.find("".join(part for part in chunk if part), begins, ends)
    return _find_with_gaps(chunk, text, begins, ends)


def _find_with_gaps(chunk: Chunk, text: str, begins: int, ends: int) -> int:
    """Bit n of `places` says that all characters looked at so far fit a chunk which begins at n: one number for all."""
    most = ends - begins - length(chunk)
    if most < 0:
        return -1
    places, offset = ((1 << most + 1) - 1) << begins, 0
    for part in chunk:
        for char in part or ():
            places &= _where(text, char) >> offset
            offset += 1
            if not places:
                return -1
        offset += part is ONE_CHARACTER
    return (places & -places).bit_length() - 1


def _where(text: str, char: str) -> int:
    """Bit n says that this character stands at n."""
    standing = _standing(text)
    found = standing.get(char, 0)
    if not isinstance(found, int):
        bits = bytearray(len(text) // 8 + 1)
        for place in found:
            bits[place >> 3] |= 1 << (place & 7)
        found = standing[char] = int.from_bytes(bits, "little")
    return found


@lru_cache(maxsize=32)
def _standing(text: str) -> dict[str, list[int] | int]:
    """The places of each character, computed when they are first asked for. They are cached, because many patterns are
    held against one text.
    """
    standing: dict[str, list[int] | int] = {}
    for place, char in enumerate(text):
        places = standing.setdefault(char, [])
        if isinstance(places, list):
            places.append(place)
    return standing
