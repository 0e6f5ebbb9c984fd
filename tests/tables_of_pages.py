"""The tables of docs/ that are made of the code: `make tables` writes them anew, and tests compare them.

Each stands on its page between `<!-- NAME: … -->` and `<!-- /NAME -->`; that of docs/errors.md is a section.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from halfday.cli.commands import COMMANDS
from halfday.doctor.errors_page import SECTIONS, markdown
from halfday.server import settings
from halfday.server.operations import families
from halfday.server.operations.framework import registry
from halfday.server.operations.framework.model import SERVICES, service_model

ROOT = Path(__file__).parents[1]
_CAUSES = re.compile(
    rf"^### {re.escape(SECTIONS['1'])}\n.*?^### Known only with evidence[^|]*(?:^\|[^\n]*\n)*", re.DOTALL | re.MULTILINE
)


def operations_table() -> str:
    assert families.FAMILIES
    rows = ["| service | answered | operations |", "|---|--:|---|"]
    for service in SERVICES:
        answered = [operation.name for operation in registry.registered() if operation.service == service]
        total = len(service_model(service).operation_names)
        rows.append(f"| {service} | {len(answered)} of {total} | {' · '.join(answered)} |")
    return "\n".join(rows) + "\n"


def settings_table() -> str:
    rows = ["| setting | without it | what it is |", "|---|---|---|"]
    rows += [f"| `{setting.name}` | {_default(setting)} | {_meaning(setting)} |" for setting in settings.table()]
    return "\n".join(rows) + "\n"


def _default(setting: dataclasses.Field[Any]) -> str:
    if setting.default is False:
        return "off"
    return f"`{setting.default}`" if str(setting.default) else ""


def _meaning(setting: dataclasses.Field[Any]) -> str:
    choices = setting.metadata["choices"]
    said = str(setting.metadata["help"]).replace("|", "\\|")
    said = f"{said} ({', '.join(f'`{one}`' for one in choices)})" if choices else said
    return f"{said}. A secret: `{settings.secret_file(setting)}` names a file with it" if _is_secret(setting) else said


def _is_secret(setting: dataclasses.Field[Any]) -> bool:
    return setting in settings.secrets()


def commands_table() -> str:
    rows = ["| command | what it does |", "|---|---|"]
    rows += [f"| `halfday {name}` | {summary} |" for name, (_, summary) in COMMANDS.items()]
    return "\n".join(rows) + "\n"


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "operations": ("operations.md", operations_table),
    "settings": ("serve.md", settings_table),
    "commands": ("commands.md", commands_table),
}
"""Name, page and how it is made."""


def written(name: str) -> str:
    """The page with its table as it has to be. Raises AssertionError for a page without its marks."""
    page, make = TABLES[name]
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    marked = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- /{name} -->)", re.DOTALL)
    made, count = marked.subn(lambda found: found[1] + make() + found[2], text)
    assert count == 1, f"docs/{page} has no place for {name}"
    return made


def main() -> None:
    for name, (page, _) in TABLES.items():
        (ROOT / "docs" / page).write_text(written(name), encoding="utf-8")
    errors = ROOT / "docs" / "errors.md"
    errors.write_text(_CAUSES.sub(lambda m: markdown(), errors.read_text(), count=1))


if __name__ == "__main__":
    main()
