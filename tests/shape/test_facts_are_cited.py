"""Whoever reads `facts/oauth.md §3` in the code finds that sheet and that section in docs/facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__)
ROOT = HERE.parents[2]
SHEETS = {sheet.name: sheet.read_text() for sheet in (ROOT / "docs" / "facts").glob("*.md")}
CITATION = re.compile(r"facts/(?P<sheet>\w+\.md)(?P<places>(?:,? (?:and |to )?(?:§ ?)?[0-9]+(?:\.[0-9]+)?[a-z]?\b)*)")
FOLDERS = ("src", "tests", "docs", "bench")


def citing_files() -> Iterator[Path]:
    for folder in FOLDERS:
        for kind in ("*.py", "*.md", "*.toml", "*.sql"):
            yield from (
                path for path in (ROOT / folder).rglob(kind) if path != HERE and "node_modules" not in path.parts
            )
    yield from ROOT.glob("*.md")


def citations(text: str) -> Iterator[tuple[str, str]]:
    """(sheet, place): a section such as 4 or 4.1, or a row of a table such as 7.13a; "" for the whole sheet."""
    for found in CITATION.finditer(" ".join(text.split())):
        places = re.findall(r"[0-9]+(?:\.[0-9]+)?[a-z]?", found["places"])
        yield from ((found["sheet"], place) for place in places or [""])


def stands(sheet: str, place: str) -> bool:
    text = SHEETS.get(sheet, "")
    if not place:
        return bool(text)
    row = re.escape(place.rstrip("abcdefgh"))
    return re.search(rf"^(#+ {re.escape(place)}[. ]|\| {row} \|)", text, re.MULTILINE) is not None


def test_every_citation_leads_to_a_sheet_and_a_section() -> None:
    found = {(path, *cited) for path in citing_files() for cited in citations(path.read_text())}
    assert len({(sheet, place) for _, sheet, place in found if place}) > 50, "these are the citations"
    lost = [f"{path.relative_to(ROOT)}: {sheet} {place}" for path, sheet, place in found if not stands(sheet, place)]
    assert sorted(lost) == []


@pytest.mark.parametrize(
    "text", ["facts/oauth.md §99", "facts/nowhere.md", "facts/failures.md 7.9999", "facts/api.md §4.9"]
)
def test_a_citation_that_leads_nowhere_is_found(text: str) -> None:
    assert not all(stands(*cited) for cited in citations(text))


def test_several_places_of_one_citation_are_all_looked_up() -> None:
    assert list(citations("facts/api.md §4, §4.1 and §9; facts/failures.md 7.1")) == [
        ("api.md", "4"), ("api.md", "4.1"), ("api.md", "9"), ("failures.md", "7.1"),
    ]  # fmt: skip
