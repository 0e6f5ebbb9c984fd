"""What is true of every page: its fences are read, its links lead somewhere, its index names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.blocks import DOCS, blocks, text_of

ROOT = DOCS.parent
PAGES = sorted(path.name for path in DOCS.glob("*.md") if path.name != "status.md")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES)
def test_every_fence_is_read_as_a_block(page: str) -> None:
    fences = re.findall(r"^ *```", text_of(page), re.MULTILINE)
    assert len(fences) == 2 * len(blocks(page))


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in _LINK.findall(path.read_text(encoding="utf-8")):
        target, _, anchor = link.partition("#")
        if re.match(r"https?:|mailto:", link):
            continue
        found = path.parent / target if target else path
        assert found.exists(), link
        assert not anchor or anchor in anchors(found), link


def test_the_index_names_every_page() -> None:
    named = set(_LINK.findall(text_of("README.md")))
    pages = {*PAGES, *(f"web/{path.name}" for path in (DOCS / "web").glob("*.md"))} - {"README.md"}
    assert pages <= named


def anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
