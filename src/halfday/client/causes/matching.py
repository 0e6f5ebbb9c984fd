"""Which causes explain a symptom: by the words of its text, by its error, and by facts.

The client's errors and the doctor both ask here, so that one failure has one explanation.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from halfday.client.causes.catalogue import Cause, Finding, Symptom, catalogue
from halfday.client.causes.required_text import needle as _needle_of


def find(symptom: Symptom) -> tuple[Finding, ...]:
    """The causes that explain the symptom: the certain first, then by how much speaks for them, then in file order.

    Suspicions are left out when a cause is certain. Causes marked `otherwise` are left out when there is any other.
    """
    matches = [match for cause in catalogue() if (match := _match(cause, symptom))]
    if not _agree(matches):
        matches = [match if match.by_facts else match.doubted() for match in matches]
    ranked = [match.finding for match in sorted(matches, key=lambda match: match.rank)]
    certain = tuple(finding for finding in ranked if finding.certain)
    return certain or tuple(finding for finding in ranked if not finding.otherwise) or tuple(ranked)


class TextMatch(NamedTuple):
    """How a cause's text or error was found in a symptom, and what was read out of the text.

    `how`: BY_SENTENCE, BY_NAME, BY_WORD, BESIDE, or NOT_ASKED where the cause names none.
    """

    how: int
    length: int = 0
    read: Mapping[str, str] = {}
    span: tuple[int, int] = (0, 0)


BY_SENTENCE, BY_NAME, BY_WORD, BESIDE, NOT_ASKED = range(5)

SENTENCE, OWN_CODE, WRAPPER, SHARED_CODE, BESIDE_IT, PAGE, VAGUE_CODE, NOTHING = range(8)
"""How much a mark tells, most first: where several stand in one text, the one that tells most is the reason.

A service's own sentence; a code that one cause has; what a library says around any reason (`said_by` a wrapper: Session
expired); a code that several causes share (NotAuthorizedException); a code that stands beside; what a page says of any
refusal (`said_by` a page: An error was encountered); the code that is said of anything; no mark at all.
"""

_SAID_BY = {"wrapper": WRAPPER, "page": PAGE}


def tells(cause: Cause, words: TextMatch, symptom: Symptom) -> int:
    """How much the match tells: one of the marks SENTENCE to NOTHING."""
    if words.how == BY_SENTENCE or cause.said_by == "page":
        return _SAID_BY.get(cause.said_by, SENTENCE)
    if words.how in (BESIDE, NOT_ASKED):
        return BESIDE_IT if words.how == BESIDE else NOTHING
    if _is_vague(words, symptom):
        return VAGUE_CODE
    own = symptom.error.lower() in _own_codes() if words.how == BY_WORD else not _is_bare(words, symptom)
    return OWN_CODE if own and not cause.said_by and not _is_away(cause, symptom) else SHARED_CODE


def _is_away(cause: Cause, symptom: Symptom) -> bool:
    return bool(symptom.at and cause.at) and symptom.at not in cause.at


@functools.cache
def _own_codes() -> frozenset[str]:
    """Error words and exceptions, in small letters, that only one cause has."""
    known = Counter(word.lower() for cause in catalogue() for word in cause.error)
    return frozenset(word for word, times in known.items() if times == 1)


class _Match(NamedTuple):
    """A cause that explains the symptom, and its place in the order, smaller first."""

    rank: tuple[bool, int, bool, int, bool, int]
    finding: Finding
    words: TextMatch
    by_facts: bool
    away: bool

    def doubted(self) -> _Match:
        doubted = replace(self.finding, certain=False)
        return self._replace(rank=(True, *self.rank[1:]), finding=doubted)


def _agree(matches: Sequence[_Match]) -> bool:
    """Whether words alone may be certain: one cause is, and no sentence outside its own speaks for another cause."""
    told = [match for match in matches if match.finding.certain and not match.by_facts]
    sentences = [match for match in matches if match.words.how == BY_SENTENCE and not (match.by_facts or match.away)]
    return len(told) < 2 and all(match is one or _within(one, match) for one in told for match in sentences)


def _within(one: _Match, other: _Match) -> bool:
    """Whether the other was read from a part of the same words: then the longer text is what was meant."""
    (start, end), (from_, to) = one.words.span, other.words.span
    return start <= from_ and to <= end


def _match(cause: Cause, symptom: Symptom) -> _Match | None:
    """None when the cause explains something else."""
    words = match_text(cause, symptom)
    if words is None or not _can_be_there(cause, symptom, words):
        return None
    if cause.status and symptom.status not in cause.status:
        return None
    proven = all(fact in symptom.facts for fact in cause.when)
    if not (proven or cause.suspicion) or _is_ruled_out(cause, symptom, proven=proven):
        return None
    if _is_bare(words, symptom) and "described" in symptom.facts and not (cause.when and proven):
        return None  # the server said more than the bare word, and not this
    certain = _is_certain(cause, symptom, words, proven=proven)
    away = _is_away(cause, symptom)
    facts = len(cause.when) if proven else 0
    how = tells(cause, words, symptom)
    rank = (not certain, -facts, away and symptom.sure, how, away, -words.length)
    finding = _finding(cause, {**words.read, **symptom.facts}, proven=proven, certain=certain)
    return _Match(rank, finding, words, proven and bool(cause.when), away)


def _is_bare(words: TextMatch, symptom: Symptom) -> bool:
    """Whether nothing but the error's own word was found, by a cause's list of errors or by its patterns."""
    return words.how in (BY_WORD, BESIDE) or (words.how == BY_NAME and words.span[1] <= len(symptom.error))


def _can_be_there(cause: Cause, symptom: Symptom, words: TextMatch) -> bool:
    """Whether the cause can show at the symptom's place. A text that names the cause is not ruled out by its place."""
    if symptom.at == "elsewhere":
        return "elsewhere" in cause.at
    if not cause.at or symptom.at in cause.at:
        return True
    if not symptom.at:
        return words.how != NOT_ASKED or bool(cause.when)
    return words.how == BY_SENTENCE or (words.how == BY_NAME and not _is_vague(words, symptom))


