"""The style of a pool's classic sign-in pages: a style sheet and a logo, for all of its app clients."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from halfday.server.domain.user_pools.configuration import ALL_CLIENTS
from halfday.server.operations.user_pools.branding import IMAGE_LIMIT_BYTES
from halfday.server.seed.calls import call
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services


async def declare_branding(services: Services, pool_id: str, table: Mapping[str, Any]) -> None:
    """A style that is already so is left alone. What the file does not name stays as it is. Raises SeedRefused."""
    place = f"[[user_pool]] {pool_id}: branding"
    found = await services.store.ui_customizations.find(pool_id, ALL_CLIENTS)
    has = (found.css, found.image) if found else (None, None)
    wanted = (table.get("css", has[0]), _image(table["logo"], place) if "logo" in table else has[1])
    if wanted != has:
        given = {"UserPoolId": pool_id, "ClientId": ALL_CLIENTS, "CSS": wanted[0], "ImageFile": wanted[1]}
        given = {name: value for name, value in given.items() if value is not None}
        await call(services, "cognito-idp", "SetUICustomization", given, place=place)


def _image(path: str, place: str) -> str:
    """The file as base64, no more of it than shows that it is too large."""
    try:
        if not Path(path).is_file():
            raise SeedRefused(f"{place}.logo: there is no file {path}")
        with Path(path).open("rb") as file:
            return base64.b64encode(file.read(IMAGE_LIMIT_BYTES + 1)).decode()
    except (OSError, ValueError) as problem:
        if isinstance(problem, SeedRefused):
            raise
        raise SeedRefused(f"{place}.logo: {path} cannot be read") from problem
