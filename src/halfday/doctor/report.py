"""What was found, for people and as JSON. The same facts in both."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from halfday.client.causes.catalogue import CONFIDENCES, Finding
from halfday.doctor.steps.examination import Step

Paint = Callable[..., str]
_COLOURS = {"ok": "green", "problem": "red", "not checked": "faint"}


def plain(text: str, *_: str) -> str:
    return text


def findings_text(findings: Iterable[Finding], paint: Paint = plain, *, indent: str = "") -> str:
    """The findings as text. One that is only likely says so, and how to find out."""
    return "\n".join(_finding_text(found, paint, indent) for found in findings)


def step_text(step: Step, paint: Paint = plain, *, width: int = 16) -> str:
    outcome = paint(step.outcome.ljust(12), "bold" if step.outcome == "problem" else "faint", _COLOURS[step.outcome])
    lines = _wrap(step.told, " " * (width + 12))
    told = f"{outcome}{step.name.ljust(width)}{lines.lstrip()}\n"
    if step.findings:
        told += findings_text(step.findings[:3], paint, indent=" " * 12)
    return told


def finding_record(found: Finding) -> dict[str, Any]:
    """`certainty` is certain, likely, or guess for what rests on one report or is inferred."""
    return {
        "cause": found.cause,
        "certainty": certainty(found),
        "explanation": found.sentence,
        "fix": found.change,
        "find_out": found.probe or None,
        "evidence": CONFIDENCES.get(found.confidence),
    }


def step_record(step: Step) -> dict[str, Any]:
    causes = [finding_record(found) for found in step.findings]
    return {"step": step.name, "outcome": step.outcome, "found": step.told, "causes": causes}


def certainty(found: Finding) -> str:
    if found.certain:
        return "certain"
    return "guess" if found.confidence == "C" else "likely"


def _finding_text(found: Finding, paint: Paint, indent: str) -> str:
    told = certainty(found)
    word = paint(told.ljust(8), "bold", "red" if told == "certain" else "yellow")
    hanging = indent + " " * 10
    row = f" [{found.cause}]" if found.cause else ""
    lines = [f"{indent}{word}  {_wrap(found.sentence + row, hanging).lstrip()}"]
    lines.append(_wrap(f"→ {found.change}", hanging))
    if not found.certain and found.probe:
        lines.append(paint(_wrap(f"to find out: {found.probe}", hanging), "faint"))
    return "\n".join(lines) + "\n"


def _width() -> int:
    """The width of the terminal, or COLUMNS, between 60 and 100: longer lines are hard to read."""
    return max(60, min(100, shutil.get_terminal_size((100, 24)).columns))


def _wrap(text: str, indent: str) -> str:
    lines = textwrap.wrap(
        text, _width(), initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines)
