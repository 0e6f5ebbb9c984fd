"""User import jobs and their uploaded files."""

from __future__ import annotations

from halfday.server.domain.users.user_import import SILENT_FOR_S, ImportStatus, UserImportChunk, UserImportJob, as_of
from halfday.server.storage.errors import Stale
from halfday.server.storage.rows import Table
from halfday.server.storage.tables.table_group import TableGroup

JOBS = Table("user_import_jobs", UserImportJob, key="pool_id job_id", belongs_to="pool", sealed=["upload_key"])
CHUNKS = Table(
    "user_import_chunks",
    UserImportChunk,
    key="pool_id job_id upload_id number",
    belongs_to="pool",
    many=True,
    expires=True,
    sealed=["content"],
)

_JOB = "WHERE pool_id = $1 AND job_id = $2"
_RUNNING = "status IN ('Pending', 'InProgress', 'Stopping')"


class UserImports(TableGroup):
    async def insert(self, job: UserImportJob) -> None:
        await self._insert(JOBS, job)

    async def find(self, pool_id: str, job_id: str) -> UserImportJob | None:
        return await self._find(JOBS, _JOB, pool_id, job_id)

    async def page(self, pool_id: str, *, limit: int, before: tuple[float, str] | None = None) -> list[UserImportJob]:
        """Jobs, the newest first. `before` is the creation time and id of the last job shown."""
        if before is None:
            return await self._all(
                JOBS, "WHERE pool_id = $1 ORDER BY created_at DESC, job_id DESC LIMIT $2", pool_id, limit
            )
        where = (
            "WHERE pool_id = $1 AND (created_at < $3 OR (created_at = $3 AND job_id < $4)) "
            "ORDER BY created_at DESC, job_id DESC LIMIT $2"
        )
        return await self._all(JOBS, where, pool_id, limit, *before)

    async def find_running(self, pool_id: str, *, now: float) -> UserImportJob | None:
        job = await self._find(JOBS, f"WHERE pool_id = $1 AND {_RUNNING}", pool_id)
        return job if job is not None and as_of(job, now).status.running else None

    async def start(self, pool_id: str, job_id: str, *, now: float) -> UserImportJob:
        """Turns Created into Pending, once ever. Raises Stale if the job is not Created, Taken if another one runs."""
        sql = (
            f"UPDATE user_import_jobs SET status = 'Pending', started_at = $3, worked_at = $3 "  # noqa: S608
            f"{_JOB} AND status = 'Created' AND upload_id IS NOT NULL {JOBS.returning}"
        )
        async with self._unit(pool_id):
            for silent in await self._all(JOBS, f"WHERE pool_id = $1 AND {_RUNNING}", pool_id):
                await self._replace(JOBS, silent, as_of(silent, now))
            rows = await self._database.fetch(sql, pool_id, job_id, now)
        if not rows:
            raise Stale(f"user_import_jobs: {job_id} is not waiting to be started")
        return JOBS.record(rows[0], self._sealer)

    async def ask_to_stop(self, pool_id: str, job_id: str) -> None:
        """Raises Stale if the job is neither Pending nor InProgress."""
        sql = f"UPDATE user_import_jobs SET status = 'Stopping' {_JOB} AND status IN ('Pending', 'InProgress')"  # noqa: S608
        if await self._execute(sql, pool_id, job_id) == 0:
            raise Stale(f"user_import_jobs: {job_id} does not run")

    async def set_progress(self, job: UserImportJob, *, now: float) -> ImportStatus | None:
        """Writes the job's counts, turns Pending into InProgress, and returns the status; None if the job does not run.

        A job that was silent for too long does not run: it has been reported as failed.
        """
        sql = (
            "UPDATE user_import_jobs SET worked_at = $3, imported = $4, skipped = $5, failed = $6, "  # noqa: S608
            f"status = CASE status WHEN 'Pending' THEN 'InProgress' ELSE status END {_JOB} AND {_RUNNING} "
            "AND worked_at > $7 RETURNING status"
        )
        values = (job.pool_id, job.job_id, now, job.imported, job.skipped, job.failed, now - SILENT_FOR_S)
        rows = await self._database.fetch(sql, *values)
        return ImportStatus(rows[0][0]) if rows else None

    async def finish(self, job: UserImportJob) -> None:
        """Writes the job's last state, if it still runs, and deletes its file. After a kill the file expires."""
        sql = (
            "UPDATE user_import_jobs SET status = $3, completed_at = $4, completion_message = $5, "  # noqa: S608
            f"imported = $6, skipped = $7, failed = $8 {_JOB} AND {_RUNNING}"
        )
        counts = (job.imported, job.skipped, job.failed)
        values = (job.pool_id, job.job_id, job.status.value, job.completed_at, job.completion_message, *counts)
        await self._execute(sql, *values)
        await self._delete_in_slices("user_import_chunks", _JOB, job.pool_id, job.job_id)

    async def insert_chunk(self, chunk: UserImportChunk) -> None:
        await self._insert(CHUNKS, chunk)

    async def find_chunk(self, job: UserImportJob, number: int) -> UserImportChunk | None:
        """A chunk of the job's current file."""
        where = f"{_JOB} AND upload_id = $3 AND number = $4"
        return await self._find(CHUNKS, where, job.pool_id, job.job_id, job.upload_id, number)

    async def set_upload(self, pool_id: str, job_id: str, upload_id: str) -> None:
        """Makes this upload the job's file and deletes the former file. Other uploads under way are not touched.

        Raises Stale if the job no longer waits for a file.
        """
        sql = f"UPDATE user_import_jobs SET upload_id = $3 {_JOB} AND status = 'Created'"  # noqa: S608
        async with self._unit(pool_id):
            before = await self.find(pool_id, job_id)
            if await self._execute(sql, pool_id, job_id, upload_id) == 0:
                raise Stale(f"user_import_jobs: {job_id} takes no file")
        if before is not None and before.upload_id and before.upload_id != upload_id:
            await self.drop_upload(pool_id, job_id, before.upload_id)

    async def drop_upload(self, pool_id: str, job_id: str, upload_id: str) -> None:
        await self._delete_in_slices("user_import_chunks", f"{_JOB} AND upload_id = $3", pool_id, job_id, upload_id)
