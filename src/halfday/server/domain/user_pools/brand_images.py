"""The images of a style: which kinds there are, and whether the bytes are of the kind that they say.

An image is told by how it begins (an SVG by its root element). Nothing opens it: browsers do, as an image alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Asset = Mapping[str, Any]

MEDIA_TYPES: Mapping[str, str] = {
    "ICO": "image/x-icon",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "SVG": "image/svg+xml",
    "WEBP": "image/webp",
}

_SVG = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*+<svg[\s/>]", re.DOTALL)
MOST = 40
_ONLY = {"FAVICON_ICO": "ICO", "FAVICON_SVG": "SVG"}


def extension_of(content: bytes) -> str | None:
    """ICO, JPEG, PNG, SVG or WEBP; None for what is none of them."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\0\0\1\0"):
        return "ICO"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    return "SVG" if _SVG.match(content) else None


def merged(assets: Iterable[Asset], given: Iterable[Asset]) -> tuple[Asset, ...]:
    """The assets with those that are given in place of what stood in their places."""
    return tuple({_place(asset): asset for asset in (*assets, *given)}.values())


def objection_to_all(assets: Sequence[Asset]) -> str | None:
    """Why these cannot be the assets of one request, each of which is sound; None when they can."""
    for asset in assets:
        if sum(_place(other) == _place(asset) for other in assets) > 1:
            return f"There is more than one asset {asset['Category']} for the color mode {asset['ColorMode']}."
    return None


def objection(asset: Asset, content: bytes | None) -> str | None:
    """Why this asset cannot be kept; None when it can. The sentences are ours [inferred]."""
    category, extension = asset["Category"], asset["Extension"]
    if content is None:
        return None if "ResourceId" in asset else f"The asset {category} has neither Bytes nor ResourceId."
    if (only := _ONLY.get(category, extension)) != extension:
        return f"An asset of the category {category} has the extension {only}, and not {extension}."
    if (found := extension_of(content)) != extension:
        return f"The asset {category} is no {extension} image{f', but {found}' if found else ''}."
    return None


def _place(asset: Asset) -> tuple[str, str, str]:
    """What an asset is for. Those with a ResourceId are told apart by that [inferred]."""
    return asset["Category"], asset["ColorMode"], asset.get("ResourceId", "")
