"""docs/performance.md and its charts, made of the last two runs. Nothing on that page is written by hand but here."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import page_charts
from bench.results import FOLDER, KEPT, Figure, Goal, Run, runs, shown

DOCS = Path(__file__).parents[1] / "docs" if FOLDER == KEPT else FOLDER
"""Of a trial, whose results go to another folder, the page is there too."""
PAGE = DOCS / "performance.md"
CHARTS = DOCS / "pictures"

HEAD = """\
# How fast it is

One process on one core of {cores}, SQLite on disk, the load on another core. Each figure stands beside what the
arithmetic alone would allow, and beside others that answer as Cognito, asked the same in the same run, in turns.
**Read the ratios**: the machine is named by its bounds, and yours is another. `make bench` measures all of it and
makes this page ([how](../bench/README.md)).
"""
OTHERS = """\
## Beside others

Requests a second at 1 / 16 connections. What the others leave out is fast, so it is said here:
"""
PROFILED = """
Processor time by room and by function, by cProfile: a ranking. Python's functions look dearer than they are.
"""
BOUND_OF = {
    "InitiateAuth USER_PASSWORD_AUTH": "two signatures",
    "InitiateAuth REFRESH_TOKEN_AUTH": "two signatures",
    "client_credentials": "one signature",
    "code redemption": "two signatures",
}


def main(arguments: list[str]) -> int:
    """Writes the page and its charts; with --check, says whether they are what the results give."""
    found = files(runs())
    if arguments == ["--check"]:
        wrong = [path for path, text in found.items() if not path.exists() or path.read_text("utf-8") != text]
        for path in wrong:
            print(f"{path} is not what bench/results gives: python -m bench page", file=sys.stderr)
        return 1 if wrong else 0
    if not found:
        print("there are no results yet: python -m bench", file=sys.stderr)
        return 1
    CHARTS.mkdir(exist_ok=True)
    for path, text in found.items():
        path.write_text(text, encoding="utf-8")
        print(path)
    return 0


def files(kept: Sequence[Run]) -> dict[Path, str]:
    """Every file of the page, with its text. Charts are of the last run."""
    if not kept:
        return {}
    pictures = {CHARTS / name: text for name, text in page_charts.charts(kept[-1]).items()}
    return {PAGE: text_of(kept), **pictures}


def text_of(kept: Sequence[Run]) -> str:
    """The page, of the last run and the one before."""
    last, shown_runs = kept[-1], list(kept[-2:])
    parts = [HEAD.format(cores=last.machine["cores"]), *_which(shown_runs), *_goals(shown_runs)]
    parts += [*_charts(last), *_others(last), *_single(last), *_missed(last), *_told(last)]
    return "\n".join(parts)


def _which(kept: Sequence[Run]) -> Iterator[str]:
    facts = list(kept[-1].machine)
    yield _table(["run", *facts, "commit"], [_run_row(run, facts) for run in kept])
    for run in kept:
        if run.note:
            yield f"**{run.name}: {run.note}**\n"


def _run_row(run: Run, facts: Sequence[str]) -> list[str]:
    commits = sorted({entry.commit for entry in run.entries.values() if entry.commit})
    return [run.name, *(_number(run.machine.get(fact, "–")) for fact in facts), "; ".join(commits)]


def _goals(kept: Sequence[Run]) -> Iterator[str]:
    """Every goal of the last run with what was reached in both, where it was measured at 1 / 16 connections."""
    goals = kept[-1].goals()
    met = sum(goal.met for _, goal in goals)
    yield f"## Goals: {met} of {len(goals)} met\n"
    yield "Two numbers are at 1 and at 16 connections, and a goal is met when both are.\n"
    before = {(goal.of, goal.beside): goal for run in kept[:-1] for _, goal in run.goals()}
    rows = []
    for _, goal in goals:
        earlier = before.get((goal.of, goal.beside))
        reached = [_reached(earlier)] if len(kept) > 1 else []
        rows.append(
            [goal.of, f"of {goal.beside}" if goal.unit == "%" else goal.beside, goal.wording, *reached, _reached(goal)]
        )
    yield _table(["measure", "beside", "goal", *(run.name for run in kept)], rows)


def _reached(goal: Goal | None) -> str:
    if goal is None:
        return "–"
    return f"{goal.reached_wording} {'**MISSED**' if goal.verdict == 'MISSED' else goal.verdict.lower()}"


def _charts(run: Run) -> Iterator[str]:
    for name, title in page_charts.TITLES.items():
        if name in page_charts.charts(run):
            yield f"![{title}](pictures/{name})\n"


def _others(run: Run) -> Iterator[str]:
    """Rates of everybody, with the share of the bound that is ours."""
    entry = run.entries.get("throughput")
    if entry is None:
        return
    yield OTHERS
    yield "".join(f"- {line}\n" for line in entry.measured.told)
    figures = [*entry.measured.figures, *run.figures("redemption")]
    servers = list(dict.fromkeys(f.server for f in figures if f.server not in ("bound", "constant answer")))
    requests = list(dict.fromkeys(f.of for f in figures if f.server == "Halfday"))
    rows = []
    for request in requests:
        bound = f"{_rates(figures, request, 'bound')} ({BOUND_OF.get(request, 'a constant answer')})"
        rows.append([request, *(_rates(figures, request, server) for server in servers), bound])
    yield _table(["", *servers, "bound"], rows)
    measured = entry.measured
    constants = dict.fromkeys(f.of for f in measured.figures if f.server == "constant answer")
    rates = "; ".join(f"{name}: {_rates(figures, name, 'constant answer')}" for name in constants)
    told = f"A constant answer by Starlette and uvicorn, a second: {rates}."
    yield f"{told} It is the bound on the server's event loop.\n"
    yield f"Medians of rounds: {measured.rounds}, each of {measured.seconds:g} s. – : it cannot be asked that.\n"


def _rates(figures: Sequence[Figure], request: str, server: str) -> str:
    found = [f.value for f in figures if f.of == request and f.server == server]
    return " / ".join(f"{value:,.0f}" for value in found) or "–"


def _single(run: Run) -> Iterator[str]:
    """The other measures' figures, as they are."""
    rows: dict[tuple[str, str, str], list[str]] = {}
    for name, entry in run.entries.items():
        if name not in ("throughput", "redemption"):
            for figure in entry.measured.figures:
                value = f"{_place(figure.at)}{shown(figure.value, figure.unit)}"
                rows.setdefault((name, figure.of, figure.server), []).append(value)
    if rows:
        yield "## Other figures\n"
        table = [[*what, "; ".join(found)] for what, found in rows.items()]
        yield _table(["measure", "what", "whose", "figures"], table)


