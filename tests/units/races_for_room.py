"""Calls that look whether there is room, or whether they may, and then act: two at once do not both find it so."""

from __future__ import annotations

import json
from typing import Any

from halfday.server.operations.user_pools.resource_servers import MOST_SERVERS
from halfday.server.storage.errors import Stale
from in_process import ACCOUNT, POOL, Server, Work, make_pool
from units.races import call, race

_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
    }
)
_DETAILS = {"client_id": "id", "client_secret": "s", "authorize_scopes": "openid"}


def _create_role(name: str) -> Work:
    return call("CreateRole", "iam", RoleName=name, AssumeRolePolicyDocument=_TRUST)


@race(make_pool, _create_role("Reader"), _create_role("READER"))
async def two_roles_of_one_name_in_two_cases(_server: Server, _known: Any, results: list[Any]) -> None:
    assert results.count("EntityAlreadyExists") == 1


def _provider(name: str, **given: Any) -> dict[str, Any]:
    details = {**_DETAILS, "oidc_issuer": "https://example.com", "attributes_request_method": "GET"}
    return {"ProviderName": name, "ProviderType": "OIDC", "ProviderDetails": details, **given}


@race(
    make_pool,
    call("CreateIdentityProvider", **_provider("one", IdpIdentifiers=["example.com"])),
    call("CreateIdentityProvider", **_provider("two", IdpIdentifiers=["example.com"])),
)
async def two_providers_of_one_identifier(server: Server, _known: Any, results: list[Any]) -> None:
    assert len(await server.store.providers.of_pool(POOL)) == 1, results


async def _with_two_providers(server: Server) -> None:
    await make_pool(server)
    for name in ("one", "two"):
        await server.call("CreateIdentityProvider", **_provider(name))


@race(
    _with_two_providers,
    call("UpdateIdentityProvider", ProviderName="one", IdpIdentifiers=["example.com"]),
    call("UpdateIdentityProvider", ProviderName="two", IdpIdentifiers=["example.com"]),
)
async def two_providers_given_one_identifier(server: Server, _known: Any, results: list[Any]) -> None:
    providers = await server.store.providers.of_pool(POOL)
    assert sum("example.com" in provider.identifiers for provider in providers) == 1, results


async def _with_room_for_one_server(server: Server) -> None:
    await make_pool(server)
    for number in range(MOST_SERVERS - 1):
        await server.call("CreateResourceServer", Identifier=f"https://{number}", Name="n")


@race(
    _with_room_for_one_server,
    call("CreateResourceServer", Identifier="https://one", Name="n"),
    call("CreateResourceServer", Identifier="https://two", Name="n"),
)
async def the_last_resource_server_of_a_pool(server: Server, _known: Any, results: list[Any]) -> None:
    assert len(await server.store.resource_servers.of_pool(POOL)) == MOST_SERVERS, results


@race(make_pool, call("DeleteUserPool"), call("UpdateUserPool", DeletionProtection="ACTIVE"))
async def a_pool_deleted_while_it_is_protected(server: Server, _known: Any, results: list[Any]) -> None:
    """Who has been told that the pool is protected has it."""
    if results[1] == {}:
        assert await server.store.pools.find(POOL) is not None


@race(make_pool, call("DeleteUserPool"), call("CreateUserPoolDomain", Domain="ours"))
async def a_pool_deleted_while_it_is_given_a_domain(server: Server, _known: Any, results: list[Any]) -> None:
    if isinstance(results[1], dict):
        assert await server.store.domains.of_pool(POOL) is not None
        assert await server.store.pools.find(POOL) is not None


async def _with_a_job(server: Server) -> str:
    await make_pool(server)
    role = f"arn:aws:iam::{ACCOUNT}:role/logs"
    job = (await server.call("CreateUserImportJob", JobName="j", CloudWatchLogsRoleArn=role))["UserImportJob"]
    await server.store.user_imports.set_upload(POOL, job["JobId"], "upload")
    return str(job["JobId"])


async def _start(server: Server, job_id: Any) -> Any:
    """Without the work that follows."""
    try:
        return await server.store.user_imports.start(POOL, job_id, now=server.now)
    except Stale:
        return "stale"


@race(_with_a_job, _start, call("DeleteUserPool"))
async def a_pool_deleted_while_an_import_starts(server: Server, _known: Any, results: list[Any]) -> None:
    if results[1] == {}:
        assert results[0] == "stale"
