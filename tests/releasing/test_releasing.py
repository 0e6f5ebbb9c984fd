"""What a release is made by: the page on PyPI, the notes, the site, and the checks that find what is missing."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import halfday

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SOMEWHERE = "https://git.example.com/halfday/halfday"


def program(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"releasing_{name}", ROOT / "releasing" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def relative_links(text: str) -> list[str]:
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"https?:|#|mailto:", target)]


@pytest.fixture
def metadata() -> ModuleType:
    pytest.importorskip("hatchling", reason="hatchling builds the package, and is not needed by its tests")
    return program("metadata")


@pytest.mark.parametrize("repository", ["", SOMEWHERE])
def test_no_link_of_the_page_on_pypi_leads_nowhere(metadata: ModuleType, repository: str) -> None:
    assert relative_links(README)
    assert relative_links(metadata.page(README, repository)) == []


def test_a_known_repository_is_linked_page_by_page(metadata: ModuleType) -> None:
    page = metadata.page(README, SOMEWHERE)
    assert f"]({SOMEWHERE}/blob/main/docs/README.md)" in page
    assert f"![The sign-in page]({SOMEWHERE}/raw/main/docs/pictures/sign-in.png)" in page
    assert set(metadata.addresses(SOMEWHERE)) == {"Repository", "Documentation", "Changelog", "Issues"}


def test_a_repository_that_nobody_knows_is_not_made_up(metadata: ModuleType) -> None:
    assert metadata.addresses("") == {}
    page = metadata.page(README, "")
    assert "pictures" not in page
    assert set(re.findall(r"\]\((https?://[^/]+)", page)) == {"https://img.shields.io"}


def test_the_badges_say_what_the_package_says() -> None:
    versions = [one.rpartition(" ")[2] for one in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", one)]
    assert f"![Python: {versions[0]} to {versions[-1]}]" in README
    assert f"![licence: {PROJECT['license']}]" in README
    assert "Typing :: Typed" in PROJECT["classifiers"]
    assert PROJECT["requires-python"] == f">={versions[0]}"
    assert PROJECT["version"] == halfday.__version__


def test_the_notes_of_a_release_are_those_of_its_version() -> None:
    notes = program("notes").notes
    changelog = "# Changelog\n\n## 0.2.0 (unreleased)\n\n- New.\n\n## 0.1.0\n\n- Old.\n"
    assert notes(changelog) == notes(changelog, "0.2.0") == "- New.\n"
    assert notes(changelog, "0.1.0") == "- Old.\n"
    with pytest.raises(LookupError):
        notes(changelog, "0.3.0")
    assert notes((ROOT / "CHANGELOG.md").read_text(), PROJECT["version"])


def test_what_is_missing_in_a_package_is_found() -> None:
    missing = program("package").missing
    assert missing(["a/py.typed", "a/schema/0001_x.sql"], ("a/py.typed", "a/schema/0001_*.sql")) == []
    assert missing(["a/py.typed"], ("a/schema/0001_*.sql", "a/LICENSE")) == [
        "a/schema/0001_*.sql is missing",
        "a/LICENSE is missing",
    ]


def test_the_package_is_tried_on_this_python_at_least() -> None:
    assert sys.executable in program("package").supported()


def test_every_page_has_its_place_in_the_site() -> None:
    site = program("site")
    placed = {f"{name}.md" for names in site.ORDER.values() for name in names.split()}
    pages = {name for name in site.sources().values() if not name.startswith(("decisions/", "facts/"))}
    assert placed == pages - {"README.md", *site.OF_THE_PROJECT.values()}


def test_links_lead_to_where_the_page_is_in_the_site() -> None:
    there = program("site").in_the_site
    assert there("README.md", "[x](docs/serve.md#settings) [y](LICENSE)") == "[x](serve.md#settings) y"
    assert there("docs/README.md", "[x](../README.md) [y](web/flask.md)") == "[x](project.md) [y](web/flask.md)"
    assert there("docs/web/flask.md", "[x](../code.md)") == "[x](../code.md)"
    assert there("docs/decisions/0001-x.md", "[x](../../tests/README.md)") == "x"
    assert there("docs/README.md", "[code.md](code.md)") == "[code](code.md)"
    assert there("README.md", "```sh\n[x](docs/y.md)\n```\n") == "```sh\n[x](docs/y.md)\n```\n"


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<a href="b.html#there">', []),
        ('<a href="b.html#gone">', ["a.html: b.html has no #gone"]),
        ('<a href="c.html">', ["a.html: there is no c.html"]),
        ('<img src="c.png">', ["a.html: there is no c.png"]),
        ('<script src="https://cdn.example.com/x.js">', ["a.html loads https://cdn.example.com/x.js"]),
        ('<link rel="stylesheet" href="https://fonts.example.com/x">', ["a.html loads https://fonts.example.com/x"]),
        ('<a href="https://example.com/">', []),
    ],
)
def test_what_is_wrong_with_a_site_is_found(tmp_path: Path, html: str, found: list[str]) -> None:
    (tmp_path / "a.html").write_text(html)
    (tmp_path / "b.html").write_text('<h2 id="there">')
    assert list(program("site").wrong(tmp_path)) == found
