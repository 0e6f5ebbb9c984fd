"""The paths of a classic style's files: they are told by the API, and served to the pages."""

from __future__ import annotations

from typing import Literal

from halfday.server.domain.user_pools.configuration import UiCustomization

CLASSIC_FILES = {"css": "assets/CSS/custom-css.css", "image": "assets/images/image.jpg"}


def classic_path(style: UiCustomization, which: Literal["css", "image"]) -> str:
    return f"/{style.pool_id}/{style.client_id}/{style.css_version}/{CLASSIC_FILES[which]}"
