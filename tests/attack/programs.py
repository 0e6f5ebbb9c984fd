"""The programs of the attack, by name. Whatever one attacks, the logs of its servers are searched for secrets."""

from __future__ import annotations

from collections.abc import Callable

from attack import (
    existing,
    forwarded,
    front_door,
    fuzz,
    hostile_sizes,
    kills,
    logs,
    reachability,
    signatures,
    slow,
    smuggling,
    tokens,
    web_adapters,
)
from attack.report import Report

PROGRAMS: dict[str, Callable[[], Report]] = {
    "kills": kills.run,
    "fuzz": fuzz.run,
    "sizes": hostile_sizes.run,
    "slow": slow.run,
    "existence": existing.run,
    "tokens": tokens.run,
    "signatures": signatures.run,
    "front-door": front_door.run,
    "smuggling": smuggling.run,
    "forwarded": forwarded.run,
    "reachability": reachability.run,
    "web": web_adapters.run,
}


def run(name: str) -> Report:
    reports: list[Report] = []
    with logs.searching(reports):
        reports.append(PROGRAMS[name]())
    return reports[0]
