"""Finds misspelt settings in an AWS profile or in the environment, which would otherwise be ignored silently."""

from __future__ import annotations

import os
from collections.abc import Mapping

from halfday.client.configuration.setting_sources import (
    NAMES,
    NO_VARIABLE_OF_AWS,
    OTHER_KEYS,
    SettingSources,
    is_known_variable,
)
from halfday.client.errors import SettingsError

NEAR = 0.8


def check_profile_keys(sources: SettingSources) -> None:
    """Raises SettingsError for a halfday_* key that is no setting: all of them are ours."""
    for key in sources.profile_keys:
        name = key.removeprefix("halfday_")
        if name != key and name not in NAMES and name not in OTHER_KEYS:
            near, keys = nearest(name, NEAR), ", ".join(f"halfday_{one}" for one in NAMES)
            hint = f"did you mean halfday_{near}?" if near else f"there are {keys}"
            raise SettingsError(f"{key} of the AWS profile {sources.profile} is no setting", hint=hint)


def misspelt_variables(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each HALFDAY_* variable that is nearly a setting's. Others may be somebody's own."""
    found = []
    for variable in environ:
        if is_known_variable(variable):
            continue
        if variable == NO_VARIABLE_OF_AWS:
            found.append(
                f"{variable} is none of AWS's, and counts for nothing: did you mean"
                " AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER?"
            )
            continue
        near = nearest(variable.removeprefix("HALFDAY_").lower(), NEAR)
        if near:
            found.append(f"{variable} is no setting, and counts for nothing: did you mean HALFDAY_{near.upper()}?")
    return found


def missing_profile(path: str, profile: str) -> SettingsError:
    """Why there is no such profile, as far as the config file tells."""
    return SettingsError(f"there is no AWS profile {profile}", hint=_why_missing(path, profile))


def _why_missing(path: str, profile: str) -> str:
    where = f"halfday looked for {'[default]' if profile == 'default' else f'[profile {profile}]'} in {path}"
    try:
        with open(path, encoding="utf-8") as file:
            lines = list(file)
    except UnicodeDecodeError:
        return f"{where}, which is not UTF-8 text"
    except OSError as problem:
        reason = problem.strerror or "it cannot be read"
        other = "" if os.environ.get("AWS_CONFIG_FILE") else "; AWS_CONFIG_FILE can name another file"
        return f"{where}, which cannot be read: {reason}{other}"
    for number, line in enumerate(lines, 1):
        if line.startswith("[") and "]" not in line:
            return f"{where}, where line {number} begins with [ and has no ]"
    if any(line.startswith(f"[{profile}]") for line in lines):
        return f"{where}, where it is called [{profile}]: the config file wants [profile {profile}]"
    return f"{where}; AWS_CONFIG_FILE can name another file"


def nearest(name: str, at_least: float) -> str:
    """The setting that is spelt most like it; empty when none is near enough."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, NAMES, 1, at_least)), "")
