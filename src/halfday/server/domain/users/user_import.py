"""User import jobs: what becomes of one over time. The file that they read is domain/users/import_file's.

Source: Developer guide, Importing users into user pools from a CSV file; API reference, ListUserImportJobs (sentences).
"""

from __future__ import annotations

import string
from dataclasses import dataclass, field, replace
from enum import StrEnum

UPLOAD_LIFETIME_S = 15 * 60
START_WITHIN_S = 24 * 3600
FILE_LIFETIME_S = 2 * START_WITHIN_S
FILE_LIMIT_BYTES = 100 * 1024 * 1024

SILENT_FOR_S = 60
"""A running job updates `worked_at` far more often. If it has not done so for this long, its server was stopped."""

COMPLETED = "Import Job Completed Successfully."
TOO_MANY_FAILED = "Too many users have failed or been skipped during the import."
STOPPED = "The Import Job was stopped by the developer."
EXPIRED = "The user import job has expired."
INTERRUPTED = "The import job was interrupted: its server stopped. Start another one, it skips whom this one imported."
BROKEN = "The import job has failed due to an internal error."

_ALPHABET = string.ascii_letters + string.digits


class ImportStatus(StrEnum):
    CREATED = "Created"
    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    EXPIRED = "Expired"
    STOPPED = "Stopped"
    FAILED = "Failed"
    SUCCEEDED = "Succeeded"

    @property
    def running(self) -> bool:
        return self in (ImportStatus.PENDING, ImportStatus.IN_PROGRESS, ImportStatus.STOPPING)


@dataclass(frozen=True, slots=True)
class UserImportJob:
    """A job. `upload_key` makes its URL unguessable; `upload_id` names the file that was uploaded last, if any was.

    `worked_at` is its last sign of life while it runs. Read a stored one through `as_of`.
    """

    pool_id: str
    job_id: str
    name: str
    role_arn: str
    created_at: float
    upload_key: str = field(repr=False)
    status: ImportStatus = ImportStatus.CREATED
    upload_id: str | None = None
    started_at: float | None = None
    worked_at: float | None = None
    completed_at: float | None = None
    completion_message: str | None = None
    imported: int = 0
    skipped: int = 0
    failed: int = 0

    def takes_uploads(self, now: float) -> bool:
        return self.status is ImportStatus.CREATED and now < self.created_at + UPLOAD_LIFETIME_S

    def finished(self, status: ImportStatus, message: str, *, at: float) -> UserImportJob:
        return replace(self, status=status, completed_at=at, completion_message=message)


@dataclass(frozen=True, slots=True)
class UserImportChunk:
    """A piece of an uploaded file, its bytes as characters 0 to 255. It goes with its job's end, or expires."""

    pool_id: str
    job_id: str
    upload_id: str
    number: int
    content: str = field(repr=False)
    expires_at: float = 0.0


def make_job_id(random: bytes) -> str:
    """`import-` and as many letters and digits as there are random bytes: AWS has ten."""
    return "import-" + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in random)


def as_of(job: UserImportJob, now: float) -> UserImportJob:
    """The job as of now: expired if nobody started it in time, failed if its server was stopped while it ran."""
    if job.status is ImportStatus.CREATED and now >= job.created_at + START_WITHIN_S:
        return job.finished(ImportStatus.EXPIRED, EXPIRED, at=job.created_at + START_WITHIN_S)
    if job.status.running and job.worked_at is not None and now >= job.worked_at + SILENT_FOR_S:
        if job.status is ImportStatus.STOPPING:
            return job.finished(ImportStatus.STOPPED, STOPPED, at=job.worked_at)
        return job.finished(ImportStatus.FAILED, INTERRUPTED, at=job.worked_at)
    return job


def outcome(job: UserImportJob, *, at: float) -> UserImportJob:
    """The job at the end of its file. It failed if fewer users were imported than not [inferred].

    AWS names no number; it has been seen to fail with 0 of 1, 0 of 5 and 14 of 46 imported.
    """
    if job.skipped + job.failed > job.imported:
        return job.finished(ImportStatus.FAILED, TOO_MANY_FAILED, at=at)
    return job.finished(ImportStatus.SUCCEEDED, COMPLETED, at=at)
