"""What a pool sends to people, invitations and codes, and the ways that do not leave the machine: a file, a terminal.

They keep and show at once. E-mail leaves by a queue (flows/outgoing_mail) and outside/smtp; what the management port
reads is outside/sent_messages. An SMS leaves the machine by no way.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Protocol, TextIO

from halfday.protocol.printable import printable
from halfday.server.domain.user_pools.messages import Message as Message


class DeliveryFailed(Exception):
    """An e-mail did not leave. The reason is for the log: it names no address and repeats no server's text.

    `for_good`: another try would be refused as well.
    """

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Messages(Protocol):
    """A way on which messages are kept or shown at once, on this machine."""

    async def send(self, message: Message) -> None: ...

    async def pretend(self, message: Message) -> None:
        """Takes as long as `send`, and does nothing: it is the message of somebody who is sent none."""
        ...


class AllMessages:
    """Sends by each way, in their order."""

    def __init__(self, *ways: Messages) -> None:
        self._ways = ways

    async def send(self, message: Message) -> None:
        for way in self._ways:
            await way.send(message)

    async def pretend(self, message: Message) -> None:
        for way in self._ways:
            await way.pretend(message)


class FileMessages:
    """Appends each message as a line of JSON to a file of mode 0600: they hold passwords."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    async def send(self, message: Message) -> None:
        self._append(self._path, message)

    async def pretend(self, message: Message) -> None:
        self._append(os.devnull, message)

    def _append(self, path: str, message: Message) -> None:
        line = (json.dumps(asdict(message)) + "\n").encode()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            while line:
                line = line[os.write(descriptor, line) :]
        finally:
            os.close(descriptor)


class ConsoleMessages:
    """Shows each message to the person at the terminal, as a line: the code, or the text where there is none.

    A text with a link in it is shown below. Nothing that somebody wrote into a message moves the cursor.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    async def send(self, message: Message) -> None:
        self._stream.write(self._lines(message))
        self._stream.flush()

    async def pretend(self, message: Message) -> None:
        self._lines(message)
        self._stream.flush()

    def _lines(self, message: Message) -> str:
        at = time.strftime("%H:%M:%S", time.localtime(message.sent_at))
        what = f"{message.medium} to {message.destination}"
        code = self._bold(_on_one_line(message.text if message.code is None else message.code))
        lines = ["  ".join(filter(None, (f"{at} {_on_one_line(what)}", message.purpose, code)))]
        if message.code is not None and "://" in message.text:
            lines.append(f"{' ' * len(at)} {_on_one_line(message.text)}")
        return "\n".join(lines) + "\n"

    def _bold(self, text: str) -> str:
        plain = not self._stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return text if plain else f"\x1b[1m{text}\x1b[0m"


def _on_one_line(text: str) -> str:
    words = " ".join(text.split())
    return printable(words, most=len(words))
