"""Existence by timing and by words, as a program beside the others: see existence.py, which also runs by itself."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from attack import logs
from attack.existence import MOST_AUC, POOLS, Entrance, Target, entrances, measure, set_up, target
from attack.report import Report
from attack.scale import sized

WHOLE = 500
"""Pairs. The share of fewer may lie over the bound by chance: then the entrance is asked so often."""
MAIL = {"slow": lambda _: True, "down": lambda entrance: entrance.sends_mail}
"""How the way on which mail leaves is, and which entrances differ by it."""


def run() -> Report:
    """In CI 100 pairs at each entrance of one kind of pool; in full 500 of both kinds. The bound is the same."""
    report = Report("existence")
    pairs = sized(100, WHOLE)
    for mail, asked in MAIL.items():
        kinds = list(POOLS) if pairs >= WHOLE and mail == "slow" else ["names"]
        with TemporaryDirectory(prefix="halfday-attack-") as folder, target(Path(folder), mail=mail) as reached:
            for kind in kinds:
                set_up(reached, **POOLS[kind])
                for entrance in filter(asked, entrances(kind)):
                    _look(report, reached, entrance, pairs, f"{kind}, mail {mail}, {entrance.name}")
            logs.NOW.search((Path(folder) / "log").read_text())
    return report


def _look(report: Report, reached: Target, entrance: Entrance, pairs: int, where: str) -> None:
    seen = measure(reached, entrance, pairs)
    report.count("pairs", pairs)
    if seen.auc > MOST_AUC and pairs < WHOLE:
        seen = measure(reached, entrance, WHOLE)
        report.count("pairs", WHOLE)
    told = f"AUC {seen.auc:.3f}"
    times = f"{seen.median_ms(True):.2f} ms somebody, {seen.median_ms(False):.2f} ms nobody"
    report.measure(where, f"{told}; {times}")
    report.hold(seen.auc <= MOST_AUC, f"{where}: time tells who exists, {told}")
    report.hold(seen.forms[True] == seen.forms[False], f"{where}: words tell who exists: {seen.forms}")


if __name__ == "__main__":
    print(run())
