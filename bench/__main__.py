"""Measures everything, or what is named: python -m bench [redemption ...]

Without names it begins a new run, a file in bench/results, and makes docs/performance.md of the last two. With names it
measures these again, or what a run that was cut off still lacks, into the newest run. `python -m bench page` makes the
page only; `--check` says whether it is what the results give.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from bench import page, results
from bench.results import Measured, Run, new_run, runs

STARTS = "9"
"""Rounds of what starts programs: with more, all of it takes longer than twelve minutes on a slow machine."""
MEASURES = [name for name in results.MEASURES if find_spec(f"bench.{name}")]


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["page"]:
        return page.main(arguments[1:])
    unknown = [name for name in arguments if name not in MEASURES]
    if unknown:
        print(f"there is no measure {unknown[0]}; there are {', '.join(MEASURES)}, and page", file=sys.stderr)
        return 2
    os.environ.setdefault("HALFDAY_BENCH_STARTS", STARTS)
    run = _begin() if not arguments or not runs() else runs()[-1]
    for name in arguments or MEASURES:
        _measure(run, name)
    print(f"{run.path}: {sum(goal.met for _, goal in run.goals())} of {len(run.goals())} goals met")
    return page.main([])


def _begin() -> Run:
    from bench.bounds import machine

    return new_run(machine())


def _measure(run: Run, name: str) -> None:
    print(f"{name} …", file=sys.stderr)
    started, printed = time.monotonic(), io.StringIO()
    with contextlib.redirect_stdout(_Both(printed)):
        measured = import_module(f"bench.{name}").run()
    if not isinstance(measured, Measured):
        measured = Measured(told=printed.getvalue().splitlines())
    took_s = time.monotonic() - started
    run.add(name, measured, round(took_s, 1))
    for line in _lines(measured):
        print(line)
    print(f"{name}: {took_s:.0f} s", file=sys.stderr)


def _lines(measured: Measured) -> Iterator[str]:
    for figure in measured.figures:
        yield f"  {figure.of}, {figure.server}, {figure.at or '-'}: {figure.value:,.4g} {figure.unit}"
    for goal in measured.goals:
        yield f"  {goal.verdict} {goal.of}: {goal.reached_wording}, beside {goal.beside} (wanted {goal.wording})"


class _Both(io.TextIOBase):
    """Prints, and keeps what was printed."""

    def __init__(self, kept: io.StringIO) -> None:
        self._kept, self._out = kept, sys.stdout

    def write(self, text: str) -> int:
        self._out.write(text)
        return self._kept.write(text)

    def flush(self) -> None:
        self._out.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