def _is_vague(words: TextMatch, symptom: Symptom) -> bool:
    """Whether nothing was found but the word that is said of anything."""
    return symptom.error.lower() == "invalid_request" and _is_bare(words, symptom)


def _is_certain(cause: Cause, symptom: Symptom, words: TextMatch, *, proven: bool) -> bool:
    """Whether facts prove the cause, or words that have only this cause at a known place (`Cause.certain`)."""
    if not (proven and symptom.sure and symptom.at in cause.certain):
        return False
    return bool(cause.when) or words.how <= BY_WORD


def _is_ruled_out(cause: Cause, symptom: Symptom, *, proven: bool) -> bool:
    """Whether a fact rules the cause out. A cause that facts have proven is not ruled out by others."""
    return not (cause.when and proven) and any(fact in symptom.facts for fact in cause.unless)


def match_text(cause: Cause, symptom: Symptom) -> TextMatch | None:
    """How the cause's text or error was found in the symptom; None when the cause names some and none fits."""
    told = f"{symptom.error} {symptom.text}".strip()
    lowered = told.lower()
    likely = [pattern for pattern in cause.text if needle(pattern) in lowered]
    found = [_read(match) for pattern in likely if (match := compiled(pattern).search(told))]
    if found:
        return min(found, key=lambda words: (words.how, -words.length))
    known = {word.lower() for word in cause.error}
    if symptom.error.lower() in known:
        return TextMatch(BY_WORD)
    if any(word.lower() in known for word in symptom.beside):
        return TextMatch(BESIDE)
    return None if cause.text or cause.error else TextMatch(NOT_ASKED)


def _read(match: re.Match[str]) -> TextMatch:
    """The match as a TextMatch. What the groups read does not count for its length."""
    read = {name: value for name, value in match.groupdict().items() if value is not None}
    length = len(match[0]) - sum(map(len, read.values()))
    return TextMatch(BY_SENTENCE if " " in match[0].strip() else BY_NAME, length, read, match.span())


needle = functools.cache(_needle_of)


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Matches whole words only: `enotfound` is no part of ResourceNotFoundException."""
    return re.compile(f"{_NO_WORD_CUT_BEFORE}(?:{pattern}){_NO_WORD_CUT_AFTER}", re.IGNORECASE | re.DOTALL)


_NO_WORD_CUT_BEFORE = r"(?:(?<!\w)|(?!\w))"
_NO_WORD_CUT_AFTER = r"(?:(?!\w)|(?<!\w))"


def _finding(cause: Cause, facts: Mapping[str, str], *, proven: bool, certain: bool) -> Finding:
    return Finding(
        sentence=_fill(cause.explanation if proven else cause.suspicion, facts),
        change=_fill(cause.fix if proven else cause.suspicion_fix or cause.fix, facts),
        row=cause.row,
        certain=certain,
        cause=cause.id,
        confidence=cause.confidence,
        probe=cause.probe,
        otherwise=cause.otherwise,
    )


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def _fill(text: str, facts: Mapping[str, str]) -> str:
    """The text with the facts filled in. A fact that is not known leaves no gap."""
    return " ".join(text.format_map(_Known(facts)).split())
