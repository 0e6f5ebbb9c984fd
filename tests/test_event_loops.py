"""The server's event loop: uvloop's where it is installed, else asyncio's."""

from __future__ import annotations

import asyncio
import sys
from types import SimpleNamespace

import pytest

from halfday.server import event_loops


async def loop_in_use() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def test_without_uvloop_the_loop_is_asyncio_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert type(event_loops.run(loop_in_use())) is type(asyncio.new_event_loop())


def test_with_uvloop_the_loop_is_its(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loop(asyncio.SelectorEventLoop):
        pass

    monkeypatch.setitem(sys.modules, "uvloop", SimpleNamespace(new_event_loop=Loop))
    loop = event_loops.run(loop_in_use())
    assert isinstance(loop, Loop)
    assert loop.is_closed()
