"""Settings of web applications: two that are theirs alone, and the refusal of misspelt ones."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from halfday.client.configuration.misspelt import NEAR, nearest
from halfday.client.configuration.setting_sources import NAMES, config_path, read_profile
from halfday.client.errors import SettingsError
from halfday.protocol.word_lists import words

LOG_CHARACTERS = 600


def known(settings: Mapping[str, object]) -> Mapping[str, object]:
    """The same settings. Raises SettingsError for one that Cognito() does not have."""
    for name in settings:
        if name not in NAMES and name != "profile":
            near = nearest(name.lower(), NEAR)
            asked = f"did you mean {near}? " if near else ""
            raise SettingsError(f"there is no setting {name}", hint=f"{asked}they are {', '.join(NAMES)}, profile")
    return settings


def find_setting(name: str, given: str | None, profile: str) -> str | None:
    """logout_uri or web_secret, from the argument, the HALFDAY_* variable, or the AWS profile."""
    if given is not None:
        return given
    variable = os.environ.get(f"HALFDAY_{name.upper()}")
    return variable or (read_profile(config_path(os.environ), profile) or {}).get(f"halfday_{name}")


def find_secrets(given: str | Sequence[str] | None, profile: str) -> list[str]:
    """The secrets that sessions are sealed with, from where all settings come. Raises SettingsError."""
    if given is not None and not isinstance(given, (str, list, tuple)):
        raise SettingsError(f"secret is a {type(given).__name__}", hint="give a text, or a list of texts")
    found = find_setting("web_secret", given, profile) if given is None or isinstance(given, str) else given
    return [found] if isinstance(found, str) else list(found or ())


def group_names(given: tuple[object, ...]) -> frozenset[str]:
    """The arguments of `in_group`, looked at when the page is defined. Raises ValueError."""
    found = words(given, "groups")
    if not found:
        raise ValueError('in_group takes the names of groups: in_group("staff", "admins")')
    return found


def client_ids(given: object) -> frozenset[str]:
    """App clients, looked at when the application starts. Raises SettingsError."""
    try:
        return words(given, "client_ids") or frozenset()
    except ValueError as problem:
        raise SettingsError(str(problem), hint='give them as a list: ["1example23456789"]') from problem


def for_the_log(problem: Exception) -> str:
    """The error as one line of bounded length, with control characters made visible: it may hold what a caller sent."""
    told = " ".join(f"{problem}; {getattr(problem, 'hint', '')}".split())[: LOG_CHARACTERS + 1]
    line = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in told)
    return line if len(line) <= LOG_CHARACTERS else f"{line[:LOG_CHARACTERS]}…"
