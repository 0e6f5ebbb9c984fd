"""What is particular to the settings of web applications: two more of them, and that a misspelt one is refused."""

from __future__ import annotations

import os
from collections.abc import Mapping

from halfday.client.errors import SettingsError
from halfday.client.sources import NAMES, config_path, read_profile


def known(settings: Mapping[str, object]) -> Mapping[str, object]:
    """The same settings. Raises SettingsError for one that Cognito() does not have."""
    for name in settings:
        if name not in NAMES and name != "profile":
            raise SettingsError(f"there is no setting {name}", hint=f"the settings are {', '.join(NAMES)}, profile")
    return settings


def find_word(name: str, given: str | None, profile: str) -> str | None:
    """logout_uri or web_secret, from where all settings come: argument, HALFDAY_* variable, AWS profile."""
    if given is not None:
        return given
    variable = os.environ.get(f"HALFDAY_{name.upper()}")
    return variable or (read_profile(config_path(os.environ), profile) or {}).get(f"halfday_{name}")
