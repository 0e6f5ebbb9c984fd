"""OIDC and SAML providers of IAM: their own tables of the seed file, and those that an identity pool declares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from halfday.server.seed.calls import call
from halfday.server.seed.iam import pairs
from halfday.server.seed.translation import required
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]


class TrustedProviders:
    def __init__(self, services: Services) -> None:
        self._services, self._store = services, services.store
        self._account = services.settings.account_id

    async def oidc(self, table: Table, place: str) -> str:
        """Its ARN. One that is there follows the file, but for what the file does not say. Raises SeedRefused."""
        url = required(table, "url", place)
        given = {"ClientIDList": table.get("client_ids", []), "ThumbprintList": table.get("thumbprints", [])}
        known, issuer = self._store.oidc_providers, url.partition("://")[2]
        found = await known.find(self._account, issuer) or await known.find(self._account, issuer.rstrip("/"))
        if found is None:
            tags = pairs(table.get("tags", {}))
            made = await self._call("CreateOpenIDConnectProvider", {"Url": url, **given, "Tags": tags}, place)
            return str(made["OpenIDConnectProviderArn"])
        named = {"OpenIDConnectProviderArn": found.arn}
        if "client_ids" in table:
            for one in [one for one in table["client_ids"] if one not in found.client_ids]:
                await self._call("AddClientIDToOpenIDConnectProvider", {**named, "ClientID": one}, place)
            for one in [one for one in found.client_ids if one not in table["client_ids"]]:
                await self._call("RemoveClientIDFromOpenIDConnectProvider", {**named, "ClientID": one}, place)
        if "thumbprints" in table and tuple(table["thumbprints"]) != found.thumbprints:
            changed = {**named, "ThumbprintList": table["thumbprints"]}
            await self._call("UpdateOpenIDConnectProviderThumbprint", changed, place)
        await self._tags("OpenIDConnectProvider", named, table, found.tags, place)
        return found.arn

    async def saml(self, table: Table, place: str) -> str:
        """Its ARN. One that is there follows the file, but for tags that the file does not say. Raises SeedRefused."""
        name, metadata = required(table, "name", place), _metadata(table, place)
        found = await self._store.saml_providers.find(self._account, name)
        if found is None:
            given = {"Name": name, "SAMLMetadataDocument": metadata, "Tags": pairs(table.get("tags", {}))}
            return str((await self._call("CreateSAMLProvider", given, place))["SAMLProviderArn"])
        named = {"SAMLProviderArn": found.arn}
        if found.metadata != metadata:
            await self._call("UpdateSAMLProvider", {**named, "SAMLMetadataDocument": metadata}, place)
        await self._tags("SAMLProvider", named, table, found.tags, place)
        return found.arn

    async def _tags(self, kind: str, named: dict[str, Any], table: Table, has: Table, place: str) -> None:
        wanted = table.get("tags", has)
        if gone := [key for key in has if key not in wanted]:
            await self._call(f"Untag{kind}", {**named, "TagKeys": gone}, place)
        if changed := {key: value for key, value in wanted.items() if has.get(key) != value}:
            await self._call(f"Tag{kind}", {**named, "Tags": pairs(changed)}, place)

    async def _call(self, operation: str, given: dict[str, Any], place: str) -> Mapping[str, Any]:
        return await call(self._services, "iam", operation, given, place=place)


def _metadata(table: Table, place: str) -> str:
    """The document, or what stands in the file that the table names. Raises SeedRefused."""
    if "metadata_document" in table:
        return str(table["metadata_document"])
    from halfday.server.outside.saml.documents import Unreadable
    from halfday.server.outside.saml.metadata import parse_metadata

    path = required(table, "metadata", place)
    try:
        document = Path(path).read_bytes()
        parse_metadata(document)
        return document.decode()
    except (OSError, ValueError, Unreadable) as problem:
        raise SeedRefused(f"{place}: metadata {path}: {problem}") from problem
