"""The documentation as one site, in .venv/site/made: `make docs`. It needs no network, to be made or to be read.

Zensical makes it of docs/ and of the project's own pages; here the pages are laid out for it, and what it made is
looked at: every link and picture leads to something, every anchor is there, and nothing is loaded from elsewhere.
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[1]
SITE = ROOT / ".venv" / "site"
PAGES, MADE = SITE / "pages", SITE / "made"

OF_THE_PROJECT = {
    "README.md": "project.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "reporting.md",
}
"""Pages beside docs/, and what they are called in the site."""

LOOKS = ("site.css", "mark.svg")

ORDER = {
    "Sign in": "code aws-cli ssh password guests roles api verify client commands",
    "Web applications": "web/fastapi web/flask web/django snippets",
    "Tests": "testing github-actions containers migrate migrate-from-localstack compare",
    "A Cognito of one's own": "serve seed-file providers saml branding https triggers gateway aws-services",
    "As deployed": "terraform templates iam sts policies production",
    "It does not work": "errors troubleshooting operations differences",
    "What is promised": "security performance status",
}
BEHIND = {"Decisions": "decisions", "What AWS does": "facts"}
"""Folders whose pages stand folded together, below all that a task needs."""
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)


def main() -> int:
    shutil.rmtree(SITE, ignore_errors=True)
    for source, name in sources().items():
        page = PAGES / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(in_the_site(source, (ROOT / source).read_text(encoding="utf-8")), encoding="utf-8")
    shutil.copytree(
        ROOT / "docs" / "pictures", PAGES / "pictures", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    for name in LOOKS:
        shutil.copy(ROOT / "releasing" / name, PAGES / name)
    (SITE / "zensical.toml").write_text(configuration(), encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(SITE / "zensical.toml")]
    if subprocess.run(command, cwd=SITE, check=False).returncode:
        return 1
    problems = sorted(wrong(MADE))
    print(*problems, f"{len(list(MADE.rglob('*.html')))} pages in {MADE}", sep="\n")
    return 1 if problems else 0


def sources() -> dict[str, str]:
    """Each file of the repository that is a page, and its name in the site."""
    docs = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    return {path: path.removeprefix("docs/") for path in docs} | OF_THE_PROJECT


def in_the_site(source: str, text: str) -> str:
    """The page with its links led to where they are in the site. What is not in the site is left as its words."""
    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts += [_with_links(source, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _with_links(source, text[end:])])


def _with_links(source: str, text: str) -> str:
    return _LINK.sub(lambda found: _link(source, *found.groups()), text)


def _link(source: str, picture: str, words: str, target: str) -> str:
    words = _with_links(source, words)
    if target.startswith("https://img.shields.io/"):  # a badge: the site loads nothing from elsewhere
        return ""
    if re.match(r"https?:|mailto:|#", target):
        return f"{picture}[{words}]({target})"
    path, _, anchor = target.partition("#")
    meant = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    there = sources().get(meant) or (meant.removeprefix("docs/") if meant.startswith("docs/pictures/") else None)
    if there is None:
        return words
    here = posixpath.dirname(sources()[source])
    if words.endswith(".md"):  # a file's name, in place of words: the site has no such file
        words = words.removesuffix(".md")
    return f"{picture}[{words}]({posixpath.relpath(there, here or '.')}{'#' + anchor if anchor else ''})"


def configuration() -> str:
    """Zensical's, with the pages in their order. JSON's lists and texts are TOML's too."""
    text = (ROOT / "releasing" / "zensical.toml").read_text(encoding="utf-8")
    groups = [_group("", [("What do you want to do?", "README.md"), ("The project", "project.md")])]
    for title, names in ORDER.items():
        groups.append(_group(title, [(_title(f"{name}.md"), f"{name}.md") for name in names.split()]))
    behind = [_group("", [(_title(name), name) for name in ("changelog.md", "contributing.md", "reporting.md")])]
    for title, folder in BEHIND.items():
        names = sorted(name for name in sources().values() if name.startswith(f"{folder}/"))
        behind.append(_group(title, [(_title(name), name) for name in names]))
    nav = ",\n".join([*groups, f'{{ "Behind it" = [{", ".join(behind)}] }}'])
    where = f'docs_dir = "{PAGES.name}"\nsite_dir = "{MADE.name}"\nnav = [\n{nav}\n]\n'
    return text.replace("[project]\n", f"[project]\n{where}", 1)


def _group(title: str, pages: list[tuple[str, str]]) -> str:
    items = ", ".join(f"{{ {json.dumps(name, ensure_ascii=False)} = {json.dumps(page)} }}" for name, page in pages)
    return f"{{ {json.dumps(title)} = [{items}] }}" if title else items


def _title(name: str) -> str:
    """The page's first heading, without its marks, its number, and the name of its file."""
    heading = re.search(r"^# (.+)$", (PAGES / name).read_text(encoding="utf-8"), re.MULTILINE)
    return re.sub(r"^[\w-]+\.md — |^\d+\. |[`*]", "", heading[1]) if heading else name


class _Page(HTMLParser):
    """What a page leads to, what it loads, and which anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = dict(attrs)
        self.anchors |= {of.get("id") or "", (of.get("name") or "") if tag == "a" else ""}
        if tag == "a" and of.get("href"):
            self.links.append(str(of["href"]))
        if of.get("src") or (tag == "link" and of.get("rel") in ("stylesheet", "icon", "preload")):
            self.loaded.append(str(of.get("src") or of.get("href")))


def wrong(made: Path) -> Iterator[str]:
    """What is wrong with the site, a line each."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in made.rglob("*.html") if path.name != "404.html"}
    for path, page in pages.items():
        for target in page.loaded:
            if urlsplit(target).netloc:
                yield f"{path.relative_to(made)} loads {target}"
        for target in page.links + page.loaded:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not there.is_file():
                yield f"{path.relative_to(made)}: there is no {target}"
            elif there in pages and parts.fragment and unquote(parts.fragment) not in pages[there].anchors:
                yield f"{path.relative_to(made)}: {parts.path} has no #{parts.fragment}"


if __name__ == "__main__":
    sys.exit(main())
