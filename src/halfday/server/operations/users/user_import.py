"""User import jobs: GetCSVHeader, CreateUserImportJob, StartUserImportJob, StopUserImportJob, Describe…, List….

AWS runs one job at a time in an account. Here it is one in a pool, so that pools do not get into each other's way.
Source: Developer guide, Importing users into user pools from a CSV file.
"""

from __future__ import annotations

from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import named_resources
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.import_file import csv_header
from halfday.server.domain.users.user_import import ImportStatus, UserImportJob, as_of, make_job_id
from halfday.server.flows.account.user_import import begin_import
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Stale, Taken


@operation("cognito-idp", "GetCSVHeader", honours="UserPoolId")
async def get_csv_header(call: Call) -> Output:
    pool = await the_pool(call)
    return {"UserPoolId": pool.pool_id, "CSVHeader": csv_header(pool)}


@operation("cognito-idp", "CreateUserImportJob", honours="JobName UserPoolId CloudWatchLogsRoleArn")
async def create_user_import_job(call: Call) -> Output:
    """The role is kept and shown. What AWS writes to CloudWatch goes to the server's log here."""
    pool, given = await the_pool(call), call.input
    objection = named_resources.role(given["CloudWatchLogsRoleArn"], call.account)
    if objection is not None:
        raise invalid(objection)
    job = UserImportJob(
        pool_id=pool.pool_id,
        job_id=make_job_id(call.services.random(10)),
        name=given["JobName"],
        role_arn=given["CloudWatchLogsRoleArn"],
        created_at=call.now,
        upload_key=call.services.token(),
    )
    await call.services.store.user_imports.insert(job)
    return _answer(call, job)


@operation("cognito-idp", "DescribeUserImportJob", honours="UserPoolId JobId")
async def describe_user_import_job(call: Call) -> Output:
    return _answer(call, await _the_job(call, await the_pool(call)))


@operation("cognito-idp", "ListUserImportJobs", honours="UserPoolId MaxResults PaginationToken")
async def list_user_import_jobs(call: Call) -> Output:
    """From last created to first created."""
    pool = await the_pool(call)
    return await paging.listing(
        call,
        "UserImportJobs",
        lambda limit, after: call.services.store.user_imports.page(pool.pool_id, limit=limit, before=after),
        key=lambda job: f"{job.created_at!r} {job.job_id}",
        shape=lambda job: _shape(call, as_of(job, call.now)),
        token="PaginationToken",
        read_token=paging.moment,
    )


@operation("cognito-idp", "StartUserImportJob", honours="UserPoolId JobId")
async def start_user_import_job(call: Call) -> Output:
    """The sentences are [inferred], but for that about a missing file, which people have seen."""
    pool = await the_pool(call)
    job = await _the_job(call, pool)
    if job.status is not ImportStatus.CREATED:
        raise _not_met(f"User import job {job.job_id} cannot be started. Current status is {job.status.value}")
    if job.upload_id is None:
        raise _not_met(f"No csv file was uploaded for {job.job_id}")
    if not pool.auto_verified_attributes:
        raise _not_met("The user pool must have at least one auto verified attribute to import users.")
    try:
        started = await call.services.store.user_imports.start(pool.pool_id, job.job_id, now=call.now)
    except Taken as problem:
        raise _not_met("Another user import job is in progress. Only one job can be active at a time.") from problem
    except Stale as problem:
        raise _not_met(f"User import job {job.job_id} cannot be started twice.") from problem
    begin_import(call.services, await the_pool(call), started)  # from now on nobody changes the pool's settings
    return _answer(call, started)


@operation("cognito-idp", "StopUserImportJob", honours="UserPoolId JobId")
async def stop_user_import_job(call: Call) -> Output:
    """The job is Stopping, and Stopped once the current batch is imported and counted. It cannot be started again."""
    pool = await the_pool(call)
    job = await _the_job(call, pool)
    refusal = _not_met(f"User import job {job.job_id} cannot be stopped. Current status is {job.status.value}")
    if not job.status.running:
        raise refusal
    try:
        await call.services.store.user_imports.ask_to_stop(pool.pool_id, job.job_id)
    except Stale as problem:
        raise refusal from problem
    return _answer(call, await _the_job(call, pool))


async def _the_job(call: Call, pool: Pool) -> UserImportJob:
    job = await call.services.store.user_imports.find(pool.pool_id, call.input["JobId"])
    if job is None:
        raise Refused("ResourceNotFoundException", f"User import job {call.input['JobId']} does not exist.")
    return as_of(job, call.now)


def _not_met(message: str) -> Refused:
    return Refused("PreconditionNotMetException", message)


def _answer(call: Call, job: UserImportJob) -> Output:
    return {"UserImportJob": _shape(call, job)}


def _shape(call: Call, job: UserImportJob) -> dict[str, Any]:
    return {
        "JobName": job.name,
        "JobId": job.job_id,
        "UserPoolId": job.pool_id,
        "PreSignedUrl": f"{call.services.origin}/user-import/{job.pool_id}/{job.job_id}?key={job.upload_key}",
        "CreationDate": job.created_at,
        "StartDate": job.started_at,
        "CompletionDate": job.completed_at,
        "Status": job.status.value,
        "CloudWatchLogsRoleArn": job.role_arn,
        "ImportedUsers": job.imported,
        "SkippedUsers": job.skipped,
        "FailedUsers": job.failed,
        "CompletionMessage": job.completion_message,
    }
