"""Lines that people pasted: how many are explained by the right cause, and that nothing false is called certain.

The lines stand in foreign_lines_a.toml, written together with the catalogue, and foreign_lines_b.toml, written after
the code by somebody who has not read it; the head of the first says how to write one. The later ones are written blind
too, each after the misses of the one before were mended: their shares at first contact are the ones that say something.
"""

from __future__ import annotations

import functools
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from halfday.client.causes.catalogue import Finding, catalogue
from halfday.doctor.diagnosis import Evidence, diagnose

HALVES = {"a": 0.85, "b": 0.85, "c": 0.85, "d": 0.85, "e": 0.85}
"""By half, the share that has to be named right first."""

NO_CAUSE = ("unknown", "unlisted")
"""What nobody can tell from the line alone, and what the catalogue has not: right is to say that it is not known."""


@dataclass(frozen=True)
class Line:
    text: str
    cause: str
    source: str
    also: tuple[str, ...] = ()
    truth: str = ""

    @property
    def right(self) -> frozenset[str]:
        return frozenset((self.cause, *self.also))

    def names(self, finding: Finding) -> bool:
        by_word = ("elsewhere" in self.right and finding.cause.startswith("9.")) or (
            not self.right.isdisjoint(NO_CAUSE) and finding.otherwise
        )
        return by_word or finding.cause in self.right


@dataclass(frozen=True)
class Score:
    line: Line
    findings: tuple[Finding, ...]

    @property
    def first(self) -> bool:
        """Nothing found is right for what is not Cognito's, or not to be known."""
        if not self.findings:
            return not self.line.right.isdisjoint(("elsewhere", *NO_CAUSE))
        return self.line.names(self.findings[0])

    @property
    def in_three(self) -> bool:
        return self.first or any(self.line.names(found) for found in self.findings[:3])

    @property
    def certain_and_false(self) -> list[str]:
        return [found.cause for found in self.findings if found.certain and found.cause not in self.line.right]


def lines(half: str) -> list[Line]:
    path = Path(__file__).with_name(f"foreign_lines_{half}.toml")
    if not path.exists():
        pytest.skip(f"{path.name} is not written yet")
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["line"]
    return [Line(**{**entry, "also": tuple(entry.get("also", ()))}) for entry in entries]


@functools.cache
def scores(half: str) -> list[Score]:
    return [Score(line, diagnose(Evidence(line.text), now=0.0).findings) for line in lines(half)]


@pytest.mark.parametrize("half", HALVES)
def test_most_foreign_lines_are_explained_by_their_cause(
    half: str, record_property: Callable[[str, object], None]
) -> None:
    found = scores(half)
    first, three = (sum(map(bool, (getattr(score, how) for score in found))) for how in ("first", "in_three"))
    unknown = sum(not score.findings or score.findings[0].otherwise for score in found)
    false = sum(bool(score.certain_and_false) for score in found)
    share = first / len(found)
    record_property(
        "said",
        f"foreign lines, half {half}: of {len(found)} {first} right first ({share:.0%}), {three} right in three, "
        f"{unknown} unknown, {false} certain and false",
    )
    wrong = [(score.line.cause, score.line.text[:80], [f.cause for f in score.findings[:3]]) for score in found]
    missed = [entry for entry, score in zip(wrong, found, strict=True) if not score.first]
    assert share >= HALVES[half], missed


@pytest.mark.parametrize("half", HALVES)
def test_nothing_false_is_called_certain(half: str) -> None:
    assert [(score.line.text, score.certain_and_false) for score in scores(half) if score.certain_and_false] == []


@pytest.mark.parametrize("half", HALVES)
def test_a_line_names_a_cause_that_there_is(half: str) -> None:
    known = {cause.id for cause in catalogue()} | {"elsewhere", *NO_CAUSE}
    assert [line for line in lines(half) if not line.right <= known] == []


def test_the_lines_are_many_and_some_are_not_cognitos() -> None:
    found = lines("a")
    assert len(found) >= 150
    assert sum(line.cause == "elsewhere" for line in found) >= 20


def test_the_half_written_blind_has_its_truth_in_words_and_no_cause_often() -> None:
    found = lines("b")
    assert len(found) >= 150
    assert sum(line.cause == "elsewhere" for line in found) >= 25
    assert [line.text for line in found if not line.truth] == []
    often = Counter(line.cause for line in found if line.cause not in ("elsewhere", *NO_CAUSE))
    assert max(often.values()) <= 4, often.most_common(3)
