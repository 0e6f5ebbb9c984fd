"""An hour passes for a Python client and for the server at once: both read the clock of this process."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, tzinfo

import jwt.api_jwt
import pytest


class Elapsed:
    """How much later it is than the machine says.

    `time.time` is the clock of the server, Authlib, joserfc and oauthlib. PyJWT reads `datetime.now`.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        real = time.time

        class Later(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + timedelta(seconds=self.seconds)

        monkeypatch.setattr(time, "time", lambda: real() + self.seconds)
        monkeypatch.setattr(jwt.api_jwt, "datetime", Later)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
