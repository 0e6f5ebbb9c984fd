"""What a server answers otherwise that was made from a seed file: found by making it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

from halfday.server.compose import make_services
from halfday.server.seed import seeder
from halfday.server.seed_file import SeedRefused, check
from halfday.server.settings import Settings
from halfday.server.transfer.accounts import accounts_of
from halfday.server.transfer.documents import written
from halfday.server.transfer.exporting import export

Members = dict[str, Any]
Document = Mapping[str, Any]

_UNTOLD = frozenset(
    "CreationDate LastModifiedDate UserCreateDate UserLastModifiedDate CreateDate UpdateDate Version "
    "CSSVersion CloudFrontDistribution RoleId PolicyId UserId EstimatedNumberOfUsers AttachmentCount "
    "PermissionsBoundaryUsageCount Arn ImageUrl RoleLastUsed PasswordLastUsed Users Identities Halfday HasSecret "
    "WithSecrets ClientSecretId ClientSecretCreateDate ValidUntil SAMLProviderUUID".split()
)
_NAMES = (
    "IdentityPoolId Id TermsId ClientId GroupName ProviderName Identifier Domain RoleName PolicyName UserName Name "
    "AccessKeyId VersionId Url RegionName IdentityProviderName".split()
)


async def differences(document: Document, tables: Members) -> list[str]:
    """What a server answers otherwise that was made from these tables."""
    settings = Settings(ephemeral=True, account_id=account_of(document))
    services = make_services(settings, origin="http://127.0.0.1")
    try:
        check(tables)
        await seeder.apply(services, tables)
        made = await export(services, secrets=bool(document.get("WithSecrets")))
    except SeedRefused as refused:
        return [f"this file is refused as it is: {refused}"]
    finally:
        await asyncio.gather(*services.keys_under_way.values(), return_exceptions=True)
        await services.functions.close()
        services.key_pairs.close()
        await services.store.close()
    return list(_unlike(_as_read(document), _as_read(made), ""))


def account_of(document: Document) -> str:
    """The account of the server that the file is for."""
    return next(iter(accounts_of(document)), Settings().account_id)


def _as_read(document: Document) -> Document:
    """Both as a file has them: a document of this process has bytes where that of another has Base64."""
    read: Document = json.loads(written(document))
    return read


def _unlike(wanted: Any, made: Any, place: str) -> Iterator[str]:
    wanted, made = _unpinned(wanted), _unpinned(made)
    if isinstance(wanted, Mapping) and isinstance(made, Mapping):
        for name in {**wanted, **made}:
            if name not in _UNTOLD:
                yield from _unlike(wanted.get(name), made.get(name), f"{place}.{name}" if place else str(name))
    elif _is_named(wanted) or _is_named(made):
        ours, theirs = ({_name(one): one for one in entries or ()} for entries in (wanted, made))
        for name in {**ours, **theirs}:
            yield from _unlike(ours.get(name), theirs.get(name), f"{place}[{name}]")
    elif (wanted or None) != (made or None):
        if isinstance(wanted, list) and isinstance(made, list) and _sorted(wanted) == _sorted(made):
            return
        yield (
            f"{place}: {_shown(wanted)}" if made in (None, [], {}) else f"{place}: {_shown(wanted)}, not {_shown(made)}"
        )


def _unpinned(value: Any) -> Any:
    """Tags without those that pin ids, which every pool of a seed file has."""
    return {k: v for k, v in value.items() if not is_ours(str(k))} if isinstance(value, Mapping) else value


def _is_named(entries: Any) -> bool:
    return isinstance(entries, list) and bool(entries) and all(isinstance(one, Mapping) for one in entries)


def _name(entry: Document) -> str:
    for inner in (entry, *(one for one in entry.values() if isinstance(one, Mapping))):
        for key in _NAMES:
            if isinstance(inner.get(key), str):
                return str(inner[key])
    return json.dumps({k: v for k, v in entry.items() if k not in _UNTOLD}, sort_keys=True, default=str)[:80]


def _sorted(values: list[Any]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True, default=str) for one in values)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else text[:117] + "…"


def is_ours(tag: str) -> bool:
    """Whether the tag pins an id or an issuer."""
    return tag.startswith("_custom_id_") or tag == "_issuer_"
