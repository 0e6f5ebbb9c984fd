"""Hostile sizes: whatever one client sends, another waits no longer than 100 ms; memory, log and answers stay small.

A stall that a request causes comes each time that it is sent. So a case over the bound is sent up to three times, and
its shortest stall counts: what a busy machine adds now and then does not.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from attack import size_corpus, size_requests
from attack.child import Server, serving
from attack.pinger import STALL_MS, Pinger, pinging, while_quiet
from attack.report import Report, megabytes
from attack.size_cases import Case
from attack.targets import PASSWORD, Target, set_up
from attack.wire import UNHEARD, Answer, Client

TRIES = 3
CERTAIN_MS = 1_000
MOST_ANSWER = 65_536
MOST_LOG_A_REQUEST = 4_096
GROWTH = 1.2
SLOWEST = 8


@dataclass(frozen=True)
class Cost:
    """What one case took: the shortest stall of its tries; what the server and its folder grew by in all of them."""

    stall_ms: float
    cpu_ms: float
    memory_bytes: int
    data_bytes: int
    name: str


class Thrower:
    """Sends the cases one by one and keeps what they cost. `logged_a_ping`: bytes of log for each ping beside them."""

    def __init__(
        self, target: Target, pinger: Pinger, report: Report, *, bound_ms: float, logged_a_ping: float = 0
    ) -> None:
        self.target, self.pinger, self.report = target, pinger, report
        self.bound_ms, self.logged_a_ping = bound_ms, logged_a_ping
        self.costs: list[Cost] = []
        self.largest_answer = self.most_logged = 0

    def throw(self, case: Case) -> None:
        server, stalls, body = self.target.server, [], case.bytes_of_body()
        resident, data = server.resident_bytes(), server.data_bytes()
        for _ in range(TRIES):
            stall, cpu_s = self._once(case, body)
            stalls.append(stall)
            if stall <= self.bound_ms or stall > CERTAIN_MS:
                break
        grown = server.resident_bytes() - resident, server.data_bytes() - data
        self.costs.append(Cost(min(stalls), cpu_s * 1e3, *grown, case.name))
        if min(stalls) > self.bound_ms:
            self.report.broke(f"{case.name}: others wait {min(stalls):.0f} ms, {len(stalls)} of {len(stalls)} times")

    def _once(self, case: Case, body: bytes) -> tuple[float, float]:
        server = self.target.server
        cpu, logged = server.cpu_s(), server.log_bytes()
        self.pinger.since_the_last_look()
        self._send(case, body)
        waited = self.pinger.since_the_last_look()
        self.report.count("hostile requests")
        self.report.count("pings beside them", waited.pings)
        if waited.failures:
            self.report.broke(f"{case.name}: {waited.failures} pings were not answered")
        grown = int(server.log_bytes() - logged - self.logged_a_ping * waited.pings)
        self.most_logged = max(self.most_logged, grown)
        if grown > MOST_LOG_A_REQUEST:
            self.report.broke(f"{case.name}: {grown} bytes of log")
        return waited.longest_ms, server.cpu_s() - cpu

    def _send(self, case: Case, body: bytes) -> None:
        client = Client(self.target.server.address, timeout_s=60)
        try:
            self._judge(case, len(body), client.request(case.method, case.path, body, case.headers))
        except UNHEARD as problem:
            self.report.count(f"not answered: {type(problem).__name__}")
            if len(body) < 1_000_000 and sum(map(len, case.headers.values())) + len(case.path) < 8_000:
                self.report.broke(f"{case.name}: a complete request was not answered: {problem!r}")
        finally:
            client.close()

    def _judge(self, case: Case, sent_bytes: int, answer: Answer) -> None:
        """A refusal is small. What is kept may be told back, escaped."""
        self.report.count(f"answered {answer.status}")
        self.report.hold(answer.status not in (500, 502), f"{case.name}: {answer.status} {answer.body[:120]!r}")
        size = len(answer.body) + sum(len(name) + len(value) for name, value in answer.headers.items())
        self.largest_answer = max(self.largest_answer, size)
        most = MOST_ANSWER + (0 if answer.status >= 400 else sent_bytes * 5 // 2)
        self.report.hold(size <= most, f"{case.name}: an answer of {size} bytes")


def run() -> Report:
    report = Report("hostile sizes")
    with serving("--console-messages", "off", "--upstream", "moto") as server:
        target = set_up(server)
        with pinging(server.address, target.keys_path) as pinger:
            _warm_up(target, pinger)
            logged = server.log_bytes()
            quiet = while_quiet(pinger)
            quiet_ms, before = quiet.longest_ms, server.resident_bytes()
            a_ping = (server.log_bytes() - logged) / quiet.pings
            thrower = Thrower(target, pinger, report, bound_ms=STALL_MS + quiet_ms, logged_a_ping=a_ping)
            for case in _all(target):
                thrower.throw(case)
                if not server.alive:
                    report.broke(f"{case.name}: the server ended")
                    return report
            _tell(thrower, quiet_ms, before)
    return report


def _all(target: Target) -> list[Case]:
    return [*size_corpus.corpus(target), *size_requests.corpus(target)]


def _warm_up(target: Target, pinger: Pinger) -> None:
    """Each entrance is used before memory is looked at: what is loaded once is not growth."""
    thrower = Thrower(target, pinger, Report("warming up"), bound_ms=10_000)
    cases = _all(target)
    for case in cases[:: max(1, len(cases) // 60)]:
        if len(body := case.bytes_of_body()) < 200_000:
            thrower._send(case, body)


def _tell(thrower: Thrower, quiet_ms: float, before: int) -> None:
    report, server = thrower.report, thrower.target.server
    time.sleep(1)
    after = server.resident_bytes()
    report.measure("longest wait while nobody attacks", f"{quiet_ms:.0f} ms")
    report.measure("longest wait of another client", f"{max(cost.stall_ms for cost in thrower.costs):.0f} ms")
    for cost in sorted(thrower.costs, key=lambda cost: -cost.stall_ms)[:SLOWEST]:
        report.measure(f"  {cost.name[:60]}", f"{cost.stall_ms:.0f} ms, {cost.cpu_ms:.0f} ms of processor")
    for cost in sorted(thrower.costs, key=lambda cost: -cost.memory_bytes)[:SLOWEST]:
        report.measure(f"  memory: {cost.name[:50]}", f"+{megabytes(cost.memory_bytes)}")
    for cost in sorted(thrower.costs, key=lambda cost: -cost.data_bytes)[:3]:
        report.measure(f"  data folder: {cost.name[:50]}", f"+{megabytes(cost.data_bytes)}")
    report.measure(
        "memory", f"{megabytes(before)} before, {megabytes(after)} after, peak {megabytes(server.peak_bytes())}"
    )
    report.hold(after <= before * GROWTH, f"memory grew from {megabytes(before)} to {megabytes(after)}")
    report.measure("largest answer", f"{thrower.largest_answer} bytes")
    report.measure("most logged of one request", f"{thrower.most_logged} bytes")
    report.measure("log", megabytes(server.log_bytes()))
    report.measure("data folder", megabytes(server.data_bytes()))
    _check_log(server, report)


def _check_log(server: Server, report: Report) -> None:
    log = server.log_text()
    report.hold("Hush7" not in log and PASSWORD not in log, "something typed stands in the log")
    report.hold("Traceback" not in log, "a traceback stands in the log")


if __name__ == "__main__":
    print(run())
