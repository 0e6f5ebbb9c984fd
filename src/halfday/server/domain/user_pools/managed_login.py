"""The settings of a managed login style: which there are, what they may be, and what one is where it is not given.

A setting that AWS has and these pages have no use for is checked and kept like the others (decision 56).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from halfday.server.domain.user_pools.managed_login_defaults import DEFAULTS

_COLOUR = re.compile(r"[0-9A-Fa-f]{8}")
_WORD = re.compile(r"[A-Z][A-Z_]{0,63}")
_WIDEST = 100_000

_PLACES = ("START", "CENTER", "END")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "categories.form.location.horizontal": _PLACES,
    "categories.form.location.vertical": _PLACES,
    "categories.global.colorSchemeMode": ("LIGHT", "DARK", "DYNAMIC"),
    "categories.global.spacingDensity": ("REGULAR", "COMPACT"),
    "components.form.logo.formInclusion": ("IN", "OUT"),
    "components.form.logo.location": _PLACES,
    "components.form.logo.position": ("TOP", "BOTTOM"),
    "components.pageFooter.logo.location": _PLACES,
    "components.pageHeader.logo.location": _PLACES,
}
"""The words of settings that these pages follow. Beyond the defaults they are [inferred]."""

_FREE = "components.idpButton.custom"
"""An object of the author's own keys: AWS's example has none."""


def objection(settings: Any) -> str | None:
    """Why this cannot be the settings of a style; None when it can. The sentences are ours [inferred]."""
    return next(_objections(settings, DEFAULTS, ""), None)


def merged(settings: Mapping[str, Any]) -> dict[str, Any]:
    """All settings: those that are given, and the defaults of the others."""
    return changed(DEFAULTS, settings)


def changed(settings: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with what is given in place of what was. What is not given stays, however deep it stands."""
    document = {**settings, **given}
    for name, value in given.items():
        if isinstance(value, Mapping) and isinstance(settings.get(name), Mapping):
            document[name] = changed(settings[name], value)
    return document


def setting(settings: Mapping[str, Any], path: str) -> Any:
    """The setting at `components.form.borderRadius` and the like; None where it is not given."""
    found: Any = settings
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _objections(given: Any, default: Any, path: str) -> Iterator[str]:
    if not isinstance(default, Mapping):
        if (expected := _expected(given, default, path)) is not None:
            yield f"Settings: {path} must be {expected}."
    elif not isinstance(given, Mapping):
        yield f"Settings: {path} must be an object." if path else "Settings must be a JSON object."
    elif path != _FREE:
        for name, value in given.items():
            place = f"{path}.{name}" if path else name
            if name not in default:
                yield f"Settings: {place[:200]} is no setting of managed login."
            else:
                yield from _objections(value, default[name], place)


def _expected(given: Any, default: Any, path: str) -> str | None:
    """What the setting must be, where it is something else."""
    if isinstance(default, bool):
        return None if isinstance(given, bool) else "true or false"
    if isinstance(default, float):
        number = isinstance(given, (int, float)) and not isinstance(given, bool)
        return None if number and 0 <= given <= _WIDEST else f"a number from 0 to {_WIDEST}"
    if isinstance(default, list):
        return None if isinstance(given, list) else "a list"
    if _COLOUR.fullmatch(default):
        is_colour = isinstance(given, str) and _COLOUR.fullmatch(given)
        return None if is_colour else "a colour of eight hexadecimal digits: red, green, blue and opacity"
    if path in _WORDS:
        return None if given in _WORDS[path] else f"one of {', '.join(_WORDS[path])}"
    return None if isinstance(given, str) and _WORD.fullmatch(given) else "a word in capital letters"
