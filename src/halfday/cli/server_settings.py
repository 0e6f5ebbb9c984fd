"""The settings of a server whose data folder a command reads: as `halfday serve` would find them in this place."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from halfday.client.errors import SettingsError

if TYPE_CHECKING:
    from halfday.server.settings import Settings

SEED_FILE = "halfday.toml"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help=f"the server's seed file; ./{SEED_FILE} if there is one")
    parser.add_argument("--data", metavar="DIR", help="the server's data folder (default: .halfday)")


def settings_of(options: argparse.Namespace) -> Settings:
    """Raises SettingsError, also where the server is not installed."""
    try:
        from halfday.server import seed_file, settings
    except ImportError as problem:
        if (problem.name or "").startswith("halfday"):
            raise
        sentence = f"the server is not installed ({problem.name} is missing)"
        raise SettingsError(sentence, hint="pip install 'halfday[server]'") from problem
    try:
        path = options.config or (SEED_FILE if Path(SEED_FILE).exists() else None)
        document = seed_file.read(Path(path)) if path else {}
        return settings.load({"data": options.data}, file=document.get("server"))
    except settings.SettingRefused as refused:
        raise SettingsError(f"setting {refused}", hint="halfday serve --help lists the settings") from refused
    except seed_file.SeedUnreadable as refused:
        hint = f"--config FILE names the server's seed file; without it ./{SEED_FILE} is read"
        raise SettingsError(str(refused), hint=hint) from refused
    except seed_file.SeedRefused as refused:
        raise SettingsError(str(refused), hint=refused.hint) from refused
