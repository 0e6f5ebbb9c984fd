"""How sign-in pages look: managed login styles, and the classic pages' CSS and logo.

They are checked here and applied by http/pages/brands. Source: API reference; facts/oauth.md §2.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import brand_images, classic_css, managed_login
from halfday.server.domain.user_pools.configuration import ALL_CLIENTS, MOST_STYLES, Branding, UiCustomization
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.style_paths import classic_path
from halfday.server.operations.framework.lookups import invalid, no_such_client, the_client_of, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

IMAGE_LIMIT_BYTES = 100 * 1024
_REQUEST_LIMIT_BYTES = 135 * 1024


@operation(
    "cognito-idp",
    "CreateManagedLoginBranding",
    honours="UserPoolId ClientId UseCognitoProvidedValues Settings Assets",
)
async def create_managed_login_branding(call: Call) -> Output:
    pool = await the_pool(call)
    client = await the_client_of(call, pool)
    blank = Branding(pool.pool_id, call.services.uuid4(), client.client_id, False, call.now, call.now)
    try:
        async with call.services.store.unit(pool.pool_id):
            if await call.services.store.brandings.count(pool.pool_id) >= MOST_STYLES:
                raise Refused("LimitExceededException", f"A user pool has {MOST_STYLES} branding styles at most.")
            style = _styled(blank, call.input)
            await call.services.store.brandings.insert(style)
    except Taken as problem:
        message = f"A managed login branding style exists already for the app client {client.client_id}."
        raise Refused("ManagedLoginBrandingExistsException", message) from problem
    return {"ManagedLoginBranding": _shape(style)}


@operation(
    "cognito-idp",
    "UpdateManagedLoginBranding",
    honours="UserPoolId ManagedLoginBrandingId UseCognitoProvidedValues Settings Assets",
)
async def update_managed_login_branding(call: Call) -> Output:
    """Settings and assets that are left out stay as they are: a style may be too large for one request (API reference).

    Of an object in Settings what it does not name stays too, and an asset gives way to one of its category and mode.
    """
    for member in ("UserPoolId", "ManagedLoginBrandingId"):
        if member not in call.input:
            raise invalid(f"Missing required parameter {member}")
    old = await _the_style(call, await the_pool(call))
    style = await call.services.store.brandings.change(
        old.pool_id, old.branding_id, lambda known: _styled(replace(known, modified_at=call.now), call.input)
    )
    return {"ManagedLoginBranding": _shape(style)}


@operation(
    "cognito-idp",
    "DescribeManagedLoginBranding",
    honours="UserPoolId ManagedLoginBrandingId ReturnMergedResources",
)
async def describe_managed_login_branding(call: Call) -> Output:
    return {"ManagedLoginBranding": _told(call, await _the_style(call, await the_pool(call)))}


@operation("cognito-idp", "DescribeManagedLoginBrandingByClient", honours="UserPoolId ClientId ReturnMergedResources")
async def describe_managed_login_branding_by_client(call: Call) -> Output:
    pool = await the_pool(call)
    client = await the_client_of(call, pool)
    style = await call.services.store.brandings.find_by_client(pool.pool_id, client.client_id)
    if style is None:
        raise _no_such_style(f"the app client {client.client_id}")
    return {"ManagedLoginBranding": _told(call, style)}


@operation("cognito-idp", "DeleteManagedLoginBranding", honours="UserPoolId ManagedLoginBrandingId")
async def delete_managed_login_branding(call: Call) -> Output:
    pool, branding_id = await the_pool(call), call.input["ManagedLoginBrandingId"]
    try:
        await call.services.store.brandings.delete(pool.pool_id, branding_id)
    except Missing as problem:
        raise _no_such_style(branding_id) from problem
    return {}


@operation("cognito-idp", "SetUICustomization", honours="UserPoolId ClientId CSS ImageFile")
async def set_ui_customization(call: Call) -> Output:
    """Without CSS and image the style returns to Cognito's default. ALL is the style of every client without one of its
    own.
    """
    pool = await the_pool(call)
    client_id = await _styled_client(call, pool)
    await _check_classic(call.input.get("CSS", ""), call.input.get("ImageFile"))
    image = call.input.get("ImageFile")
    style = UiCustomization(
        pool_id=pool.pool_id,
        client_id=client_id,
        css=call.input.get("CSS"),
        css_version=_version(call.now),
        image=None if image is None else base64.b64encode(image).decode(),
        created_at=call.now,
        modified_at=call.now,
    )
    async with call.services.store.unit(pool.pool_id):
        if (old := await call.services.store.ui_customizations.find(pool.pool_id, client_id)) is not None:
            style = replace(style, created_at=old.created_at)
        await call.services.store.ui_customizations.put(style)
    return {"UICustomization": _ui_shape(call, style)}


@operation("cognito-idp", "GetUICustomization", honours="UserPoolId ClientId")
async def get_ui_customization(call: Call) -> Output:
    """A client's own style, else the one of ALL, else an empty one [inferred]. It takes a domain too (as on AWS)."""
    pool = await the_pool(call)
    client_id = await _styled_client(call, pool)
    styles = call.services.store.ui_customizations
    style = await styles.find(pool.pool_id, client_id) or await styles.find(pool.pool_id, ALL_CLIENTS)
    return {"UICustomization": _ui_shape(call, style) if style else {"UserPoolId": pool.pool_id, "ClientId": client_id}}


