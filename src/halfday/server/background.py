"""What a server does beside answering: it loads what the first calls did not need, and purges what has expired."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence

from halfday.server.connections import leave_alone_what_is_there
from halfday.server.domain.failures import without_words
from halfday.server.late_app import LateApp
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

PURGE_EVERY_S = 60
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
        try:
            await services.store.purge(services.clock())
        except Busy as busy:
            log.warning("nothing was purged: %s", busy)
        except Exception as problem:
            log.error("nothing was purged\n%s", without_words(problem))
        await asyncio.sleep(PURGE_EVERY_S)
