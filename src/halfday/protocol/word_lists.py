"""Scopes, groups and client ids as programs give them: a text where a list is meant is one word, never its letters."""

from __future__ import annotations

from collections.abc import Collection


def words(given: object, name: str) -> frozenset[str] | None:
    """The words that are meant: a text is one word, never its letters. None stays None: it skips a check.

    Everything that takes scopes, groups or client ids from a program reads them with this. Raises ValueError for what
    can be no list of words: bytes, numbers, something that can be read once only, a word that is empty or has blanks.
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