async def _the_style(call: Call, pool: Pool) -> Branding:
    branding_id = call.input["ManagedLoginBrandingId"]
    style = await call.services.store.brandings.find(pool.pool_id, branding_id)
    if style is None:
        raise _no_such_style(branding_id)
    return style


async def _styled_client(call: Call, pool: Pool) -> str:
    """The ClientId whose style is meant. The sentence is AWS's: Terraform's provider looks for it after both
    operations.
    """
    if await call.services.store.domains.of_pool(pool.pool_id) is None:
        raise invalid("There has to be an existing domain associated with this user pool")
    client_id: str = call.input.get("ClientId", ALL_CLIENTS)
    if client_id != ALL_CLIENTS:
        client = await call.services.store.app_clients.find(client_id)
        if client is None or client.pool_id != pool.pool_id:
            raise no_such_client(client_id)
    return client_id


def _styled(style: Branding, given: Mapping[str, Any]) -> Branding:
    """Assets may come with Cognito's values, Settings may not (hashicorp/terraform-provider-aws,
    TestAccCognitoIDPManagedLoginBranding; API reference).
    """
    if given.get("UseCognitoProvidedValues"):
        if "Settings" in given:
            raise invalid("UseCognitoProvidedValues cannot be true together with Settings.")
        return replace(style, cognito_values=True, settings={}, assets=tuple(_kept(given.get("Assets", ()))))
    changes: dict[str, Any] = {}
    if "Settings" in given:
        if (problem := managed_login.objection(given["Settings"])) is not None:
            raise invalid(problem)
        changes |= {"settings": managed_login.changed(style.settings, given["Settings"]), "cognito_values": False}
    if "Assets" in given:
        changes["assets"] = brand_images.merged(style.assets, _kept(given["Assets"]))
        if len(changes["assets"]) > brand_images.MOST:
            raise invalid(f"A style has {brand_images.MOST} assets at most.")
    return replace(style, **changes)


def _kept(assets: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The assets as they are stored: images as base64. Raises Refused."""
    if (problem := brand_images.objection_to_all(assets)) is not None:
        raise invalid(problem)
    for asset in assets:
        content = asset.get("Bytes")
        if (problem := brand_images.objection(asset, content)) is not None:
            raise invalid(problem)
        yield {**asset, "Bytes": base64.b64encode(content).decode()} if content is not None else dict(asset)


def _told(call: Call, style: Branding) -> dict[str, Any]:
    """ReturnMergedResources adds the defaults of all settings that the style does not name.

    The images that AWS adds are its own, and not here.
    """
    shape = _shape(style)
    return (
        shape | {"Settings": managed_login.merged(style.settings)} if call.input.get("ReturnMergedResources") else shape
    )


def _shape(style: Branding) -> dict[str, Any]:
    assets = [{**a, "Bytes": base64.b64decode(a["Bytes"])} if "Bytes" in a else a for a in style.assets]
    return {
        "ManagedLoginBrandingId": style.branding_id,
        "UserPoolId": style.pool_id,
        "UseCognitoProvidedValues": style.cognito_values,
        "Settings": style.settings or None,
        "Assets": assets or None,
        "CreationDate": style.created_at,
        "LastModifiedDate": style.modified_at,
    }


def _ui_shape(call: Call, style: UiCustomization) -> dict[str, Any]:
    return {
        "UserPoolId": style.pool_id,
        "ClientId": style.client_id,
        "ImageUrl": f"{call.services.origin}{classic_path(style, 'image')}" if style.image else None,
        "CSS": style.css,
        "CSSVersion": style.css_version,
        "CreationDate": style.created_at,
        "LastModifiedDate": style.modified_at,
    }


async def _check_classic(css: str, image: bytes | None) -> None:
    """Raises Refused. How large they may be together is AWS's, in base64 as they are sent (Developer guide)."""
    if image is not None:
        if len(image) > IMAGE_LIMIT_BYTES:
            raise invalid("The image is larger than 100 KB.")
        if brand_images.extension_of(image) not in ("PNG", "JPEG"):
            raise invalid("The image is neither PNG nor JPEG.")
    if len(css.encode()) + len(image or b"") * 4 // 3 > _REQUEST_LIMIT_BYTES:
        raise invalid("Request parameters too large.")
    if (problem := await asyncio.to_thread(classic_css.objection, css)) is not None:  # it takes up to 0.3 s
        raise invalid(problem)


def _version(now: float) -> str:
    """CSSVersion as on AWS: date and time as one number, such as 20190128231240."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(now))


def _no_such_style(which: str) -> Refused:
    return Refused("ResourceNotFoundException", f"There is no managed login branding style of {which}.")
