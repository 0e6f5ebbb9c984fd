"""The style of one client's pages: a style sheet and a logo of the classic ones, or managed login's."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from halfday.server.domain.user_pools import brand_images, managed_login
from halfday.server.domain.user_pools.brand_images import extension_of
from halfday.server.domain.user_pools.configuration import Branding
from halfday.server.operations.user_pools.branding import IMAGE_LIMIT_BYTES
from halfday.server.seed.calls import call
from halfday.server.seed.pool_extras import check_id, uuid_of
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services

Table = Mapping[str, Any]

CLASSIC_KEYS, MANAGED_KEYS = ("css", "logo", "logo_base64"), ("settings", "settings_json", "values", "image")
MODES = {"light": "LIGHT", "dark": "DARK", "both": "DYNAMIC"}
VALUES = ("own", "cognito", "none")
_ASSET_LIMIT_BYTES = 1_000_000


class Styles:
    """Of the clients of one pool. Each raises SeedRefused; what is as the file says is not called."""

    def __init__(self, services: Services, pool_id: str) -> None:
        self._services, self._store, self._pool_id = services, services.store, pool_id

    async def classic(self, client_id: str, table: Table, place: str) -> None:
        """What the table does not name stays as it is."""
        _refuse(table, MANAGED_KEYS, place, "classic")
        found = await self._store.ui_customizations.find(self._pool_id, client_id)
        has = (found.css, found.image) if found else (None, None)
        logo = _content(table, "logo", f"{place}.logo", IMAGE_LIMIT_BYTES)
        wanted = (table.get("css", has[0]), has[1] if logo is None else _base64(logo))
        if found is None or wanted != has:
            given = {"ClientId": client_id, "CSS": wanted[0], "ImageFile": wanted[1]}
            await self._call("SetUICustomization", {k: v for k, v in given.items() if v is not None}, place)

    async def managed(self, client_id: str, table: Table, place: str) -> None:
        """With `values` "none" the client has no style, and so no pages; without settings and images Cognito's own."""
        _refuse(table, CLASSIC_KEYS, place, "managed_login")
        wanted = _wanted(table, place)
        values = table.get("values", "own" if wanted else "cognito")
        if values not in VALUES:
            raise SeedRefused(f"{place}: values must be one of {', '.join(VALUES)}, and not {values!r}")
        found = await self._store.brandings.find_by_client(self._pool_id, client_id)
        if values == "none":
            await self._without(found, wanted, place)
        elif found is None:
            given = {"ClientId": client_id, **wanted, **_of_cognito(values)}
            await self._call("CreateManagedLoginBranding", given, place, with_id=uuid_of(table, place))
        else:
            check_id(table, found.branding_id, place)
            said = {} if "values" not in table or found.cognito_values is (values == "cognito") else _of_cognito(values)
            await self._follow(found, wanted, said, place)

    async def _without(self, found: Branding | None, wanted: Table, place: str) -> None:
        if wanted:
            raise SeedRefused(f'{place}: values = "none" goes with no settings and no image')
        if found is not None:
            await self._call("DeleteManagedLoginBranding", {"ManagedLoginBrandingId": found.branding_id}, place)

    async def _follow(self, found: Branding, wanted: dict[str, Any], said: dict[str, Any], place: str) -> None:
        has = {
            "Settings": managed_login.changed(found.settings, wanted.get("Settings", {})) == found.settings,
            "Assets": brand_images.merged(found.assets, wanted.get("Assets", ())) == found.assets,
        }
        changes = {name: value for name, value in wanted.items() if said or not has[name]}
        if changes or said:
            named = {"ManagedLoginBrandingId": found.branding_id}
            await self._call("UpdateManagedLoginBranding", {**named, **changes, **said}, place)

    async def _call(self, name: str, given: dict[str, Any], place: str, *, with_id: str = "") -> None:
        whole = {"UserPoolId": self._pool_id, **given}
        await call(self._services, "cognito-idp", name, whole, place=place, whole=True, with_id=with_id)


def _refuse(table: Table, keys: tuple[str, ...], place: str, pages: str) -> None:
    if given := [key for key in keys if key in table]:
        raise SeedRefused(f"{place}: {given[0]} styles no pages of the kind {pages!r}")


def _of_cognito(values: str) -> dict[str, bool]:
    return {"UseCognitoProvidedValues": True} if values == "cognito" else {}


def _wanted(table: Table, place: str) -> dict[str, Any]:
    """Settings and assets, as far as the table says them."""
    wanted: dict[str, Any] = {}
    if (settings := _settings(table, place)) is not None:
        wanted["Settings"] = settings
    if "image" in table:
        wanted["Assets"] = list(_assets(table["image"], place))
    return wanted


def _settings(table: Table, place: str) -> Any:
    _one_of(table, ("settings", "settings_json"), place)
    if "settings" in table:
        key, content = "settings", _read(table["settings"], f"{place}.settings", _ASSET_LIMIT_BYTES)
    elif "settings_json" in table:
        key, content = "settings_json", table["settings_json"].encode()
    else:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise SeedRefused(f"{place}.{key}: {table['settings'] if key == 'settings' else 'it'} is not JSON") from problem


def _assets(tables: list[Table], place: str) -> Iterator[dict[str, str]]:
    for number, table in enumerate(tables, 1):
        where = f"{place}.image number {number}"
        mode = table.get("mode", "both")
        if mode not in MODES:
            raise SeedRefused(f"{where}: mode must be one of {', '.join(MODES)}, and not {mode!r}")
        content = _content(table, "file", where, _ASSET_LIMIT_BYTES)
        if content is None and not {"resource", "extension"} <= table.keys():
            raise SeedRefused(f"{where}: it needs file or base64, or else resource and extension")
        extension = table.get("extension") if content is None else extension_of(content)
        if extension is None:
            shown = table.get("file", "base64")
            raise SeedRefused(f"{where}: {shown} is no image of the kinds ICO, JPEG, PNG, SVG and WEBP")
        yield {
            "Category": table["category"].upper(),
            "ColorMode": MODES[mode],
            "Extension": extension,
            **({} if content is None else {"Bytes": _base64(content)}),
            **({"ResourceId": table["resource"]} if "resource" in table else {}),
        }


_IN_THE_FILE = {"logo": "logo_base64", "file": "base64"}


def _content(table: Table, key: str, place: str, limit_bytes: int) -> bytes | None:
    """Of the file that the key names, or the Base64 in its place; None where there is neither."""
    inline = _IN_THE_FILE[key]
    _one_of(table, (key, inline), place)
    if key in table:
        return _read(table[key], place, limit_bytes)
    if inline not in table:
        return None
    try:
        return base64.b64decode(table[inline], validate=True)
    except (binascii.Error, ValueError) as problem:
        raise SeedRefused(f"{place}: {inline} is not Base64") from problem


def _one_of(table: Table, keys: tuple[str, str], place: str) -> None:
    if all(key in table for key in keys):
        raise SeedRefused(f"{place}: {keys[0]} or {keys[1]}, not both")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


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
