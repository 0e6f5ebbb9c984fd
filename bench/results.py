"""What a run found, as data: figures, and goals with what was reached. One JSON file a run, in bench/results.

A measure is written into its run's file as soon as it has ended, with its own time and commit, so that a run that was
cut off is gone on with by name.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MEASURES = (
    "throughput",
    "redemption",
    "srp",
    "triggers",
    "front_door",
    "latency",
    "users",
    "pools",
    "fixtures",
    "starting",
    "client",
    "profile",
)
"""In the order in which they are made and shown."""

KEPT = Path(__file__).parent / "results"
FOLDER = Path(os.environ.get("HALFDAY_BENCH_RESULTS", KEPT))


@dataclass(frozen=True)
class Figure:
    """One number. `of`: what was asked; `at`: at how many connections, or where; `rounds`: what it is the median of."""

    of: str
    server: str
    at: str
    value: float
    unit: str
    rounds: Sequence[float] = ()


@dataclass(frozen=True)
class Goal:
    """What is wanted, and what was reached where. It is met when it is met at each of them.

    `unit`: "%" of a bound (0.65 is 65 %), "×" of another figure, or a unit of its own, such as ms.
    """

    of: str
    beside: str
    wanted: float
    reached: dict[str, float]
    unit: str
    at_most: bool = False

    @property
    def met(self) -> bool:
        values = self.reached.values()
        return bool(values) and all(v <= self.wanted if self.at_most else v >= self.wanted for v in values)

    @property
    def verdict(self) -> str:
        return ("MET" if self.met else "MISSED") if self.reached else "NOT MEASURED"

    @property
    def wording(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {shown(self.wanted, self.unit)}"

    @property
    def reached_wording(self) -> str:
        return " / ".join(shown(value, self.unit) for value in self.reached.values()) or "–"


@dataclass(frozen=True)
class Measured:
    """What one measure gave. `told`: lines for a reader, where there is more to say than the figures do."""

    figures: Sequence[Figure] = ()
    goals: Sequence[Goal] = ()
    told: Sequence[str] = ()
    rounds: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Entry:
    """A measure in a run's file: what it gave, when, of which commit, and how long it took."""

    measured: Measured
    measured_at: str
    commit: str
    took_s: float


@dataclass
class Run:
    """`note` is shown with the figures: what else ran on the machine, where that was not nothing."""

    path: Path
    machine: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.path.stem

    def add(self, name: str, measured: Measured, took_s: float) -> None:
        """Adds what was measured, in place of what an earlier attempt gave, and writes the file."""
        self.entries[name] = Entry(measured, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), _commit(), took_s)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        told = {"machine": self.machine, "note": self.note}
        told["measures"] = {name: _rounded(dataclasses.asdict(entry)) for name, entry in self.entries.items()}
        unfinished = self.path.with_suffix(".part")
        unfinished.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        unfinished.replace(self.path)

    def goals(self) -> list[tuple[str, Goal]]:
        """Every goal, with the measure that it belongs to."""
        return [(name, goal) for name, entry in self.entries.items() for goal in entry.measured.goals]

    def figures(self, measure: str) -> Sequence[Figure]:
        return self.entries[measure].measured.figures if measure in self.entries else ()


def new_run(machine: dict[str, Any]) -> Run:
    name = time.strftime("%Y-%m-%dT%H%M%S", time.gmtime())
    return Run(FOLDER / f"{name}.json", machine, os.environ.get("HALFDAY_BENCH_NOTE", ""))


def runs() -> list[Run]:
    """Every run that is kept, the oldest first."""
    return [read(path) for path in sorted(FOLDER.glob("*.json"))]


def read(path: Path) -> Run:
    told = json.loads(path.read_text(encoding="utf-8"))
    entries = {}
    for name, entry in sorted(told["measures"].items(), key=lambda item: MEASURES.index(item[0])):
        measured = entry["measured"]
        figures = [Figure(**figure) for figure in measured["figures"]]
        goals = [Goal(**goal) for goal in measured["goals"]]
        entries[name] = Entry(**{**entry, "measured": Measured(**{**measured, "figures": figures, "goals": goals})})
    return Run(path, told["machine"], told["note"], entries)


def _rounded(value: Any) -> Any:
    """Five digits of every number with a fraction: more are noise, and make the files long."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def shown(value: float, unit: str) -> str:
    """The number as a reader wants it: three digits that count, and its unit."""
    if unit == "%":
        return f"{value:.0%}".replace("%", " %")
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def _commit() -> str:
    """The commit, and whether what was measured differs from it. Empty outside of a clone."""
    commit = _git("rev-parse", "--short=10", "HEAD").strip()
    return f"{commit}, changed" if _git("status", "--porcelain", "--", "../src", "*.py").strip() else commit


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=KEPT.parent, capture_output=True, text=True, check=False).stdout
