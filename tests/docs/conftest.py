"""A server for all pages, and for each a reader with an empty home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.place import Place, up
from docs.reading import Reader


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with up(tmp_path_factory.mktemp("data")) as place:
        yield place


@pytest.fixture
def reader(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(tmp_path / "home", place.words, place.new_code, monkeypatch)
