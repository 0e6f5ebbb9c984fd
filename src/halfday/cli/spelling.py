"""What a person meant by a word that is none of ours: asked after a usage error only, and honest when it is nothing."""

from __future__ import annotations

from collections.abc import Iterable

_NEAR = 0.7


def meant(word: str, known: Iterable[str]) -> str:
    """The known word that is spelt most like it, or that it alone begins; empty when none is near enough.

    Case, hyphens and underscores are no difference: `--clientid` is `--client-id`.
    """
    from difflib import get_close_matches

    bare = {_bare(name): name for name in known}
    typed = _bare(word)
    begun = [name for name in bare if len(typed) > 2 and name.startswith(typed)]
    if typed in bare or len(begun) == 1:
        return bare[typed if typed in bare else begun[0]]
    return next((bare[name] for name in get_close_matches(typed, bare, 1, _NEAR)), "")


def question(word: str, known: Iterable[str]) -> str:
    """`did you mean X? ` for a hint's beginning, or nothing."""
    found = meant(word, known)
    return f"did you mean {found}? " if found else ""


def _bare(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")
