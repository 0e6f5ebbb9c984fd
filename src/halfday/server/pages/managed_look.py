"""The look of a managed login style: its settings as values of the pages' CSS variables, and its images.

Colours that a style does not name stay those of this server's design. Every other setting has AWS's default. Settings
that stand in no table here have no meaning on these pages (decision 56).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from halfday.server.domain.user_pools.brand_images import MEDIA_TYPES
from halfday.server.domain.user_pools.managed_login import merged, setting
from halfday.server.pages.looks import NO_PICTURE, Band, Icon, Logo, Look, Picture, Scheme, static

Asset = Mapping[str, Any]

_SCHEMES: Mapping[str, Scheme] = {"LIGHT": "light", "DARK": "dark", "DYNAMIC": "both"}

COLOURS: Mapping[str, str] = {
    "sky-high": "components.pageBackground.?.color",
    "sky-low": "components.pageBackground.?.color",
    "card": "components.form.?.backgroundColor",
    "card-line": "components.form.?.borderColor",
    "line": "componentClasses.divider.?.borderColor",
    "heading": "components.pageText.?.headingColor",
    "ink": "components.pageText.?.bodyColor",
    "ink-soft": "components.pageText.?.descriptionColor",
    "label": "componentClasses.inputLabel.?.textColor",
    "hint": "componentClasses.inputDescription.?.textColor",
    "field": "componentClasses.input.?.defaults.backgroundColor",
    "field-line": "componentClasses.input.?.defaults.borderColor",
    "link": "componentClasses.link.?.defaults.textColor",
    "link-over": "componentClasses.link.?.hover.textColor",
    "ring": "componentClasses.focusState.?.borderColor",
    "action": "components.primaryButton.?.defaults.backgroundColor",
    "action-ink": "components.primaryButton.?.defaults.textColor",
    "action-over": "components.primaryButton.?.hover.backgroundColor",
    "action-over-ink": "components.primaryButton.?.hover.textColor",
    "action-down": "components.primaryButton.?.active.backgroundColor",
    "action-down-ink": "components.primaryButton.?.active.textColor",
    "second": "components.secondaryButton.?.defaults.backgroundColor",
    "second-line": "components.secondaryButton.?.defaults.borderColor",
    "second-ink": "components.secondaryButton.?.defaults.textColor",
    "second-over": "components.secondaryButton.?.hover.backgroundColor",
    "second-over-line": "components.secondaryButton.?.hover.borderColor",
    "second-over-ink": "components.secondaryButton.?.hover.textColor",
    "second-down": "components.secondaryButton.?.active.backgroundColor",
    "second-down-line": "components.secondaryButton.?.active.borderColor",
    "second-down-ink": "components.secondaryButton.?.active.textColor",
    "provider": "components.idpButton.standard.?.defaults.backgroundColor",
    "provider-line": "components.idpButton.standard.?.defaults.borderColor",
    "provider-ink": "components.idpButton.standard.?.defaults.textColor",
    "provider-over": "components.idpButton.standard.?.hover.backgroundColor",
    "provider-over-line": "components.idpButton.standard.?.hover.borderColor",
    "provider-over-ink": "components.idpButton.standard.?.hover.textColor",
    "provider-down": "components.idpButton.standard.?.active.backgroundColor",
    "provider-down-line": "components.idpButton.standard.?.active.borderColor",
    "provider-down-ink": "components.idpButton.standard.?.active.textColor",
    "bad": "componentClasses.statusIndicator.?.error.indicatorColor",
    "bad-soft": "components.alert.?.error.backgroundColor",
    "bad-line": "components.alert.?.error.borderColor",
    "note-soft": "componentClasses.statusIndicator.?.warning.backgroundColor",
    "note-line": "componentClasses.statusIndicator.?.warning.borderColor",
    "head": "components.pageHeader.?.background.color",
    "head-line": "components.pageHeader.?.borderColor",
    "foot": "components.pageFooter.?.background.color",
    "foot-line": "components.pageFooter.?.borderColor",
}
"""The variable of the style sheet for each colour that these pages show."""

RADII: Mapping[str, str] = {
    "button-radius": "componentClasses.buttons.borderRadius",
    "field-radius": "componentClasses.input.borderRadius",
    "card-radius": "components.form.borderRadius",
    "message-radius": "components.alert.borderRadius",
}

BACKGROUNDS: Mapping[str, tuple[str, str]] = {
    "page-image": ("components.pageBackground.image.enabled", "PAGE_BACKGROUND"),
    "form-image": ("components.form.backgroundImage.enabled", "FORM_BACKGROUND"),
    "head-image": ("components.pageHeader.backgroundImage.enabled", "PAGE_HEADER_BACKGROUND"),
    "foot-image": ("components.pageFooter.backgroundImage.enabled", "PAGE_FOOTER_BACKGROUND"),
}

GRAPHICS = ("EMAIL_GRAPHIC", "SMS_GRAPHIC", "AUTH_APP_GRAPHIC", "PASSWORD_GRAPHIC", "PASSKEY_GRAPHIC")

_ALIGNED = {"START": "flex-start", "CENTER": "center", "END": "flex-end"}
_COMPACT = (
    "main{padding:1.5rem 1.5rem 1.25rem}.field{margin-bottom:.625rem}form,.providers{margin-top:1rem}"
    ".input,.button{min-height:2.375rem;padding-block:.25rem}.button.primary{margin-top:1rem}.stage{gap:1rem}"
)


def managed_look(settings: Mapping[str, Any], assets: tuple[Asset, ...], address_of: Callable[[Asset], str]) -> Look:
    """`address_of` is where this server has the image of an asset."""
    if not settings and not assets:
        return Look()
    return _Maker(settings, assets, address_of).look()


class _Maker:
    def __init__(self, settings: Mapping[str, Any], assets: tuple[Asset, ...], address_of: Callable[[Asset], str]):
        self._given, self._all = settings, merged(settings)
        mode = setting(settings, "categories.global.colorSchemeMode") or ("LIGHT" if settings else "DYNAMIC")
        self._scheme = _SCHEMES[mode]
        self._images = {(a["Category"], a["ColorMode"]): a for a in assets if "Bytes" in a}
        self._address_of = address_of

    def look(self) -> Look:
        graphics = {name: found for name in GRAPHICS if (found := self._picture(name))}
        return Look(
            scheme=self._scheme,
            css=f"{static('branded.css')}\n{''.join(self._rules())}",
            branded=True,
            logo=self._logo("components.form.logo", "FORM_LOGO"),
            logo_outside=self._is("components.form.logo.formInclusion", "OUT"),
            logo_after=self._is("components.form.logo.position", "BOTTOM"),
            header=self._band("pageHeader", "PAGE_HEADER_LOGO"),
            footer=self._band("pageFooter", "PAGE_FOOTER_LOGO"),
            icons=tuple(self._icons()),
            graphics=graphics if self._on("categories.form.displayGraphics") else {},
            providers_after=self._providers_come_last(),
            provider_icons=self._on("componentClasses.idpButtons.icons.enabled"),
        )

    def _rules(self) -> Iterator[str]:
        radii = {name: setting(self._given, path) for name, path in RADII.items()}
        yield _block((name, f"{value}px") for name, value in radii.items() if value is not None)
        if self._scheme != "both":
            yield _block(self._values("lightMode" if self._scheme == "light" else "darkMode"))
        else:
            yield f"@media (prefers-color-scheme: light){{{_block(self._values('lightMode'))}}}"
            yield f"@media (prefers-color-scheme: dark){{{_block(self._values('darkMode'))}}}"
        across = _ALIGNED[setting(self._all, "categories.form.location.horizontal")]
        down = _ALIGNED[setting(self._all, "categories.form.location.vertical")]
        yield f".stage{{align-items:{across};justify-content:{down}}}"
        if self._is("categories.global.spacingDensity", "COMPACT"):
            yield _COMPACT

    def _values(self, mode: str) -> Iterator[tuple[str, str]]:
        """The variables that the style sets in this mode. A page of one colour has no gradient."""
        for name, path in COLOURS.items():
            if (colour := setting(self._given, path.replace("?", mode))) is not None:
                yield name, f"#{colour}"
        for name, (switch, category) in BACKGROUNDS.items():
            picture = self._picture(category) if self._on(switch) else None
            if picture is not None:
                yield name, f'url("{picture.light if mode == "lightMode" else picture.dark}")'

    def _picture(self, category: str) -> Picture | None:
        """An image for one mode is shown in that mode alone, a DYNAMIC one in both (API reference, AssetType)."""
        light, dark = (self._images.get((category, m)) or self._images.get((category, "DYNAMIC")) for m in _MODES)
        if self._scheme != "both":
            light = dark = light if self._scheme == "light" else dark
        if light is None and dark is None:
            return None
        return Picture(*(self._address_of(each) if each else NO_PICTURE for each in (light, dark)))

    def _logo(self, path: str, category: str) -> Logo | None:
        picture = self._picture(category) if self._on(f"{path}.enabled") else None
        return Logo(picture, setting(self._all, f"{path}.location").lower()) if picture else None

    def _band(self, name: str, category: str) -> Band | None:
        if not self._on(f"categories.global.{name}.enabled"):
            return None
        return Band(self._logo(f"components.{name}.logo", category))

    def _icons(self) -> Iterator[Icon]:
        for kind in ("ICO", "SVG"):
            if kind not in setting(self._all, "components.favicon.enabledTypes"):
                continue
            picture = self._picture(f"FAVICON_{kind}")
            if picture and picture.light == picture.dark:
                yield Icon(picture.light, MEDIA_TYPES[kind])
            elif picture:
                for mode, href in (("light", picture.light), ("dark", picture.dark)):
                    yield Icon(href, MEDIA_TYPES[kind], f"(prefers-color-scheme: {mode})")

    def _providers_come_last(self) -> bool:
        pages = setting(self._all, "categories.auth.authMethodOrder")
        methods = [each.get("type") for page in pages if isinstance(page, list) for each in page if _is_object(each)]
        return "FEDERATED" in methods[1:] and methods[0] != "FEDERATED"

    def _on(self, path: str) -> bool:
        return setting(self._all, path) is True

    def _is(self, path: str, word: str) -> bool:
        return bool(setting(self._all, path) == word)


_MODES = ("LIGHT", "DARK")


def _block(values: Iterator[tuple[str, str]]) -> str:
    return ":root{" + ";".join(f"--{name}:{value}" for name, value in values) + "}"


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)
