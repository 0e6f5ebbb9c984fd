"""Which context arrives where triggers will be called: where users are made, messages composed and tokens minted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from halfday.server.domain.request_context import RequestContext
from halfday.server.flows import outgoing_mail
from halfday.server.flows.triggers import sign_up, token_generation

PLACES = (
    ("create_user", sign_up.pre_sign_up),
    ("compose", outgoing_mail.compose),
    ("mint", token_generation.changes_for_user),
    ("mint", token_generation.changes_for_machine),
)


class Arrivals:
    """Every call of a place, with its context, whichever module calls it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[str, RequestContext]] = []
        for place, original in PLACES:
            self._watch(monkeypatch, place, original)

    def at(self, place: str) -> RequestContext:
        """The context of the one call there since the last look."""
        (found,) = {id(context): context for where, context in self.seen if where == place}.values()
        self.seen.clear()
        return found

    def _watch(self, monkeypatch: pytest.MonkeyPatch, place: str, original: Callable[..., Any]) -> None:
        @wraps(original)
        def watched(*given: Any, **named: Any) -> Any:
            (context,) = [value for value in (*given, *named.values()) if isinstance(value, RequestContext)]
            self.seen.append((place, context))
            return original(*given, **named)

        modules = [module for name, module in sys.modules.items() if name.startswith("halfday.server")]
        for module in modules:
            for name in [name for name, value in vars(module).items() if value is original]:
                monkeypatch.setattr(module, name, watched)
