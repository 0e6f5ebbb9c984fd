"""What was sent to people: codes, invitations, temporary passwords."""

from __future__ import annotations

from typing import Any

from halfday.testing.management import Management, ManagementRefused

WAIT_S = 5.0


class Codes:
    def __init__(self, management: Management) -> None:
        self._management = management

    def __call__(self, username: str, **filters: Any) -> str:
        """The newest code for a person, by any of their names, waited for 5 s. Raises LookupError."""
        return str(self.message(username, **filters)["code"])

    def message(self, username: str, *, wait_s: float = WAIT_S, **filters: Any) -> dict[str, Any]:
        """The newest message: code, text, medium, destination, purpose, pool_id, username, sent_at.

        `filters`: pool_id, destination, medium, purpose, and `after`, an epoch time. Raises LookupError.
        """
        try:
            found: dict[str, Any] = self._management.ask(
                "GET", "/messages/latest", {"username": username, "wait_s": wait_s, **filters}
            )
        except ManagementRefused as refused:
            if refused.status != 404:
                raise
            raise LookupError(f"nothing was sent to {username!r} within {wait_s:g} s") from None
        return found

    def all(self, **filters: Any) -> list[dict[str, Any]]:
        """All that was sent, newest first."""
        messages: list[dict[str, Any]] = self._management.ask("GET", "/messages", {"limit": 1000, **filters})[
            "messages"
        ]
        return messages

    def clear(self) -> None:
        self._management.ask("DELETE", "/messages")
