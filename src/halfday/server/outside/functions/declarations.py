"""The functions that a seed file and a setting declare, and the variables that every function gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from halfday.server.outside.functions.functions import name_of
from halfday.server.outside.functions.targets import Declared
from halfday.server.settings import SettingRefused, Settings


def declared_by_setting(text: str) -> Iterator[Declared]:
    """Of NAME=TARGET,NAME=TARGET. Raises SettingRefused."""
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, target = part.partition("=")
        if not (equals and name and target):
            raise SettingRefused(f"functions: {part!r} is not NAME=TARGET")
        yield Declared(name_of(name) or name, target, Path.cwd())


def declared_in(document: Mapping[str, Any]) -> Iterator[Declared]:
    """Of a seed file's [[function]] tables."""
    for table in document.get("function", ()):
        folder = Path(table.get("folder", "."))
        environment, python = table.get("environment", {}), table.get("python", "")
        yield Declared(name_of(table["name"]) or table["name"], table["target"], folder, environment, python)


def environment_of(settings: Settings, origin: str) -> dict[str, str]:
    """A function's SDK finds this server, with keys that are taken where any dummy pair is."""
    return {
        "AWS_ENDPOINT_URL": origin,
        **({"AWS_ENDPOINT_URL_KMS": settings.kms_url} if settings.kms_url else {}),
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_ACCESS_KEY_ID": settings.root_access_key_id or "test",
        "AWS_SECRET_ACCESS_KEY": settings.root_secret_access_key or "test",
    }
