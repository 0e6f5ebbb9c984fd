"""The style of a pool's pages: a style sheet and a logo of the classic ones, or managed login's for each client."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from halfday.server.domain.user_pools import brand_images, managed_login
from halfday.server.domain.user_pools.brand_images import extension_of
from halfday.server.domain.user_pools.configuration import ALL_CLIENTS
from halfday.server.operations.user_pools.branding import IMAGE_LIMIT_BYTES
from halfday.server.seed.calls import call
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]

_PAGES = {"classic": 1, "managed_login": 2}
_CLASSIC_KEYS, _MANAGED_KEYS = ("css", "logo"), ("settings", "image")
_MODES = {"light": "LIGHT", "dark": "DARK", "both": "DYNAMIC"}
_ASSET_LIMIT_BYTES = 1_000_000


def version_of_pages(table: Table) -> int | None:
    """The ManagedLoginVersion that the file says, by `pages` or by what only one of them has. Raises SeedRefused.

    A pool that says neither keeps the version of its domain; a new domain has the one of `usual_version`.
    """
    place = f"[[user_pool]] {table.get('id')}"
    if (word := table.get("pages")) is not None and word not in _PAGES:
        raise SeedRefused(f"{place}: pages must be one of {', '.join(_PAGES)}, and not {word!r}")
    branding = table.get("branding", {})
    for keys, version in ((_CLASSIC_KEYS, 1), (_MANAGED_KEYS, 2)):
        given = [key for key in keys if key in branding]
        if given and _PAGES.get(word or "", version) != version:
            raise SeedRefused(f"{place}: branding.{given[0]} styles no pages of the kind {word!r}")
    by_style = 2 if any(key in branding for key in _MANAGED_KEYS) else None
    return _PAGES[word] if word else by_style


def usual_version(table: Table) -> int:
    """What a new domain shows: passkeys and a choice of first factors are managed login's alone."""
    styled = any(key in table.get("branding", {}) for key in _CLASSIC_KEYS)
    return 1 if styled or {*table.get("first_factors", ())} <= {"password"} else 2


async def declare_classic_style(services: Services, pool_id: str, table: Table) -> None:
    """A style that is already so is left alone. What the file does not name stays as it is. Raises SeedRefused."""
    if not any(key in table for key in _CLASSIC_KEYS):
        return
    place = f"[[user_pool]] {pool_id}: branding"
    found = await services.store.ui_customizations.find(pool_id, ALL_CLIENTS)
    has = (found.css, found.image) if found else (None, None)
    logo = _base64(table["logo"], f"{place}.logo", IMAGE_LIMIT_BYTES) if "logo" in table else has[1]
    wanted = (table.get("css", has[0]), logo)
    if wanted != has:
        given = {"UserPoolId": pool_id, "ClientId": ALL_CLIENTS, "CSS": wanted[0], "ImageFile": wanted[1]}
        given = {name: value for name, value in given.items() if value is not None}
        await call(services, "cognito-idp", "SetUICustomization", given, place=place)


async def declare_managed_styles(services: Services, pool_id: str, clients: list[str], table: Table) -> None:
    """Each of these clients has a style, without which managed login has no pages; where the file says one, that.

    Raises SeedRefused.
    """
    place = f"[[user_pool]] {pool_id}: branding"
    wanted: dict[str, Any] = {}
    if "settings" in table:
        wanted["Settings"] = _settings(table["settings"], f"{place}.settings")
    if "image" in table:
        wanted["Assets"] = list(_assets(table["image"], place))
    for client_id in clients:
        await _declare_managed_style(services, {"UserPoolId": pool_id, "ClientId": client_id}, wanted, place)


async def _declare_managed_style(
    services: Services, whose: dict[str, str], wanted: Mapping[str, Any], place: str
) -> None:
    found = await services.store.brandings.find_by_client(whose["UserPoolId"], whose["ClientId"])
    if found is None:
        given = {**whose, **(wanted or {"UseCognitoProvidedValues": True})}
        await call(services, "cognito-idp", "CreateManagedLoginBranding", given, place=place, whole=True)
        return
    has = {
        "Settings": managed_login.changed(found.settings, wanted.get("Settings", {})) == found.settings,
        "Assets": brand_images.merged(found.assets, wanted.get("Assets", ())) == found.assets,
    }
    if changes := {name: value for name, value in wanted.items() if not has[name]}:
        named = {"UserPoolId": found.pool_id, "ManagedLoginBrandingId": found.branding_id}
        await call(services, "cognito-idp", "UpdateManagedLoginBranding", {**named, **changes}, place=place, whole=True)


def _settings(path: str, place: str) -> Any:
    content = _read(path, place, _ASSET_LIMIT_BYTES)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise SeedRefused(f"{place}: {path} is not JSON") from problem


def _assets(tables: list[Table], place: str) -> Iterator[dict[str, str]]:
    for number, table in enumerate(tables, 1):
        where = f"{place}.image number {number}"
        mode = table.get("mode", "both")
        if mode not in _MODES:
            raise SeedRefused(f"{where}: mode must be one of {', '.join(_MODES)}, and not {mode!r}")
        content = _read(table["file"], where, _ASSET_LIMIT_BYTES)
        if (extension := extension_of(content)) is None:
            raise SeedRefused(f"{where}: {table['file']} is no image of the kinds ICO, JPEG, PNG, SVG and WEBP")
        yield {
            "Category": table["category"].upper(),
            "ColorMode": _MODES[mode],
            "Extension": extension,
            "Bytes": base64.b64encode(content).decode(),
        }


def _base64(path: str, place: str, limit_bytes: int) -> str:
    return base64.b64encode(_read(path, place, limit_bytes)).decode()


def _read(path: str, place: str, limit_bytes: int) -> bytes:
    """The file, no more of it than shows that it is too large."""
    try:
        if not Path(path).is_file():
            raise SeedRefused(f"{place}: there is no file {path}")
        with Path(path).open("rb") as file:
            return file.read(limit_bytes + 1)
    except (OSError, ValueError) as problem:
        if isinstance(problem, SeedRefused):
            raise
        raise SeedRefused(f"{place}: {path} cannot be read") from problem
