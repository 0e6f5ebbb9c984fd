"""Existence by timing and by words, as a program beside the others: see existence.py, which also runs by itself."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from attack.existence import ENTRANCES, MOST_AUC, POOLS, measure, set_up, target
from attack.report import Report
from attack.scale import sized

UNSURE = 0.08
"""So far from a coin a share of 100 pairs may lie by chance alone; 500 pairs need none of it."""


def run() -> Report:
    """In CI 100 pairs at each entrance of one kind of pool; in full 500 of both."""
    report = Report("existence")
    pairs = sized(100, 500)
    kinds = list(POOLS) if pairs >= 500 else ["names"]
    bound = MOST_AUC if pairs >= 500 else MOST_AUC + UNSURE
    with TemporaryDirectory(prefix="halfday-attack-") as folder, target(Path(folder)) as reached:
        for kind in kinds:
            set_up(reached, **POOLS[kind])
            for entrance in ENTRANCES:
                seen = measure(reached, entrance, pairs)
                report.count("pairs", pairs)
                report.measure(f"AUC {kind}, {entrance.name}", f"{seen.auc:.3f}")
                report.hold(seen.auc <= bound, f"{kind}, {entrance.name}: time tells who exists, AUC {seen.auc:.3f}")
                same = seen.forms[True] == seen.forms[False]
                report.hold(same, f"{kind}, {entrance.name}: words tell who exists: {seen.forms}")
    return report


if __name__ == "__main__":
    print(run())
