"""The catalogue of causes as Markdown: what people paste, and what it means. docs/errors.md holds it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from halfday.client.causes.catalogue import Cause, catalogue

SECTIONS = {
    "1": "The sign-in link, the sign-in page, the provider behind it, and the way back",
    "2": "The token endpoint",
    "3": "The user pool's API, its configuration, its triggers and messages",
    "4": "Tokens that a library or program does not accept",
    "5": "The identity pool",
    "6": "STS",
    "7": "Credentials and tokens in use: AWS, API Gateway, AppSync, load balancers",
    "8": "Signing out and revoking",
    "0": "The network, and what stands on the way to all of them",
    "9": "What is not Cognito's",
}
_HEAD = "| id | pasted, such as | means |\n|---|---|---|\n"
_BY_EVIDENCE = "### Known only with evidence: `--sent`, `--link`, `--ask`, a pasted token, or halfday doctor\n\n"


def markdown() -> str:
    """Every cause, by section. Causes that words alone do not tell come last, in a table of their own."""
    told = [cause for cause in catalogue() if cause.says]
    proven = [cause for cause in catalogue() if not cause.says]
    parts = [_section(title, _of(number, told)) for number, title in SECTIONS.items()]
    rows = "".join(f"| {cause.id} | {_means(cause)} |\n" for cause in sorted(proven, key=_order))
    return "\n".join([*parts, f"{_BY_EVIDENCE}| id | means |\n|---|---|\n{rows}"])


def _of(number: str, causes: Iterable[Cause]) -> list[Cause]:
    return sorted((cause for cause in causes if cause.id.partition(".")[0] == number), key=_order)


def _section(title: str, causes: Iterable[Cause]) -> str:
    rows = "".join(f"| {cause.id} | {_says(cause)} | {_means(cause)} |\n" for cause in causes)
    return f"### {title}\n\n{_HEAD}{rows}"


def _says(cause: Cause) -> str:
    return " · ".join(f"`{_cell(says)}`" for says in cause.says)


def _means(cause: Cause) -> str:
    return _cell(re.sub(r"\{\w+\}", "…", cause.explanation))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _order(cause: Cause) -> tuple[int, int, str]:
    section, _, number = cause.row.partition(".")
    return int(section), int(number), cause.id
