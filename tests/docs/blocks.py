"""The pages of docs/, as blocks that can be run, and what is shown beside them."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    page: str
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"docs/{self.page}:{self.line}"

    @property
    def file_name(self) -> str | None:
        """A block whose first line is `# NAME.EXT` is that file."""
        named = re.match(r"# ([\w./-]+\.\w+)\n", self.text)
        return named[1] if named else None


@dataclass(frozen=True)
class Command:
    """One command of a console block, and what the page says that the terminal shows."""

    text: str
    shown: str


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    text = text_of(page)
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found[2], textwrap.dedent(found[3]))
        for found in _FENCE.finditer(text)
    ]


def commands(block: Block) -> list[Command]:
    """`$ ` begins a command, `> ` goes on with it; what follows is shown."""
    made: list[Command] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            made.append(Command(line[2:], ""))
        elif line.startswith("> ") and made and not made[-1].shown:
            made[-1] = Command(f"{made[-1].text}\n{line[2:]}", "")
        else:
            assert made, f"{block.place}: output before any command"
            made[-1] = Command(made[-1].text, made[-1].shown + line + "\n")
    return made


def matches(shown: str, actual: str) -> bool:
    """Whether it is what the page shows: `…` stands for anything within a line, alone on a line for any lines.

    Lines may be wrapped elsewhere: names are longer or shorter here than on the page.
    """
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "…" else "".join(_word(word) for word in line.split())
        for line in shown.splitlines()
    )
    text = "\n".join(line.strip() for line in actual.splitlines()).strip()
    return re.fullmatch(pattern, f"{text}\n" if text else "") is not None


def _word(word: str) -> str:
    return re.escape(word).replace("…", ".*") + r"\s+"
