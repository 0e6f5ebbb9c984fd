"""docs/sts.md: every block of the page runs as it stands, at a server of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.reading import Reader
from world import running


def test_i_want_to_assume_a_role_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "data") as world:
        words = {"http://127.0.0.1:4242": world.origin}
        Reader(tmp_path / "home", words, lambda: "", monkeypatch).read("sts.md")
