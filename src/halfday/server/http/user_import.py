"""Where CreateUserImportJob's PreSignedUrl leads: PUT a CSV file, as `curl -T users.csv URL` does.

AWS has it in S3, and refusals are S3's. The file goes into the store piece by piece as it comes, sealed, and counts
when it is whole: no piece of it is ever held twice, every process of a server finds it, and it goes with its pool.
"""

from __future__ import annotations

import hmac

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from halfday.protocol.errors import ServiceError
from halfday.server.domain.users.user_import import (
    FILE_LIFETIME_S,
    FILE_LIMIT_BYTES,
    UPLOAD_LIFETIME_S,
    UserImportChunk,
    UserImportJob,
    as_of,
)
from halfday.server.http.edge import note, request_id
from halfday.server.http.front_door.s3_answers import XML, error_document
from halfday.server.http.requests.parameters import BodyTooLarge, pieces_within
from halfday.server.services import Services
from halfday.server.storage.errors import Stale

PATH = "/user-import/{pool_id}/{job_id}"
CHUNK_BYTES = 32 * 1024
"""Sealed and written in one go. It takes some milliseconds, even where each byte becomes an escape of six."""


async def put_users(request: Request, services: Services) -> Response:
    """Takes the file. The header x-amz-server-side-encryption, which AWS demands, is optional here."""
    note(request, operation="PutUserImportFile")
    try:
        job = await _job_of(request, services)
        note(request, pool=job.pool_id)
        await _keep(request, services, job)
    except ServiceError as error:
        note(request, why=error.reason)
        return _refusal(request, error)
    return Response(headers={"x-amz-request-id": request_id(request)})


async def _job_of(request: Request, services: Services) -> UserImportJob:
    """The job whose URL this is, while it takes a file. Raises ServiceError."""
    job = await services.store.user_imports.find(request.path_params["pool_id"], request.path_params["job_id"])
    key = request.query_params.get("key", "")
    if job is None or not hmac.compare_digest(job.upload_key.encode(), key.encode()):
        raise _denied("Access Denied", "there is no such job, or the key is not its")
    now = services.clock()
    if now >= job.created_at + UPLOAD_LIFETIME_S:
        raise _denied("Request has expired", "the job is older than a quarter of an hour")
    if not as_of(job, now).takes_uploads(now):
        raise _denied("Access Denied", f"the job is {job.status.value}")
    return job


async def _keep(request: Request, services: Services, job: UserImportJob) -> None:
    """Makes the whole body the job's file, or keeps nothing of it. Raises ServiceError."""
    imports, upload_id = services.store.user_imports, services.token()
    try:
        await _insert_chunks(request, services, job, upload_id)
        await imports.set_upload(job.pool_id, job.job_id, upload_id)
    except Stale as problem:
        await imports.drop_upload(job.pool_id, job.job_id, upload_id)
        raise _denied("Access Denied", "the job was started meanwhile") from problem
    except BodyTooLarge as problem:
        await imports.drop_upload(job.pool_id, job.job_id, upload_id)
        raise _too_large(str(problem)) from problem
    except ClientDisconnect:
        await imports.drop_upload(job.pool_id, job.job_id, upload_id)
        raise


async def _insert_chunks(request: Request, services: Services, job: UserImportJob, upload_id: str) -> None:
    held, kept, number = bytearray(), 0, 0

    async def insert() -> None:
        nonlocal kept, number
        content = held.decode("latin-1")
        expires_at = job.created_at + FILE_LIFETIME_S
        chunk = UserImportChunk(job.pool_id, job.job_id, upload_id, number, content, expires_at)
        await services.store.user_imports.insert_chunk(chunk)
        kept, number = kept + len(held), number + 1
        held.clear()

    async for piece in pieces_within(request, FILE_LIMIT_BYTES):
        held += piece
        if len(held) >= CHUNK_BYTES:
            await insert()
    if held:
        await insert()


def _too_large(detail: str) -> ServiceError:
    sentence = "Your proposed upload exceeds the maximum allowed object size."
    return ServiceError("EntityTooLarge", sentence, detail=detail)


def _denied(message: str, detail: str) -> ServiceError:
    return ServiceError("AccessDenied", message, status=403, detail=detail)


def _refusal(request: Request, error: ServiceError) -> Response:
    """S3's error document, without a Resource."""
    identity = request_id(request)
    headers = {"x-amz-request-id": identity}
    return Response(error_document(error, identity), error.status, headers, media_type=XML)
