"""How sign-in pages are to look: managed login styles, and the classic pages' CSS and logo.

They are kept and told back; this server's own pages keep their own look. Source: API reference; facts/oauth.md §2.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import classic_css
from halfday.server.domain.user_pools.configuration import ALL_CLIENTS, MOST_STYLES, Branding, UiCustomization
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.operations.framework.lookups import invalid, no_such_client, the_client_of, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

IMAGE_LIMIT_BYTES = 100 * 1024
_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


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
    """Settings that are left out stay as they are (API reference)."""
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
    """ReturnMergedResources would add Cognito's default values. This server has none to add [inferred]."""
    return {"ManagedLoginBranding": _shape(await _the_style(call, await the_pool(call)))}


@operation("cognito-idp", "DescribeManagedLoginBrandingByClient", honours="UserPoolId ClientId ReturnMergedResources")
async def describe_managed_login_branding_by_client(call: Call) -> Output:
    pool = await the_pool(call)
    client = await the_client_of(call, pool)
    style = await call.services.store.brandings.find_by_client(pool.pool_id, client.client_id)
    if style is None:
        raise _no_such_style(f"the app client {client.client_id}")
    return {"ManagedLoginBranding": _shape(style)}


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
    problem = classic_css.objection(call.input.get("CSS", ""))
    if problem:
        raise invalid(problem)
    style = UiCustomization(
        pool_id=pool.pool_id,
        client_id=client_id,
        css=call.input.get("CSS"),
        css_version=_version(call.now),
        image=_image(call.input.get("ImageFile")),
        created_at=call.now,
        modified_at=call.now,
    )
    async with call.services.store.unit(pool.pool_id):
        if (old := await call.services.store.ui_customizations.find(pool.pool_id, client_id)) is not None:
            style = replace(style, created_at=old.created_at)
        await call.services.store.ui_customizations.put(style)
    return {"UICustomization": _ui_shape(style)}


@operation("cognito-idp", "GetUICustomization", honours="UserPoolId ClientId")
async def get_ui_customization(call: Call) -> Output:
    """A client's own style, else the one of ALL, else an empty one [inferred]. It takes a domain too (as on AWS)."""
    pool = await the_pool(call)
    client_id = await _styled_client(call, pool)
    styles = call.services.store.ui_customizations
    style = await styles.find(pool.pool_id, client_id) or await styles.find(pool.pool_id, ALL_CLIENTS)
    return {"UICustomization": _ui_shape(style) if style else {"UserPoolId": pool.pool_id, "ClientId": client_id}}


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
    if given.get("UseCognitoProvidedValues"):
        if "Settings" in given or "Assets" in given:
            raise invalid("UseCognitoProvidedValues cannot be true together with Settings or Assets.")
        return replace(style, cognito_values=True, settings={}, assets=())
    changes: dict[str, Any] = {}
    if "Settings" in given:
        if not isinstance(given["Settings"], Mapping):
            raise invalid("Settings must be a JSON object.")
        changes["settings"] = dict(given["Settings"])
    if "Assets" in given:
        changes["assets"] = tuple(_kept(given["Assets"]))
    return replace(style, **changes, cognito_values=style.cognito_values and not changes)


def _kept(assets: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """The assets as they are stored: images as base64."""
    for asset in assets:
        kept = dict(asset)
        if "Bytes" in kept:
            kept["Bytes"] = base64.b64encode(kept["Bytes"]).decode()
        yield kept


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


def _ui_shape(style: UiCustomization) -> dict[str, Any]:
    """The image is not served by this server, so there is no ImageUrl."""
    return {
        "UserPoolId": style.pool_id,
        "ClientId": style.client_id,
        "CSS": style.css,
        "CSSVersion": style.css_version,
        "CreationDate": style.created_at,
        "LastModifiedDate": style.modified_at,
    }


def _image(content: bytes | None) -> str | None:
    if content is None:
        return None
    if len(content) > IMAGE_LIMIT_BYTES:
        raise invalid("The image is larger than 100 KB.")
    if not content.startswith(_IMAGES):
        raise invalid("The image is neither PNG nor JPEG.")
    return base64.b64encode(content).decode()


def _version(now: float) -> str:
    """CSSVersion as on AWS: date and time as one number, such as 20190128231240."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(now))


def _no_such_style(which: str) -> Refused:
    return Refused("ResourceNotFoundException", f"There is no managed login branding style of {which}.")
