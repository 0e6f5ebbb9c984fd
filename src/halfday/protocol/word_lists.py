"""Scopes, groups and client ids as programs give them: one text is one word, and never a list of its letters."""

from __future__ import annotations

from collections.abc import Collection


def words(given: object, name: str) -> frozenset[str] | None:
    """The set of words: a text is one word. None stays None, which skips a check.

    Every function that takes scopes, groups or client ids from a program reads them with this. Raises ValueError for
    bytes, numbers, an iterator, and a word that is empty or has blanks.
    """
    if given is None:
        return None
    if isinstance(given, (bytes, bytearray, memoryview)) or not isinstance(given, Collection):
        raise ValueError(f"{name} has to be a text or a list of texts, not {type(given).__name__}")
    found = [given] if isinstance(given, str) else list(given)
    for word in found:
        if not isinstance(word, str) or word.split() != [word]:
            raise ValueError(f"{name} holds {word!r}, which is no word: give several as a list")
    return frozenset(found)
