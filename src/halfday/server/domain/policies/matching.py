"""Whether a text fits a pattern of texts and wildcards, at a cost that grows with the text, hardly with the pattern.

A pattern is in chunks, between which any text may stand. Each chunk is taken where it is found first, and never again
(as in the fnmatch module). A regular expression finds a chunk by trying it at every place: `*aaaa…b*`, in a session
policy that the caller wrote, against a header of 64 KB that the caller sent, cost half a second for every call.
"""

from __future__ import annotations

from collections.abc import Sequence

ONE_CHARACTER = None
"""Stands for any one character in a chunk."""

Chunk = Sequence[str | None]
"""Texts, and ONE_CHARACTER between them."""


def fits(chunks: Sequence[Chunk], text: str) -> bool:
    """Whether the whole text is these chunks in their order. With one chunk, nothing stands around it."""
    first, *others = chunks
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
    """Shift-And (Baeza-Yates and Gonnet, 1992): bit n of `state` says that n + 1 characters of the chunk stand here."""
    wanted = [char for part in chunk for char in ([ONE_CHARACTER] if part is ONE_CHARACTER else part)]
    bits: dict[str | None, int] = {}
    for number, char in enumerate(wanted):
        bits[char] = bits.get(char, 0) | 1 << number
    any_character, last, state = bits.get(ONE_CHARACTER, 0), 1 << len(wanted) - 1, 0
    for place in range(begins, ends):
        state = (state << 1 | 1) & (bits.get(text[place], 0) | any_character)
        if state & last:
            return place + 1 - len(wanted)
    return -1
