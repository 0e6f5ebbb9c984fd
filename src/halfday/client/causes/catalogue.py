"""Why something failed: the catalogue of causes, and which of them explain a symptom. Pure but for reading the file.

The causes are data, in `catalogue.toml`, whose head says how to write one. Errors (`errors`) and the doctor both ask
here, so that one failure is explained in one way. Probing is the doctor's; nothing here talks to anybody.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from halfday.client.causes.required_text import needle as _needle_of

PLACES = frozenset(
    (
        "authorize provider token revoke logout userinfo idp identity sts verify network gateway appsync alb aws "
        "process console local session app elsewhere"
    ).split()
)
CONFIDENCES = {
    "A": "AWS says so",
    "B": "people found it so",
    "C": "one report, or inferred",
    "M": "reproduced here",
}

MOST = 5
"""More suspicions than this help nobody."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """What is known of a failure.

    `at`: one of PLACES, empty when that is not known. `error`: an OAuth word, an AWS exception, a claim, the name of
    an exception. `text`: whatever sentence came with it. `facts`: what was found by comparing or probing, by name;
    the values go into the explanation. `sure`: the place is known, and not only guessed from how the text looks.
    `beside`: further words and exceptions that stand in the text.
    """

    at: str = ""
    error: str = ""
    text: str = field(default="", repr=False)
    status: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)
    sure: bool = True
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of the catalogue. `id` is the row of facts/failures.md, with a letter where a row holds several."""

    id: str
    explanation: str
    fix: str
    confidence: str
    at: tuple[str, ...] = ()
    error: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    status: tuple[int, ...] = ()
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    suspicion: str = ""
    suspicion_fix: str = ""
    certain: tuple[str, ...] = ()
    otherwise: bool = False
    says: tuple[str, ...] = ()
    said_by: str = ""
    probe: str = ""
    source: str = ""

    @property
    def row(self) -> str:
        return self.id.rstrip("abcdefgh")


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause that explains a symptom, in words. `row` is the row of facts/failures.md.

    `certain` is False for what is only likely: nothing that is known proves it. `probe` is then how to find out.
    """

    sentence: str
    change: str
    row: str
    certain: bool = True
    cause: str = ""
    confidence: str = ""
    probe: str = ""
    otherwise: bool = False


def find(symptom: Symptom) -> tuple[Finding, ...]:
    """The causes that explain it: the certain first, then those that more speaks for, then in the catalogue's order.

    What is only suspected is left out when something is certain, and what stands in for knowledge when there is any.
    """
    matches = [match for cause in catalogue() if (match := _match(cause, symptom))]
    if not _agree(matches):
        matches = [match if match.by_facts else match.doubted() for match in matches]
    ranked = [match.finding for match in sorted(matches, key=lambda match: match.rank)]
    certain = tuple(finding for finding in ranked if finding.certain)
    return certain or tuple(finding for finding in ranked if not finding.otherwise) or tuple(ranked)


@functools.cache
def catalogue() -> tuple[Cause, ...]:
    """Every cause, in the file's order. Read at the first error, and not before."""
    import tomllib
    from importlib.resources import files

    entries = tomllib.loads(files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return tuple(_cause(cause_id, entry) for cause_id, entry in entries.items())


def _cause(cause_id: str, entry: dict[str, Any]) -> Cause:
    """Raises TypeError for a key that no cause has."""
    members: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Cause(id=cause_id, **members)


class TextMatch(NamedTuple):
    """How a cause's words were found: by a sentence, by a name or word, or not asked for; and what was read of it."""

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
    """How much the mark tells by which the cause's words were found."""
    if words.how == BY_SENTENCE or cause.said_by == "page":
        return _SAID_BY.get(cause.said_by, SENTENCE)
    if words.how in (BESIDE, NOT_ASKED):
        return BESIDE_IT if words.how == BESIDE else NOTHING
    if symptom.error.lower() == "invalid_request" and _is_bare(words, symptom):
        return VAGUE_CODE
    own = symptom.error.lower() in _own_codes() if words.how == BY_WORD else not _is_bare(words, symptom)
    return OWN_CODE if own and not cause.said_by and not _is_away(cause, symptom) else SHARED_CODE


def _is_away(cause: Cause, symptom: Symptom) -> bool:
    return bool(symptom.at and cause.at) and symptom.at not in cause.at


@functools.cache
def _own_codes() -> frozenset[str]:
    """Words and exceptions, in small letters, that a single cause has."""
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
    """Whether words alone may be certain: one cause is, and no other sentence than its own speaks for another."""
    told = [match for match in matches if match.finding.certain and not match.by_facts]
    sentences = [match for match in matches if match.words.how == BY_SENTENCE and not (match.by_facts or match.away)]
    return len(told) < 2 and all(match is one or _within(one, match) for one in told for match in sentences)


def _within(one: _Match, other: _Match) -> bool:
    """Whether the other was read from a part of the same words. What stands around them makes something else of it."""
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
    """Whether nothing but the error's own word was found, by a cause's list of words or by its patterns."""
    return words.how in (BY_WORD, BESIDE) or (words.how == BY_NAME and words.span[1] <= len(symptom.error))


def _can_be_there(cause: Cause, symptom: Symptom, words: TextMatch) -> bool:
    """Whether the cause shows at the symptom's place. What a text itself says, its place does not rule out."""
    if symptom.at == "elsewhere":
        return "elsewhere" in cause.at
    if not cause.at or symptom.at in cause.at:
        return True
    if not symptom.at:
        return words.how != NOT_ASKED or bool(cause.when)
    return words.how in (BY_SENTENCE, BY_NAME)


def _is_certain(cause: Cause, symptom: Symptom, words: TextMatch, *, proven: bool) -> bool:
    """Facts prove, or words that have one cause at a place that is known. `certain` of a cause names those places."""
    if not (proven and symptom.sure and symptom.at in cause.certain):
        return False
    return bool(cause.when) or words.how <= BY_WORD


def _is_ruled_out(cause: Cause, symptom: Symptom, *, proven: bool) -> bool:
    """What facts have proven, other facts do not rule out."""
    return not (cause.when and proven) and any(fact in symptom.facts for fact in cause.unless)


def match_text(cause: Cause, symptom: Symptom) -> TextMatch | None:
    """How the cause's words were found in the symptom; None when it asks for some and none fits."""
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
    """What is read out of a sentence does not make it a longer one."""
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
    """A fact that is not known leaves no gap."""
    return " ".join(text.format_map(_Known(facts)).split())


def tell(findings: Sequence[Finding]) -> str:
    """The findings as text: the first with its remedy, then the others as further suspicions, a line each."""
    lines = [f"{_doubt(found)}{found.sentence}. {found.change}." for found in findings[:1]]
    lines += [f"{_also(found)}: {found.sentence}. {found.change}." for found in findings[1:MOST]]
    return "\n".join(lines)


def notes(findings: Sequence[Finding], hint: str) -> list[str]:
    """The same for a traceback, in the order that ends with what to change."""
    if not findings:
        return [f"hint: {hint}"] if hint else []
    first, *others = findings[:MOST]
    also = [f"{_also(found)}: {found.sentence}" for found in others]
    return [f"why: {_doubt(first)}{first.sentence}", *also, f"hint: {first.change}"]


def _doubt(found: Finding) -> str:
    return "" if found.certain else "most likely, though nothing here proves it: "


def _also(found: Finding) -> str:
    return "also" if found.certain else "or"
