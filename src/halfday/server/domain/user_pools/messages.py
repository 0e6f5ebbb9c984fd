"""What a pool sends to people, and an e-mail that waits to leave. The ways out are in outside/messages."""

from __future__ import annotations

from dataclasses import dataclass, field

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 600.0
CLAIMED_FOR_S = 120.0
"""How long one process reserves an e-mail: longer than a delivery may take. After a kill another process sends it
then.
"""


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

    `pretended`: nobody is to receive it. It is written all the same, so that this takes as long as for a real one, and
    is never sent. `tries`: how often it was tried.
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
    """The pause after so many tries: twice as long each time, up to ten minutes."""
    return float(min(SHORTEST_PAUSE_S * 2.0 ** (max(tries, 1) - 1), LONGEST_PAUSE_S))
