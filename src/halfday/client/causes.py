"""Why something failed: the catalogue of causes, and which of them explain a symptom. Pure but for reading the file.

The causes are data, in `causes.toml`, whose head says how to write one. Errors (`errors`) and the doctor both ask
here, so that one failure is explained in one way. Probing is the doctor's; nothing here talks to anybody.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PLACES = frozenset(
    (
        "authorize provider token revoke logout userinfo idp identity sts verify network gateway appsync aws "
        "process console local session"
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
    the values go into the explanation.
    """

    at: str = ""
    error: str = ""
    text: str = field(default="", repr=False)
    status: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)


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
    certain: bool = True
    otherwise: bool = False
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
    ranked = [finding for _, finding in sorted(matches, key=lambda match: match[0])]
    certain = tuple(finding for finding in ranked if finding.certain)
    return certain or tuple(finding for finding in ranked if not finding.otherwise) or tuple(ranked)


@functools.cache
def catalogue() -> tuple[Cause, ...]:
    """Every cause, in the file's order. Read at the first error, and not before."""
    import tomllib
    from importlib.resources import files

    entries = tomllib.loads(files(__package__).joinpath("causes.toml").read_text(encoding="utf-8"))
    return tuple(_cause(cause_id, entry) for cause_id, entry in entries.items())


def _cause(cause_id: str, entry: dict[str, Any]) -> Cause:
    """Raises TypeError for a key that no cause has."""
    members: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Cause(id=cause_id, **members)


_Rank = tuple[bool, int, bool]


def _match(cause: Cause, symptom: Symptom) -> tuple[_Rank, Finding] | None:
    """The finding and its place in the order, smaller first; None when the cause explains something else."""
    says_more = bool(cause.error or cause.text or cause.when)
    if cause.at and symptom.at not in cause.at and (symptom.at or not says_more):
        return None
    if cause.status and symptom.status not in cause.status:
        return None
    told = _told(cause, symptom)
    proven = all(fact in symptom.facts for fact in cause.when)
    if told is None or not (proven or cause.suspicion) or _is_ruled_out(cause, symptom, proven=proven):
        return None
    certain = proven and cause.certain and not cause.otherwise and cause.confidence != "C"
    rank = (not certain, -len(cause.when) if proven else 0, not (cause.text or cause.error))
    return rank, _finding(cause, {**told, **symptom.facts}, proven=proven, certain=certain)


def _is_ruled_out(cause: Cause, symptom: Symptom, *, proven: bool) -> bool:
    """What facts have proven, other facts do not rule out."""
    return not (cause.when and proven) and any(fact in symptom.facts for fact in cause.unless)


def _told(cause: Cause, symptom: Symptom) -> dict[str, str] | None:
    """What a pattern read, {} when the cause's word came or it asks for none; None when nothing fits."""
    told = f"{symptom.error} {symptom.text}".strip()
    for pattern in cause.text:
        if found := _compiled(pattern).search(told):
            return {name: value for name, value in found.groupdict().items() if value is not None}
    named = symptom.error.lower() in map(str.lower, cause.error)
    return {} if named or not (cause.text or cause.error) else None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


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
