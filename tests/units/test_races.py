"""Two calls at once, over a database that suspends at every await: what each of them changed is there afterwards.

Each race is run with every head start that matters, so that either call is cut in two by the other at each statement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from in_process import result_of, server_over, set_up
from suspending import SuspendingDatabase
from units import races_for_room as _races_for_room  # noqa: F401
from units import races_of_guesses as _races_of_guesses  # noqa: F401
from units import races_of_iam as _races_of_iam  # noqa: F401
from units import races_of_identities as _races_of_identities  # noqa: F401
from units import races_with_deletions as _races_with_deletions  # noqa: F401
from units import races_with_passwords as _races_with_passwords  # noqa: F401
from units.races import RACES

HEAD_STARTS = range(-18, 19, 2)


@pytest.mark.parametrize("what", sorted(RACES))
def test_nothing_is_lost_when_two_calls_come_at_once(tmp_path: Path, what: str) -> None:
    race = RACES[what]
    template = set_up(tmp_path, race.set_up)

    async def run(path: Path, head_start: int) -> None:
        database = SuspendingDatabase(path)
        server = server_over(database)
        server.now = 2000.0
        delays = (max(0, -head_start), max(0, head_start))
        works = [_later(delay, work(server, template.known)) for delay, work in zip(delays, race.works, strict=True)]
        try:
            results = await asyncio.gather(*(result_of(work) for work in works))
            await race.check(server, template.known, results)
        finally:
            server.services.key_pairs.close()
            await database.close()

    for head_start in HEAD_STARTS:
        asyncio.run(run(template.copy(f"by{head_start}"), head_start))


async def _later(turns: int, work: Awaitable[Any]) -> Any:
    for _ in range(turns):
        await asyncio.sleep(0)
    return await work
