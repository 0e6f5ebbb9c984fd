"""Hostile sizes: whatever one client sends, another waits no longer than 100 ms; memory, log and answers stay small.

A stall that a request causes comes each time that it is sent. So a case over the bound is sent up to three times, and
its shortest stall counts: what a busy machine adds now and then does not.
"""

from __future__ import annotations

import gc
import time

from attack import size_corpus, size_requests
from attack.child import Server, serving
from attack.pinger import STALL_MS, Pinger, longest_of_quiet, pinging
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


class Thrower:
    """Sends the cases one by one and keeps what they cost."""

    def __init__(self, target: Target, pinger: Pinger, report: Report, bound_ms: float) -> None:
        self.target, self.pinger, self.report, self.bound_ms = target, pinger, report, bound_ms
        self.costs: list[tuple[float, float, str]] = []
        self.largest_answer = self.most_logged = 0

    def throw(self, case: Case) -> None:
        stalls = []
        body = case.bytes_of_body()
        for _ in range(TRIES):
            stall, cpu_s = self._once(case, body)
            stalls.append(stall)
            if stall <= self.bound_ms or stall > CERTAIN_MS:
                break
        self.costs.append((min(stalls), cpu_s * 1e3, case.name))
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
        grown = server.log_bytes() - logged
        self.most_logged = max(self.most_logged, grown)
        if grown > MOST_LOG_A_REQUEST:
            self.report.broke(f"{case.name}: {grown} bytes of log")
        return waited.longest_ms, server.cpu_s() - cpu

    def _send(self, case: Case, body: bytes) -> None:
        client = Client(self.target.server.address, timeout_s=60)
        try:
            self._judge(case, client.request(case.method, case.path, body, case.headers))
        except UNHEARD as problem:
            self.report.count(f"not answered: {type(problem).__name__}")
            if len(body) < 1_000_000 and sum(map(len, case.headers.values())) + len(case.path) < 8_000:
                self.report.broke(f"{case.name}: a complete request was not answered: {problem!r}")
        finally:
            client.close()

    def _judge(self, case: Case, answer: Answer) -> None:
        self.report.count(f"answered {answer.status}")
        self.report.hold(answer.status not in (500, 502), f"{case.name}: {answer.status} {answer.body[:120]!r}")
        size = len(answer.body) + sum(len(name) + len(value) for name, value in answer.headers.items())
        self.largest_answer = max(self.largest_answer, size)
        self.report.hold(size <= MOST_ANSWER, f"{case.name}: an answer of {size} bytes")


def run() -> Report:
    report = Report("hostile sizes")
    with serving("--console-messages", "off", "--upstream", "moto") as server:
        target = set_up(server)
        with pinging(server.address, target.keys_path) as pinger:
            _warm_up(target, pinger)
            quiet_ms, before = longest_of_quiet(pinger), server.resident_bytes()
            thrower = Thrower(target, pinger, report, STALL_MS + quiet_ms)
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
    thrower = Thrower(target, pinger, Report("warming up"), 10_000)
    cases = _all(target)
    for case in cases[:: max(1, len(cases) // 60)]:
        if len(body := case.bytes_of_body()) < 200_000:
            thrower._send(case, body)


def _tell(thrower: Thrower, quiet_ms: float, before: int) -> None:
    report, server = thrower.report, thrower.target.server
    gc.collect()
    time.sleep(1)
    after = server.resident_bytes()
    report.measure("longest wait while nobody attacks", f"{quiet_ms:.0f} ms")
    report.measure("longest wait of another client", f"{max(thrower.costs)[0]:.0f} ms")
    for stall, cpu_ms, name in sorted(thrower.costs, reverse=True)[:SLOWEST]:
        report.measure(f"  {name[:60]}", f"{stall:.0f} ms, {cpu_ms:.0f} ms of processor")
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
