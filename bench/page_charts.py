"""Which charts docs/performance.md has: rates beside bounds and rivals, latency, and a million users."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.charts import Bar, Row, chart
from bench.results import Figure, Goal, Run, shown

TITLES = {
    "performance-rates.svg": "Requests a second, as a share of the bound",
    "performance-latency.svg": "How long answers take at 70 % of saturation",
    "performance-users.svg": "Many users beside few",
}
RATES, LATENCY, USERS = TITLES


def charts(run: Run) -> dict[str, str]:
    """By file name; those whose measures the run has."""
    rows = {RATES: _rates(run), LATENCY: _latency(run), USERS: _users(run)}
    explained = {
        RATES: "16 connections. The width is the bound: signatures, or a constant answer. The line: the goal.",
        LATENCY: "Open loop. A bar goes from the median to the slowest in a hundred. The line: four times the median.",
        USERS: "What the larger pool takes beside the smaller one. The line: the goal.",
    }
    return {name: chart(TITLES[name], explained[name], list(found)) for name, found in rows.items() if found}


def _rates(run: Run) -> list[Row]:
    figures = [f for f in (*run.figures("throughput"), *run.figures("redemption")) if f.at == "16"]
    goals = {goal.of: goal.wanted for _, goal in run.goals() if goal.unit == "%"}
    return [row for request in _requests(figures) for row in _rate(figures, request, goals.get(request))]


def _requests(figures: Sequence[Figure]) -> list[str]:
    return list(dict.fromkeys(figure.of for figure in figures if figure.server == "Halfday"))


def _rate(figures: Sequence[Figure], request: str, goal: float | None) -> Iterator[Row]:
    by_server = {figure.server: figure.value for figure in figures if figure.of == request}
    bound = by_server.pop("bound", None)
    if bound:
        bars = [Bar(name, value / bound, f"{value:,.0f}", ours=name == "Halfday") for name, value in by_server.items()]
        wanted = f", goal {shown(goal, '%')}" if goal else ""
        yield Row(request.removeprefix("InitiateAuth "), f"bound {bound:,.0f} a second{wanted}", bars, goal)


def _latency(run: Run) -> list[Row]:
    figures = run.figures("latency")
    longest = 1.15 * max((figure.value for figure in figures if figure.at == "p99"), default=1.0)
    rows = []
    for request in _requests(figures):
        found = {figure.at: figure.value for figure in figures if figure.of == request}
        text = f"{shown(found['p50'], 'ms')} … {shown(found['p99'], 'ms')}"
        bar = Bar("", found["p99"] / longest, text, ours=True, start=found["p50"] / longest)
        goal = 4 * found["p50"] / longest
        label = request.removeprefix("InitiateAuth ")
        rows.append(Row(label, f"{found['rate']:,.0f} a second", [bar], goal if goal <= 1 else None))
    return rows


def _users(run: Run) -> list[Row]:
    entry = run.entries.get("users")
    goals: Sequence[Goal] = entry.measured.goals if entry else ()
    rows = []
    for goal in goals:
        ratio = goal.reached[""]
        bar = Bar("", ratio / 2, shown(ratio, "×"), ours=True)
        rows.append(Row(goal.of, f"goal {goal.wording}", [bar], goal.wanted / 2))
    return rows
