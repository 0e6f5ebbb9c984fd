"""What a pool sends to people, and an e-mail that waits to leave. The ways out are in outside/messages."""

from __future__ import annotations

from dataclasses import dataclass, field

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 600.0
CLAIMED_FOR_S = 120.0
"""How long one process keeps an e-mail to itself: longer than a delivery may take. Who was killed loses it then."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `medium` is EMAIL or SMS; `sent_at` is in epoch seconds.

    `purpose` is a CustomMessage trigger's word: SignUp, AdminCreateUser, ResendCode, ForgotPassword,
    UpdateUserAttribute, VerifyUserAttribute, Authentication. `code` is the code or temporary password in the text.
    `names`: what the person is called besides `username`, which is a UUID in a pool of addresses.
    """

    pool_id: str
    username: str
    medium: str
    destination: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    sent_at: float
    purpose: str = ""
    code: str | None = field(default=None, repr=False)
    sender: str = ""
    reply_to: str = ""
    names: tuple[str, ...] = field(default=(), repr=False)

    def is_for(self, name: str) -> bool:
        """Whether the person has this name, or gets messages at it. Case counts for nothing."""
        known = (self.username, self.destination, *self.names)
        return name.casefold() in {one.casefold() for one in known}


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """An e-mail that waits to leave (docs/decisions/0027). It is tried from `due_at` on, and given up at `expires_at`.

    `pretended`: it was written for somebody who is sent nothing, so that to write it takes as long; it goes nowhere.
    `tries`: how often it was tried.
    """

    pool_id: str
    mail_id: str
    username: str
    due_at: float
    expires_at: float
    message: Message
    pretended: bool = False
    tries: int = 0


def pause_after(tries: int) -> float:
    """How long an e-mail rests after so many tries: twice as long each time, up to ten minutes."""
    return float(min(SHORTEST_PAUSE_S * 2.0 ** (max(tries, 1) - 1), LONGEST_PAUSE_S))
