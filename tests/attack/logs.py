"""The log of every server that a program starts, searched when it ends: whatever was attacked, no secret stands in it.

Searched for are passwords that the programs type, whatever looks like a token, and the secrets that answers held.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attack.report import Report

TYPED = ("Hush7", "Lovelace-1815", "Wr0ng-Password", "hunter2")
"""Each stands in some password that a program sends."""
LOOKS_LIKE_A_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*|(?<![A-Za-z0-9])(?:ASIA|AKIA)[A-Z0-9]{12,}")
UNEXPECTED = re.compile(r"request [0-9a-f-]{36} failed[^\n]*(?:\n  [^\n]*)*\n[^\n]*|an answer broke off[^\n]*")
SECRET_MEMBERS = frozenset(
    "AccessToken IdToken RefreshToken SecretKey SecretAccessKey SessionToken Session ClientSecret ClientSecretValue "
    "SecretCode Token access_token id_token refresh_token".split()
)
PART = 16
"""So many characters of a secret are taken for the secret."""
_WORD = re.compile(r"[A-Za-z0-9+/_=.~-]{16,}")


class Searched:
    """What the servers of one program said, and what they must not have said."""

    def __init__(self) -> None:
        self._parts: set[str] = set()
        self.found: set[str] = set()
        self.searched_bytes = 0

    def keep(self, members: Any) -> None:
        """Remembers the secrets among an answer's members, at any depth."""
        if isinstance(members, Mapping):
            for name, value in members.items():
                if name in SECRET_MEMBERS and isinstance(value, str) and len(value) >= PART:
                    self._parts.add(value[:PART])
                    self._parts.add(value[-PART:])
                else:
                    self.keep(value)
        elif isinstance(members, list):
            for member in members:
                self.keep(member)

    def search(self, log: str) -> None:
        self.searched_bytes += len(log)
        self.found.update(f"{typed!r}, which was typed" for typed in TYPED if typed in log)
        self.found.update(f"a token: {found[:12]}…" for found in LOOKS_LIKE_A_TOKEN.findall(log) if _is_secret(found))
        for word in _WORD.findall(log):
            if any(word[at : at + PART] in self._parts for at in range(len(word) - PART + 1)):
                self.found.add(f"a secret that was answered: {word[:8]}…")
        self.found.update(f"an error that nobody expected: {found}" for found in UNEXPECTED.findall(log))
        if "Traceback" in log:
            self.found.add(f"a traceback: {log[log.find('Traceback') :][:600]}")


def _is_secret(found: str) -> bool:
    """Key ids are names, and may be logged; they are looked for to see that the search sees."""
    return found.startswith("eyJ")


NOW = Searched()
"""Of the program that runs: programs run one after the other in a process."""


class _Heard(logging.Handler):
    """Servers that run within this process log here."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(("halfday", "uvicorn", "asyncio")):
            self.lines.append(self.format(record))


@contextmanager
def searching(report_of: list[Report]) -> Iterator[None]:
    """While the block runs logs are kept; afterwards what they must not hold is broken in the report."""
    global NOW
    NOW = Searched()
    heard, root = _Heard(), logging.getLogger()
    level = root.level
    root.addHandler(heard)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(heard)
        root.setLevel(level)
    NOW.search("\n".join(heard.lines))
    for report in report_of:
        report.measure("log searched for secrets", f"{NOW.searched_bytes} characters")
        report.hold(NOW.searched_bytes > 0, "no log was there to be searched")
        for found in sorted(NOW.found):
            report.broke(f"in the log stands {found}")
