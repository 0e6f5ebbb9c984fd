"""A mail server on a socket of this machine: what it was handed, and what it says to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller

from ports import free_port


@dataclass
class MailServer:
    """`says`: its answer to each mail. `mails`: (recipient, text), whatever was answered."""

    port: int = field(default_factory=free_port)
    says: str = "250 OK"
    mails: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append((envelope.rcpt_tos[0], envelope.content.decode()))
        return self.says

    @contextmanager
    def up(self) -> Iterator[MailServer]:
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()

    def wait_for(self, count: int, patience_s: float = 20) -> list[tuple[str, str]]:
        until(lambda: len(self.mails) >= count, patience_s)
        return self.mails


def until(what: Callable[[], object], patience_s: float = 20) -> None:
    end = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)
