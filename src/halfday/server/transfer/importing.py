"""Brings a document into a server: in the order in which what is named is there before what names it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from halfday.server.services import Services
from halfday.server.storage.data_folder import alone
from halfday.server.storage.errors import Busy, Missing
from halfday.server.transfer import documents
from halfday.server.transfer.accounts import in_account
from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.formed import formed
from halfday.server.transfer.writing import Told, Writer
from halfday.server.transfer.writing_iam import IamWriter
from halfday.server.transfer.writing_identity import write_identity_pool
from halfday.server.transfer.writing_pools import PoolWriter
from halfday.server.transfer.writing_users import write_users


async def bring(services: Services, document: Mapping[str, Any], *, passwords: str = "keep", place: str = "") -> Told:
    """What is there already is left alone. Raises TransferRefused: what came before is kept, and may come again.

    One at a time in a data folder: another import would take a pool that is being made for one whose import was killed.
    """
    documents.check(document, place or "the document")
    settings = services.settings
    document = in_account(document, settings.account_id)
    async with nullcontext() if settings.ephemeral else alone(settings.data):
        try:
            return await _bring(Writer(services, Told()), document, passwords)
        except Missing as problem:
            raise TransferRefused(place or "the document", "a pool of it was deleted meanwhile") from problem
        except Busy as problem:
            raise TransferRefused(place or "the document", str(problem)) from problem


async def _bring(writer: Writer, document: Mapping[str, Any], passwords: str) -> Told:
    iam = IamWriter(writer)
    for name, write in (
        ("Policies", iam.policy),
        ("OidcProviders", iam.oidc_provider),
        ("SamlProviders", iam.saml_provider),
        ("Roles", iam.role),
        ("IamUsers", iam.user),
    ):
        for number, entry in enumerate(document.get(name, ()), 1):
            with formed(f"{name} number {number}"):
                await write(entry)
    await iam.trust()
    for entry in document.get("UserPools", ()):
        with formed(f"user pool {entry['UserPool']['Id']}"):
            await (_into_pool(writer, entry) if set(entry["UserPool"]) == {"Id"} else PoolWriter(writer, entry).write())
        await write_users(writer, entry["UserPool"]["Id"], entry.get("Users", []), passwords=passwords)
    for entry in document.get("IdentityPools", ()):
        with formed(f"identity pool {entry['IdentityPool']['IdentityPoolId']}"):
            await write_identity_pool(writer, entry)
    return writer.told


async def _into_pool(writer: Writer, entry: Mapping[str, Any]) -> None:
    """An entry of people alone: the pool has to be there. Groups that it lacks are made. Raises TransferRefused."""
    pool_id = entry["UserPool"]["Id"]
    if await writer.store.pools.find(pool_id) is None:
        raise TransferRefused(f"user pool {pool_id}", "is not there: make it first, people are brought into a pool")
    for group in entry.get("Groups", ()):
        name = str(group.get("GroupName", ""))
        if await writer.store.groups.find(pool_id, name) is None:
            given, place = {**group, "UserPoolId": pool_id}, f"user pool {pool_id}: group {name}"
            await writer.call("cognito-idp", "CreateGroup", given, place, region=pool_id.partition("_")[0])
            writer.told.count("groups")
