"""An application that is loaded at its first request, or when there is a moment for it: once, and beside all else."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

from halfday.server import background
from halfday.server.background import load_later
from halfday.server.late_app import LateApp


def test_requests_that_come_at_once_wait_for_one_loading_in_a_thread() -> None:
    made: list[str] = []
    answered: list[str] = []
    goes_on = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        answered.append(scope["path"])

    def make() -> Any:
        made.append(threading.current_thread().name)
        assert goes_on.wait(10)
        return app

    async def ask() -> None:
        late = LateApp(make)
        asking = [asyncio.create_task(late({"path": path}, None, None)) for path in "ab"]  # type: ignore[arg-type]
        while not made:
            await asyncio.sleep(0.001)
        assert answered == [], "and the loop goes on meanwhile"
        goes_on.set()
        await asyncio.gather(*asking)
        await late({"path": "c"}, None, None)  # type: ignore[arg-type]

    asyncio.run(ask())
    assert sorted(answered) == ["a", "b", "c"]
    assert len(made) == 1
    assert made[0] != threading.main_thread().name


def test_what_cannot_be_loaded_is_logged_and_keeps_nothing_else_from_loading(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "LOADED_AFTER_S", 0.0)
    loaded: list[str] = []

    def fails() -> Any:
        raise ImportError("hunter2")

    with caplog.at_level(logging.ERROR):
        asyncio.run(load_later([LateApp(fails), LateApp(lambda: loaded.append("second"))]))  # type: ignore[arg-type, func-returns-value]
    assert loaded == ["second"]
    assert "pages could not be loaded" in caplog.text
    assert "hunter2" not in caplog.text
