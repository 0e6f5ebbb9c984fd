"""What the parts of a session share: settings, transport, verifier, clock and randomness."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from halfday.client.settings import Settings
from halfday.client.token_store.cache_files import cache_dir
from halfday.client.token_store.key_files import KeyFiles
from halfday.client.tokens.connection_verifier import ConnectionVerifier
from halfday.client.transport.blocking import Transport


@dataclass(frozen=True)
class Connection:
    settings: Settings
    transport: Transport
    verifier: ConnectionVerifier
    clock: Callable[[], float] = time.time
    random: Callable[[int], bytes] = field(default=secrets.token_bytes)


def connect(settings: Settings, *, clock: Callable[[], float] = time.time) -> Connection:
    transport = Transport()
    verifier = ConnectionVerifier(settings, transport, clock=clock, key_files=KeyFiles(cache_dir(), clock))
    return Connection(settings, transport, verifier, clock)
