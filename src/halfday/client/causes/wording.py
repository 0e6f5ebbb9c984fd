"""Findings in sentences, for an error's hint and for the notes of a traceback."""

from __future__ import annotations

from collections.abc import Sequence

from halfday.client.causes.catalogue import Finding

MOST = 5
"""How many causes are shown: more suspicions do not help."""


def tell(findings: Sequence[Finding]) -> str:
    """The findings as text: the first with its remedy, then the others as further suspicions, a line each."""
    lines = [f"{_doubt(found)}{found.sentence}. {found.change}." for found in findings[:1]]
    lines += [f"{_also(found)}: {found.sentence}. {found.change}." for found in findings[1:MOST]]
    return "\n".join(lines)


def notes(findings: Sequence[Finding], hint: str) -> list[str]:
    """The same for a traceback, in the order that ends with what to change."""
    if not findings:
        return [f"hint: {hint}"] if hint else []
    first, *others = findings[:MOST]
    also = [f"{_also(found)}: {found.sentence}" for found in others]
    return [f"why: {_doubt(first)}{first.sentence}", *also, f"hint: {first.change}"]


def _doubt(found: Finding) -> str:
    return "" if found.certain else "most likely, though nothing here proves it: "


def _also(found: Finding) -> str:
    return "also" if found.certain else "or"
