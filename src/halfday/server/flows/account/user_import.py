"""Runs a user import: line after line of the uploaded file, while the server goes on serving.

It works in batches and lets other tasks run in between. A job does not outlive its server: the imported users stay, and
the job is shown as Failed after a minute without progress.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from halfday.server.domain.failures import without_words
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.import_file import (
    ROWS_LIMIT,
    FileRefused,
    ImportedUser,
    RowRefused,
    check_header,
    split_row,
    status_after_import,
    text_of,
    user_of,
)
from halfday.server.domain.users.user_import import BROKEN, STOPPED, ImportStatus, UserImportJob, outcome
from halfday.server.flows.account.new_users import keep_user, new_user
from halfday.server.services import Services
from halfday.server.storage.errors import Taken

BATCH = 50
_LONGEST_ROW_BYTES = 64 * 1024

log = logging.getLogger("halfday.user_import")

_at_work: set[asyncio.Task[None]] = set()
"""References to the tasks: the event loop alone would not keep them alive."""


async def import_is_running(services: Services, pool_id: str) -> bool:
    """Whether the pool must be left as it is: UserImportInProgressException for whoever would change it."""
    return await services.store.user_imports.find_running(pool_id, now=services.clock()) is not None


def begin_import(services: Services, pool: Pool, job: UserImportJob) -> None:
    """Starts the job, which is Pending, as a task of its own."""
    task = asyncio.create_task(_run(services, pool, job))
    _at_work.add(task)
    task.add_done_callback(_at_work.discard)


async def _run(services: Services, pool: Pool, job: UserImportJob) -> None:
    """An unexpected error ends this import only. A cancelled import writes nothing more: its store may be closed."""
    work = _Import(services, pool, job)
    try:
        await work.run()
    except FileRefused as refused:
        await work.finish(ImportStatus.FAILED, str(refused))
    except Exception as problem:
        log.error("user import %s of pool %s broke off\n%s", job.job_id, pool.pool_id, without_words(problem))
        await work.finish(ImportStatus.FAILED, BROKEN)


class _Import:
    def __init__(self, services: Services, pool: Pool, job: UserImportJob) -> None:
        self._services, self._pool, self._job = services, pool, job
        self._columns: list[str] = []

    async def run(self) -> None:
        """Raises FileRefused."""
        number = 0
        if not await self._goes_on():
            return
        async for line in self._lines():
            number += 1
            if number == 1:
                self._columns = split_row(text_of(line))
                check_header(self._pool, self._columns)
            elif line.strip():
                await self._count(number, text_of(line))
            if number % BATCH == 0 and not await self._goes_on():
                return
        if not self._columns:
            raise FileRefused("The CSV file is empty.")
        if await self._goes_on():
            await self._end(outcome(self._job, at=self._services.clock()))

    async def finish(self, status: ImportStatus, message: str) -> None:
        await self._end(self._job.finished(status, message, at=self._services.clock()))

    async def _goes_on(self) -> bool:
        """Saves the progress and lets other tasks run. False when the job has been stopped."""
        await asyncio.sleep(0)
        status = await self._services.store.user_imports.set_progress(self._job, now=self._services.clock())
        if status is ImportStatus.STOPPING:
            await self.finish(ImportStatus.STOPPED, STOPPED)
        return status is ImportStatus.IN_PROGRESS

    async def _end(self, job: UserImportJob) -> None:
        await self._services.store.user_imports.finish(job)
        counts = f"{job.imported} imported, {job.skipped} skipped, {job.failed} failed"
        log.info("user import %s of pool %s %s: %s", job.job_id, job.pool_id, job.status.value, counts)

    async def _count(self, number: int, text: str) -> None:
        """AWS writes these sentences to CloudWatch; here they go to the server's log. They hold no data of users."""
        job = self._job
        if job.imported + job.skipped + job.failed >= ROWS_LIMIT:
            raise FileRefused(f"The CSV file has more than {ROWS_LIMIT} users.")
        try:
            await self._import(user_of(self._pool, self._columns, split_row(text)))
        except Taken:
            self._job = replace(job, skipped=job.skipped + 1)
            log.info("%s [SKIPPED] Line Number %d - The user already exists.", job.job_id, number)
        except (RowRefused, Refused) as refused:
            self._job = replace(job, failed=job.failed + 1)
            log.info("%s [FAILED] Line Number %d - %s", job.job_id, number, refused)
        else:
            self._job = replace(job, imported=job.imported + 1)

    async def _import(self, imported: ImportedUser) -> None:
        """The MFA column knows SMS only, being older than the other factors [inferred]."""
        services, pool, attributes = self._services, self._pool, imported.attributes
        status = status_after_import(pool, attributes)
        async with services.store.unit(pool.pool_id):
            new = new_user(services, pool, imported.username, attributes, status=status)
            user = await keep_user(services, pool, new)
            if imported.mfa_enabled and "phone_number" in attributes:
                change = partial(replace, mfa_options=True, modified_at=services.clock())
                await services.store.users.change(pool.pool_id, user.username, change)

    async def _lines(self) -> AsyncIterator[bytes]:
        rest, number = b"", 0
        while (chunk := await self._services.store.user_imports.find_chunk(self._job, number)) is not None:
            *whole, rest = (rest + chunk.content.encode("latin-1")).split(b"\n")
            for line in whole:
                yield line
            if len(rest) > _LONGEST_ROW_BYTES:
                raise FileRefused("A row of the CSV file is too long.")
            number += 1
        if rest:
            yield rest
