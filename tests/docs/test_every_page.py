"""What is true of every page: fences are read, links lead somewhere, the index names it; and lies are found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.blocks import DOCS, Block, blocks, matches, text_of
from docs.reading import Reader

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


@pytest.mark.parametrize(
    ("shown", "actual", "same"),
    [
        ("a b\n", "a b\n", True),
        ("a b\n", "a\n  b\n", True),
        ("a b\n", "a c\n", False),
        ("a b\n", "a b\nc\n", False),
        ("until … (in 60 min)\n", "until 04:48 (in 60 min)\n", True),
        ("until … (in 60 min)\n", "until 04:48\n", False),
        ("…\nhint: x\n", "1\n2\nhint: x\n", True),
        ("hint: x\n…\n", "hint: y\n", False),
        ("", "", True),
        ("", "said all the same\n", False),
    ],
)
def test_what_a_page_shows_is_held_against_what_is_said(shown: str, actual: str, *, same: bool) -> None:
    assert matches(shown, actual) is same


def test_a_value_that_differs_from_the_page_s_is_found(reader: Reader) -> None:
    with pytest.raises(AssertionError, match="it is 2, not 3"):
        reader.do(Block("made-up.md", 1, "python", "1 + 1   # → 3\n"))


def test_a_command_that_fails_is_found(reader: Reader) -> None:
    with pytest.raises(AssertionError, match="made-up"):
        reader.do(Block("made-up.md", 1, "sh", "true\nfalse\ntrue\n"))
