"""The server's clock, moved: what expires, expires without waiting."""

from __future__ import annotations

from halfday.testing.management import Management


class ServerClock:
    """Tokens, codes, sessions and credentials go by it. The test's own time and signatures of requests do not."""

    def __init__(self, management: Management) -> None:
        self._management = management

    def now(self) -> float:
        """Seconds since 1970."""
        return float(self._management.ask("GET", "/clock")["now"])

    def forward(self, seconds: float) -> float:
        """It is so much later from now on; the new time."""
        return float(self._management.ask("POST", "/clock", body={"forward_s": seconds})["now"])

    def freeze(self) -> float:
        """It stands still at the time that is returned."""
        return float(self._management.ask("POST", "/clock", body={"freeze": True})["now"])

    def release(self) -> None:
        """It is the machine's time again."""
        self._management.ask("POST", "/clock", body={"release": True})
