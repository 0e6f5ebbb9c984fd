"""Runs every program of the attack, or those named: python -m attack [kills ...]. One table at the end."""

from __future__ import annotations

import sys
import time

from attack.programs import PROGRAMS, run
from attack.report import Report, table


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PROGRAMS]
    if unknown:
        print(f"there is no program {unknown[0]}; there are {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    reports = [_run(name) for name in names or PROGRAMS]
    print(table(reports))
    return 1 if any(report.broken for report in reports) else 0


def _run(name: str) -> Report:
    started = time.monotonic()
    report = run(name)
    report.measure("took", f"{time.monotonic() - started:.0f} s")
    print(report, flush=True)
    return report


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
