"""The catalogue of causes: why something may have failed, and what to change. Pure but for reading the file.

The causes are data, in `catalogue.toml`, whose head says how to write one. `matching` finds those that explain a
symptom, and `wording` puts them into sentences. This module makes no request: probing is the doctor's.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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


@functools.cache
def catalogue() -> tuple[Cause, ...]:
    """Every cause, in the file's order. The file is read at the first error, and not before."""
    import tomllib
    from importlib.resources import files

    entries = tomllib.loads(files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return tuple(_cause(cause_id, entry) for cause_id, entry in entries.items())


def _cause(cause_id: str, entry: dict[str, Any]) -> Cause:
    """Raises TypeError for a key that no cause has."""
    members: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Cause(id=cause_id, **members)
