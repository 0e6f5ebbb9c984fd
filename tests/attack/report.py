"""What a program of the attack found: counts, measures, and what was broken."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

SHOWN = int(os.environ.get("HALFDAY_ATTACK_SHOWN", "25"))
WIDEST = 400


@dataclass
class Report:
    """`broken` is empty when every promise held."""

    program: str
    counts: Counter[str] = field(default_factory=Counter)
    measures: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def count(self, what: str, number: int = 1) -> None:
        self.counts[what] += number

    def measure(self, what: str, value: object) -> None:
        self.measures[what] = str(value)

    def broke(self, sentence: str) -> None:
        """A promise did not hold. The sentence is made printable, cut, and told at once."""
        printable = sentence.encode("unicode_escape").decode()
        self.broken.append(printable if len(printable) <= WIDEST else f"{printable[:WIDEST]}… ({len(printable)})")
        print(f"{self.program}: {self.broken[-1]}", file=sys.stderr, flush=True)

    def hold(self, promise: bool, otherwise: str) -> None:
        if not promise:
            self.broke(otherwise)

    def __str__(self) -> str:
        rows = [(what, str(number)) for what, number in self.counts.items()] + list(self.measures.items())
        width = max((len(what) for what, _ in rows), default=0)
        lines = [f"{self.program}: {'held' if not self.broken else f'{len(self.broken)} BROKEN'}"]
        lines += [f"  {what:{width}s}  {value}" for what, value in rows]
        lines += [f"  BROKEN: {sentence}" for sentence in self.broken[:SHOWN]]
        if len(self.broken) > SHOWN:
            lines.append(f"  … and {len(self.broken) - SHOWN} more")
        return "\n".join(lines)


def table(reports: Iterable[Report]) -> str:
    """One line a program."""
    lines = [f"{'program':18s} {'tried':>8s} {'broken':>7s}"]
    for report in reports:
        lines.append(f"{report.program:18s} {sum(report.counts.values()):8d} {len(report.broken):7d}")
    return "\n".join(lines)


def megabytes(number: float) -> str:
    return f"{number / 1e6:.1f} MB"
