"""What a server does beside answering: it loads what the first calls did not need, and purges what has expired."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence

from halfday.server.connections import leave_alone_what_is_there
from halfday.server.domain.failures import without_words
from halfday.server.flows.factors.kinds_of_hashes import forget_unused_kinds
from halfday.server.late_app import LateApp
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

PURGE_EVERY_S = 60
HASHES_LOOKED_FOR_EVERY_S = 3600
"""Rare, so that nobody's sign-in is told by what the sign-ins of others cost (decision 75, docs/migrate.md)."""
LOADED_AFTER_S = 2.0
"""What the first calls of a program do not need is loaded then, if no request has asked for it before."""

log = logging.getLogger("halfday.serving")


async def load_later(late: Sequence[LateApp]) -> None:
    """Loads the applications a moment after the start, so that the first page need not wait."""
    _leave_alone()
    await asyncio.sleep(LOADED_AFTER_S)
    for app in late:
        try:
            await app.ready()
        except Exception as problem:  # whoever asks for it is told by the same failure
            log.error("pages could not be loaded\n%s", without_words(problem))
    _leave_alone()


def _leave_alone() -> None:
    """What has been loaded and compiled so far is not looked through for garbage, where the process is the server's."""
    if threading.current_thread() is threading.main_thread():
        leave_alone_what_is_there()


async def purge_forever(services: Services) -> None:
    """Purges expired rows every PURGE_EVERY_S. A failed round is logged, and the next one runs."""
    while True:
        await _purged(lambda: services.store.purge(services.clock()))
        await asyncio.sleep(PURGE_EVERY_S)


async def forget_hashes_forever(services: Services) -> None:
    """At the start and every hour no pool keeps a kind of password hashes that nobody has any more."""
    while True:
        await _purged(lambda: forget_unused_kinds(services))
        await asyncio.sleep(HASHES_LOOKED_FOR_EVERY_S)


async def _purged(work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except Busy as busy:
        log.warning("nothing was purged: %s", busy)
    except Exception as problem:
        log.error("nothing was purged\n%s", without_words(problem))
