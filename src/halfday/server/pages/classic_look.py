"""The look of SetUICustomization: an app's own rules for the classes of the classic pages, and its logo.

Cognito's classic pages are light, and rules are written for that: such a page is light in dark browsers too.
"""

from __future__ import annotations

from halfday.server.domain.user_pools import classic_css
from halfday.server.domain.user_pools.configuration import UiCustomization
from halfday.server.pages.looks import Logo, Look, Picture, static


def classic_look(style: UiCustomization, image_address: str | None) -> Look:
    rules = classic_css.for_page(style.css or "")
    logo = Logo(Picture(image_address, image_address)) if image_address else None
    return Look(scheme="light", css=f"{static('classic.css')}\n{rules}", branded=True, classic=True, logo=logo)
