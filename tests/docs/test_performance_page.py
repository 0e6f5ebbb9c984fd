"""docs/performance.md is what bench/results give, and misses no goal silently; the load's generator counts waiting."""

from __future__ import annotations

import dataclasses
import json
import socket
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docs.blocks import DOCS

STILL_S, PER_S, DUE_S = 0.3, 100, 0.1


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Modules of bench/, which is not installed."""
    from importlib import import_module

    monkeypatch.syspath_prepend(str(DOCS.parent))
    return lambda name: import_module(f"bench.{name}")


def test_the_page_and_its_charts_are_what_the_results_give(bench: Callable[[str], Any]) -> None:
    """`python -m bench page` makes them."""
    made = bench("page").files(bench("results").runs())
    assert made
    for path, text in made.items():
        assert path.read_text(encoding="utf-8") == text, path


def test_what_holds_a_measure_is_said_of_measures_that_there_are(bench: Callable[[str], Any]) -> None:
    measured = {goal.of for _, goal in bench("results").runs()[-1].goals()}
    assert set(bench("page").holds()) <= measured


@pytest.mark.parametrize(
    ("reached", "at_most", "verdict"),
    [
        ({"1": 0.9, "16": 0.7}, False, "MET"),
        ({"1": 0.9, "16": 0.6}, False, "MISSED"),
        ({"": 1.2}, True, "MISSED"),
        ({"": 0.65}, True, "MET"),
        ({}, False, "NOT MEASURED"),
        ({}, True, "NOT MEASURED"),
    ],
)
def test_a_goal_is_met_only_where_it_is_met_everywhere(
    bench: Callable[[str], Any], reached: dict[str, float], verdict: str, *, at_most: bool
) -> None:
    goal = bench("results").Goal("refresh", "the bound", 0.65, reached, "%", at_most)
    assert goal.verdict == verdict
    assert goal.met is (verdict == "MET")


def test_results_are_read_as_they_were_written(bench: Callable[[str], Any], tmp_path: Path) -> None:
    results = bench("results")
    run = _made_up(results, tmp_path / "2026-01-01T000000.json", share=0.5)
    read = results.read(run.path)
    assert (read.machine, read.note) == (run.machine, run.note)
    assert json.dumps(dataclasses.asdict(read), default=str) == json.dumps(dataclasses.asdict(run), default=str)


def test_a_measure_that_is_made_again_replaces_what_it_gave(bench: Callable[[str], Any], tmp_path: Path) -> None:
    results = bench("results")
    run = _made_up(results, tmp_path / "2026-01-01T000000.json", share=0.5)
    run.add("throughput", results.Measured(goals=[_goal(results, 0.7)]), 1.0)
    assert [goal.met for _, goal in results.read(run.path).goals()] == [True]


def test_the_page_names_what_missed_with_both_runs_and_what_holds_it(
    bench: Callable[[str], Any], tmp_path: Path
) -> None:
    results = bench("results")
    earlier = _made_up(results, tmp_path / "2026-01-01T000000.json", share=0.7)
    later = _made_up(results, tmp_path / "2026-01-02T000000.json", share=0.5)
    text = bench("page").text_of([earlier, later])
    assert "0 of 1 met" in text
    assert "| 70 % met | 50 % **MISSED** |" in text
    assert "storage 300" in text
    assert "storage 200" not in text, "GetUser has missed nothing"
    assert "**2026-01-02T000000: made up**" in text
    assert "1 of 1 met" in bench("page").text_of([later, earlier])


def test_a_bar_is_as_long_as_its_share(bench: Callable[[str], Any]) -> None:
    charts = bench("charts")
    row = charts.Row("a", "", [charts.Bar("Halfday", 0.5, "1", ours=True), charts.Bar("<other>", 0.25, "2")], 0.65)
    picture = ElementTree.fromstring(charts.chart("A & B", "", [row]))
    ours, other, track = (float(_of(picture, kind).get("width", "0")) for kind in ("ours", "other", "track"))
    assert ours == pytest.approx(track / 2)
    assert other == pytest.approx(track / 4)
    assert float(_of(picture, "goal").get("x1", "0")) == pytest.approx(charts.LEFT + 0.65 * track, abs=0.1)


def test_an_open_loop_counts_the_waiting_of_requests_that_were_due_meanwhile(bench: Callable[[str], Any]) -> None:
    """The server stands still with the first request; on the only connection the others wait for it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_stand_still_once, args=(listening,), daemon=True).start()
        origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        took = bench("sockets").ask_on_time(
            origin, b"GET / HTTP/1.1\r\n\r\n", per_s=PER_S, seconds=DUE_S, connections=1
        )
    assert len(took) == PER_S * DUE_S
    assert all(s >= STILL_S - number / PER_S for number, s in enumerate(took))


def _stand_still_once(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    pause_s = STILL_S
    while connection.recv(65536):
        time.sleep(pause_s)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        pause_s = 0.0


def _of(picture: ElementTree.Element, kind: str) -> ElementTree.Element:
    return next(element for element in picture.iter() if element.get("class") == kind)


def _goal(results: Any, share: float) -> Any:
    return results.Goal("client_credentials", "the signature bound", 0.65, {"16": share}, "%")


def _made_up(results: Any, path: Path, *, share: float) -> Any:
    """A run with one goal, and a profile of the request that it is about and of another."""
    run = results.Run(path, {"cores": 2, "Python": "3.11"}, "made up")
    figures = [results.Figure("client_credentials", "Halfday", "16", 500.0, "/s", [500.0])]
    figures.append(results.Figure("client_credentials", "bound", "16", 500.0 / share, "/s"))
    run.add("throughput", results.Measured(figures, [_goal(results, share)], ["moto: nothing."], 1, 1.0), 2.0)
    told = ["client_credentials: own µs a request by cProfile", "  storage 300", ""]
    told += ["GetUser: own µs a request by cProfile", "  storage 200"]
    run.add("profile", results.Measured(told=told), 1.0)
    return run
