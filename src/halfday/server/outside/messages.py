"""What a pool sends to people: invitations now, codes with their issue. Kept in a file that only the owner reads."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol


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


class Messages(Protocol):
    async def send(self, message: Message) -> None: ...


class AllMessages:
    """Sends by each way, in their order."""

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
