"""The files of styles, where the pages and ImageUrl name them. Anybody may read them, as on AWS's CDN.

A path names the version of its file: what was read once may be kept. The classic ones are like AWS's [remembered];
those of managed login are ours.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from halfday.server.domain.user_pools.brand_images import MEDIA_TYPES, extension_of
from halfday.server.domain.user_pools.configuration import Branding
from halfday.server.domain.user_pools.style_paths import CLASSIC_FILES
from halfday.server.http.edge import note
from halfday.server.services import Services

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""An SVG that is opened by itself is a document, whose scripts must not run here."""

_CLASSIC = {**_HEADERS, "Cache-Control": "public, max-age=300"}
_FOR_EVER = {**_HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
_DIGITS = 32

Handler = Callable[[Request, Services], Awaitable[Response]]


def asset_path(style: Branding, asset: Mapping[str, Any]) -> str:
    """Where this server has the image of an asset. `Bytes` are base64."""
    digest = hashlib.sha256(asset["Bytes"].encode()).hexdigest()[:_DIGITS]
    return f"/{style.pool_id}/{style.client_id}/{digest}/assets/branding/{_file_name(asset)}"


async def get_css(request: Request, services: Services) -> Response:
    given = request.path_params
    style = await services.store.ui_customizations.find(given["pool_id"], given["client_id"])
    if style is None or style.css is None or style.css_version != given["version"]:
        return _nothing(request)
    return Response(style.css, headers={**_CLASSIC, "Content-Type": "text/css; charset=utf-8"})


async def get_logo(request: Request, services: Services) -> Response:
    """The name ends in .jpg for a PNG too, as on AWS."""
    given = request.path_params
    style = await services.store.ui_customizations.find(given["pool_id"], given["client_id"])
    if style is None or style.image is None or style.css_version != given["version"]:
        return _nothing(request)
    content = base64.b64decode(style.image)
    return Response(content, headers={**_CLASSIC, "Content-Type": MEDIA_TYPES[extension_of(content) or "JPEG"]})


async def get_asset(request: Request, services: Services) -> Response:
    given = request.path_params
    style = await services.store.brandings.find_by_client(given["pool_id"], given["client_id"])
    for asset in style.assets if style else ():
        if "Bytes" in asset and style and asset_path(style, asset) == request.url.path:
            headers = {**_FOR_EVER, "Content-Type": MEDIA_TYPES[asset["Extension"]]}
            return Response(base64.b64decode(asset["Bytes"]), headers=headers)
    return _nothing(request)


def routes() -> list[tuple[str, str, Handler]]:
    version = "/{pool_id}/{client_id}/{version}"
    return [
        ("GET", f"{version}/{CLASSIC_FILES['css']}", get_css),
        ("GET", f"{version}/{CLASSIC_FILES['image']}", get_logo),
        ("GET", f"{version}/assets/branding/{{file}}", get_asset),
    ]


def _file_name(asset: Mapping[str, Any]) -> str:
    return f"{asset['Category']}-{asset['ColorMode']}.{asset['Extension']}".lower()


def _nothing(request: Request) -> Response:
    note(request, why="no style has this file, or it has another by now")
    return Response(status_code=404)
