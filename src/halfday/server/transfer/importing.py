"""Brings a document into a server: in the order in which what is named is there before what names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.server.services import Services
from halfday.server.transfer import documents
from halfday.server.transfer.writing import Told, Writer
from halfday.server.transfer.writing_identity import IamWriter, write_identity_pool
from halfday.server.transfer.writing_pools import PoolWriter
from halfday.server.transfer.writing_users import write_users


async def bring(services: Services, document: Mapping[str, Any], *, passwords: str = "keep", place: str = "") -> Told:
    """What is there already is left alone. Raises TransferRefused: what came before is kept, and may come again."""
    documents.check(document, place or "the document")
    told = Told()
    writer = Writer(services, told)
    iam = IamWriter(writer)
    for name, write in (
        ("Policies", iam.policy),
        ("OidcProviders", iam.oidc_provider),
        ("SamlProviders", iam.saml_provider),
        ("Roles", iam.role),
    ):
        for entry in document.get(name, ()):
            await write(entry)
    for entry in document.get("UserPools", ()):
        await PoolWriter(writer, entry).write()
        await write_users(writer, entry["UserPool"]["Id"], entry.get("Users", []), passwords=passwords)
    for entry in document.get("IdentityPools", ()):
        await write_identity_pool(writer, entry)
    return told
