"""What a pool sends to people, invitations and codes, and the ways that do not leave the machine: a file, a terminal.

By SMTP: outside/smtp. Read by the management port: outside/sent_messages. An SMS leaves the machine by no way.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol, TextIO


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `medium` is EMAIL or SMS; `sent_at` is in epoch seconds.

    `purpose` is a CustomMessage trigger's word: SignUp, AdminCreateUser, ResendCode, ForgotPassword,
    UpdateUserAttribute, VerifyUserAttribute, Authentication. `code` is the code or temporary password in the text.
    """

    pool_id: str
    username: str
    medium: str
    destination: str
    subject: str
    text: str
    sent_at: float
    purpose: str = ""
    code: str | None = None
    sender: str = ""
    reply_to: str = ""


class DeliveryFailed(Exception):
    """A message did not leave: its way out refused it, or was not there. What is kept here keeps it.

    The reason is for the log and names no address; AWS's word for the caller is CodeDeliveryFailureException.
    """


UNDELIVERED = "The code could not be delivered: the server's log says why."
"""What callers learn of it: a mail server's own words may name hosts, and callers are anybody."""


class Messages(Protocol):
    async def send(self, message: Message) -> None:
        """Raises DeliveryFailed."""


class AllMessages:
    """Sends by each way, in their order: what keeps messages stands before what may fail."""

    def __init__(self, *ways: Messages) -> None:
        self._ways = ways

    async def send(self, message: Message) -> None:
        for way in self._ways:
            await way.send(message)


class FileMessages:
    """Appends each message as a line of JSON to a file of mode 0600: they hold passwords."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, message: Message) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(json.dumps(asdict(message)) + "\n")


class ConsoleMessages:
    """Shows each message to the person at the terminal, as a line: the code, or the text where there is none.

    A text with a link in it is shown below. Nothing that somebody wrote into a message moves the cursor.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    async def send(self, message: Message) -> None:
        at = time.strftime("%H:%M:%S", time.localtime(message.sent_at))
        what = f"{message.medium} to {message.destination}"
        code = self._bold(_on_one_line(message.text if message.code is None else message.code))
        lines = ["  ".join(filter(None, (f"{at} {_on_one_line(what)}", message.purpose, code)))]
        if message.code is not None and "://" in message.text:
            lines.append(f"{' ' * len(at)} {_on_one_line(message.text)}")
        self._stream.write("\n".join(lines) + "\n")
        self._stream.flush()

    def _bold(self, text: str) -> str:
        plain = not self._stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return text if plain else f"\x1b[1m{text}\x1b[0m"


def _on_one_line(text: str) -> str:
    words = " ".join(text.split())
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in words)
