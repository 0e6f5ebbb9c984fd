"""How a page looks: this server's own design, or an app client's style over it.

A look is text and addresses that were checked when the style was set. It names no place but this server.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

Scheme = Literal["both", "light", "dark"]

NO_PICTURE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"
"""Shown in a mode for which there is no picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image by its addresses: one for both modes, or one for each."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Logo:
    """`place` is start, center or end."""

    picture: Picture
    place: str = "center"


@dataclass(frozen=True, slots=True)
class Band:
    """The header or the footer of a page."""

    logo: Logo | None = None


@dataclass(frozen=True, slots=True)
class Icon:
    """A favicon. `media` is the mode that it is for."""

    href: str
    media_type: str
    media: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """`css` stands after the sheet of the scheme. `graphics` are shown by the category of asset that a page names.

    `logo` is in the form's card, `logo_outside` before or after it.
    """

    scheme: Scheme = "both"
    css: str = ""
    branded: bool = False
    classic: bool = False
    logo: Logo | None = None
    logo_outside: bool = False
    logo_after: bool = False
    header: Band | None = None
    footer: Band | None = None
    icons: tuple[Icon, ...] = ()
    graphics: Mapping[str, Picture] = field(default_factory=dict)
    providers_after: bool = False
    provider_icons: bool = True


PLAIN = Look()

_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{\n(.*?)\n\}\n", re.DOTALL)


@cache
def sheet(scheme: Scheme) -> str:
    """The pages' style sheet: as the browser likes it, or always light, or always dark."""
    whole = static("halfday.css")
    if scheme == "both":
        return whole
    dark = r"\1\n" if scheme == "dark" else ""
    return _DARK.sub(dark, whole, count=1).replace("color-scheme: light dark;", f"color-scheme: {scheme};", 1)


@cache
def static(name: str) -> str:
    return files(__package__).joinpath(f"static/{name}").read_text(encoding="utf-8")
