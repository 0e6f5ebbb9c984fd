"""What the parts of a session share: settings, transport, verifier, clock and randomness."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from halfday.client.settings import Settings
from halfday.client.transport.blocking import Transport
from halfday.client.transport.thread_locks import ThreadLock, loading

if TYPE_CHECKING:
    from halfday.client.tokens.connection_verifier import ConnectionVerifier


class Connection:
    """One connection's own transport and verifier. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        verifier: ConnectionVerifier | None = None,
        clock: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Without a `verifier`, one whose key sets are kept in files is made for the first token."""
        self.settings = settings
        self.transport = transport
        self.clock = clock
        self.random = random
        self._verifier = verifier
        self._lock = ThreadLock()

    @property
    def verifier(self) -> ConnectionVerifier:
        """What verifies this connection's tokens. `cryptography` is loaded with it, and not before."""
        if self._verifier is None:
            with loading():
                from halfday.client.tokens import connection_verifier
            with self._lock:
                if self._verifier is None:
                    self._verifier = connection_verifier.for_connection(self.settings, self.transport, self.clock)
        return self._verifier


def connect(settings: Settings, *, clock: Callable[[], float] = time.time) -> Connection:
    return Connection(settings, Transport.within(settings.timeout_s), clock=clock)
