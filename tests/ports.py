"""A port that is still free when something listens on it a moment later."""

from __future__ import annotations

import random
import socket

_BELOW_EPHEMERAL = range(10_000, 32_000)
"""Systems give the ports above to whoever connects somewhere, which may be a test in the process beside."""

_chosen = random.SystemRandom()


def free_port() -> int:
    while True:
        port = _chosen.choice(_BELOW_EPHEMERAL)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
