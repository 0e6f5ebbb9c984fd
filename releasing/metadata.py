"""The package's page on PyPI: the README with links that lead somewhere there, and the project's addresses.

With `repository` in pyproject.toml relative links lead into it. Without, their words stay and pictures are left out: a
page elsewhere has no docs/ beside it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[([^\[\]]*)\]\((?!https?:|mailto:|#)([^)\s]+)\)")
_OTHER_PAGES = {"Documentation": "blob/main/docs/README.md", "Changelog": "blob/main/CHANGELOG.md", "Issues": "issues"}


def page(readme: str, repository: str) -> str:
    """The README as it is shown on PyPI."""
    if repository:
        return _LINK.sub(lambda found: _there(repository, *found.groups()), readme)
    paragraphs = [one for one in readme.split("\n\n") if "](docs/pictures/" not in one]
    return _LINK.sub(lambda found: found[2], "\n\n".join(paragraphs))


def _there(repository: str, picture: str, words: str, target: str) -> str:
    return f"{picture}[{words}]({repository}/{'raw' if picture else 'blob'}/main/{target})"


def addresses(repository: str) -> dict[str, str]:
    if not repository:
        return {}
    return {"Repository": repository, **{name: f"{repository}/{path}" for name, path in _OTHER_PAGES.items()}}


class Metadata(MetadataHookInterface):
    def update(self, metadata: dict[str, Any]) -> None:
        repository = str(self.config["repository"]).rstrip("/")
        text = page(Path(self.root, "README.md").read_text(encoding="utf-8"), repository)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        metadata["urls"] = addresses(repository)
