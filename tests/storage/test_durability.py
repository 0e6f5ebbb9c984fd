"""What a power cut may cost: nothing that was answered, on a server that others reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from databases import run
from halfday.server.compose import make_services
from halfday.server.settings import SettingRefused, Settings
from halfday.server.storage.sqlite import SqliteDatabase

NORMAL, FULL = 1, 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, NORMAL),
        ({"durability": "full"}, FULL),
        ({"durability": "normal", "host": "0.0.0.0"}, NORMAL),
        ({"host": "0.0.0.0"}, FULL),
        ({"public_url": "https://id.example.com"}, FULL),
        ({"trusted_proxy": "10.0.0.1"}, FULL),
    ],
)
def test_a_server_for_others_waits_for_the_disk(tmp_path: Path, given: dict[str, str], expected: int) -> None:
    services = make_services(Settings(data=tmp_path / "data", **given), origin="http://localhost:4242")
    try:
        assert run(services.store.users._database.fetch("PRAGMA synchronous")) == [(expected,)]
    finally:
        services.key_pairs.close()
        run(services.store.close())


def test_a_durability_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingRefused, match="durability"):
        Settings(durability="off")


def test_a_database_opened_by_itself_waits_when_it_is_told_to(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "store.sqlite3", durable=True)
    assert run(database.fetch("PRAGMA synchronous")) == [(FULL,)]
    run(database.close())
