"""Wherever an error is raised, it says what to change: by a hint of its own, or by words that the catalogue knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import halfday

PACKAGE = Path(halfday.__file__).parent
RAISED = {"HalfdayError", "SettingsError", "LoginAbandoned", "SessionBusy", "Refused", "NetworkError", "NothingThere"}
ADVICE = {"hint", "kind", "symptom"}
BY_THEIR_WORDS = {
    "client/browser/loopback.py": "1.25 of the catalogue knows 'cannot be listened on'",
    "client/session.py": "2.23 knows 'no ID token'",
}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in ("client", "cli", "web", "doctor"):
        for path in (PACKAGE / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED:
                    yield str(path.relative_to(PACKAGE)), node


@pytest.mark.parametrize(("place", "call"), [pytest.param(p, c, id=f"{p}:{c.lineno}") for p, c in calls()])
def test_an_error_is_raised_with_advice(place: str, call: ast.Call) -> None:
    assert ADVICE & {keyword.arg for keyword in call.keywords} or place in BY_THEIR_WORDS, ast.unparse(call)


def test_those_that_rely_on_their_words_are_still_there() -> None:
    assert set(BY_THEIR_WORDS) <= {
        place for place, call in calls() if not ADVICE & {keyword.arg for keyword in call.keywords}
    }
