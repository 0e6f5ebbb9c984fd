"""What is true of every page: fences are read, links lead somewhere, the index names it; and lies are found."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.blocks import DOCS, Block, blocks, matches, text_of
from docs.reading import Reader
from halfday.cli.commands import COMMANDS
from halfday.client.configuration.setting_sources import NAMES
from halfday.server import settings

ROOT = DOCS.parent
PAGES = sorted(path.name for path in DOCS.glob("*.md") if path.name != "status.md")
WITH_LINKS = [str(path.relative_to(ROOT)) for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))]
_BLOCK = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES)
def test_every_fence_is_read_as_a_block(page: str) -> None:
    fences = re.findall(r"^ *```", text_of(page), re.MULTILINE)
    assert len(fences) == 2 * len(blocks(page))


@pytest.mark.parametrize("name", WITH_LINKS)
def test_every_link_leads_somewhere(name: str) -> None:
    path = ROOT / name
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


def told_in_passing() -> list[tuple[str, str]]:
    """(page, command) of every `halfday …` between backticks, outside of blocks."""
    found = []
    for name in WITH_LINKS:
        if "decisions" not in name:
            text = re.sub(
                r"^ *```.*?^ *```$", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
            )
            found += [(name, command) for command in re.findall(r"`[^`\n]*?\b(?<!from )(halfday [a-z][^`\n|)]*)", text)]
    return found


@pytest.mark.parametrize(("page", "command"), told_in_passing())
def test_a_command_that_is_told_in_passing_exists(page: str, command: str) -> None:
    _, name, *words = command.split()
    assert name in COMMANDS, page
    before = words[: words.index("--")] if "--" in words else words
    flags = {word.partition("=")[0] for word in before if re.match(r"--[a-z]", word)}
    if flags:
        assert flags <= set(re.findall(r"--[a-z][a-z-]*", help_of(name))), page


@functools.cache
def help_of(command: str) -> str:
    asked = [sys.executable, "-m", "halfday.cli", command, "--help"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def test_every_variable_that_is_named_is_read_somewhere() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    known = {f"HALFDAY_{name.upper()}" for name in NAMES} | set(re.findall(r'"(HALFDAY_[A-Z_]+)"', source))
    known |= {settings.ENVIRONMENT_PREFIX + setting.name.upper() for setting in settings.table()}
    named = set(re.findall(r"HALFDAY_[A-Z][A-Z_]*[A-Z](?![A-Z_])", "\n".join(map(text_of, PAGES))))
    assert named <= known
