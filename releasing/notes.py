"""Prints the notes of a release: what CHANGELOG.md says of the version, or of the newest without one.

python releasing/notes.py [VERSION]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).parents[1] / "CHANGELOG.md"
_SECTION = re.compile(r"^## (\S+)[^\n]*\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def notes(changelog: str, version: str | None = None) -> str:
    """Raises LookupError for a version that the changelog does not name."""
    for name, text in _SECTION.findall(changelog):
        if version in (None, name):
            return str(text.strip()) + "\n"
    raise LookupError(f"CHANGELOG.md has no version {version}")


if __name__ == "__main__":
    try:
        sys.stdout.write(notes(CHANGELOG.read_text(encoding="utf-8"), *sys.argv[1:2]))
    except LookupError as problem:
        sys.exit(str(problem))
