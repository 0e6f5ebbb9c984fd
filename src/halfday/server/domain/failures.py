"""An unexpected exception, as a log may record it: its type and place, never its text.

The text of a library's exception may hold whatever the library met: a header's value, a row, a token. So it is not
logged. Type and place are enough to find the cause.

An exception of ours whose sentence is made of our own words alone says so by `may_be_logged`: a full disk is told.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator

_MOST_FRAMES = 40
_MOST_CAUSES = 10


def kind_of(problem: BaseException) -> str:
    """The exception's type, with its module where it is not Python's own."""
    kind = type(problem)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def without_words(problem: BaseException) -> str:
    """The lines of a traceback without texts, the cause first. An exception group yields the lines of each of its
    members.
    """
    return "\n".join(line for one in reversed(list(_chain(problem))) for line in _told(one))


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen and len(seen) < _MOST_CAUSES:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)


def _told(problem: BaseException) -> Iterator[str]:
    frames = list(traceback.walk_tb(problem.__traceback__))[-_MOST_FRAMES:]
    for frame, number in frames:
        yield f'  File "{frame.f_code.co_filename}", line {number}, in {frame.f_code.co_qualname}'
    yield f"{kind_of(problem)}: {problem}" if getattr(problem, "may_be_logged", False) else kind_of(problem)
    if isinstance(problem, BaseExceptionGroup):
        for one in problem.exceptions[:_MOST_CAUSES]:
            yield from (f"  | {line}" for line in _told(one))
