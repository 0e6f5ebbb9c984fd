r"""The model's patterns, matched in linear time.

Most are one class of characters, repeated: linear as they stand. Of the others, those that let two repetitions share
characters are run in an equivalent form in which the first place found is the only one tried; what is refused is still
told in the model's words. A test holds every pattern of every model to its growth with hostile texts.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import regex

PASSWORD = r"^[\S]+.*[\S]+$"
"""The service's own, which its public model omits (facts/api.md §1)."""

_LETTERS = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]"
_WITH_BLANKS = r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*"

_LINEAR = {
    PASSWORD: r"(?s)\S.*\S",
    rf"{_WITH_BLANKS}\{{####\}}{_WITH_BLANKS}": rf"(?s)(?=(?>.*?\{{####\}})){_WITH_BLANKS}",
    rf"{_WITH_BLANKS}\{{##{_WITH_BLANKS}##\}}{_WITH_BLANKS}": rf"(?s)(?=(?>.*?\{{##)(?>.*?##\}})){_WITH_BLANKS}",
    rf"{_LETTERS}+@{_LETTERS}+": rf"(?s)(?=.(?>.*?@).){_LETTERS}++",
    r".*\{####\}.*": r"(?>.*?\{####\}).*",
}


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits a pattern of the models."""
    return compiled(pattern).fullmatch(text) is not None


@cache
def compiled(pattern: str) -> Any:
    return regex.compile(_LINEAR.get(pattern, pattern))