def _place(at: str) -> str:
    """What stands before a figure: where it was measured."""
    if at.isdecimal():
        return f"at {at} connection{'s' if at != '1' else ''} "
    return f"{at}: " if at else ""


def _missed(run: Run) -> Iterator[str]:
    """What holds each measure that missed its goal: sentences of bench/holds.toml, and the run's profile."""
    missed = list(dict.fromkeys(goal.of for _, goal in run.goals() if goal.verdict == "MISSED"))
    if not missed:
        return
    sentences, profiles = holds(), _profiles(run)
    profiled = {request.split(",")[0]: "its profile is below." for request in profiles}
    yield "## What holds those that missed\n"
    for name in missed:
        said = sentences.get(name) or profiled.get(name.split(",")[0], "not looked into yet.")
        yield f"- **{name}**: {said}"
    short = {name.split(",")[0] for name in missed}
    shown_ones = {request: lines for request, lines in profiles.items() if request.split(",")[0] in short}
    yield PROFILED if shown_ones else ""
    for request, lines in shown_ones.items():
        yield "\n".join([f"**{request}**\n", "```text", *lines, "```", ""])


def holds() -> dict[str, str]:
    """Sentences by the name of the measure, written by hand where a profile does not say it."""
    return tomllib.loads((Path(__file__).with_name("holds.toml")).read_text(encoding="utf-8"))


def _profiles(run: Run) -> dict[str, list[str]]:
    """By request, the lines that follow its heading in what `bench profile` printed."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in run.entries["profile"].measured.told if "profile" in run.entries else ():
        request, is_heading, _ = line.partition(": own µs a request")
        if is_heading:
            lines = found.setdefault(request, [])
        elif line.strip():
            lines.append(line)
    return found


def _told(run: Run) -> Iterator[str]:
    """What measures say beside their figures, or print that keep no figures; and how long they took."""
    for name, entry in run.entries.items():
        if name in ("throughput", "profile") or not entry.measured.told:
            continue
        if entry.measured.figures:
            yield f"**{name}**\n"
            yield "".join(f"- {line}\n" for line in entry.measured.told)
        else:
            yield "\n".join([f"**{name}**\n", "```text", *entry.measured.told, "```", ""])
    lengths = ", ".join(f"{name} {entry.took_s:.0f} s" for name, entry in run.entries.items())
    yield f"How long each measure took: {lengths}.\n"


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows), ""])
