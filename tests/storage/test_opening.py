"""Whatever the data folder holds, a start says in one sentence what is wrong with it, and alters nothing of others."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from halfday.server.compose import DATABASE_FILE, MESSAGES_FILE
from halfday.server.settings import MASTER_KEY_FILE, SettingRefused
from halfday.server.storage.data_folder import ALONE_FILE, SERVING_FILE
from halfday.server.storage.errors import Unusable
from halfday.server.storage.sealing import WrongMasterKey
from world import World, running

Damage = Callable[[Path], object]
NAMES = (DATABASE_FILE, MESSAGES_FILE, MASTER_KEY_FILE, SERVING_FILE, ALONE_FILE)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("used") / "data"
    with running(data, upstream="none") as world:
        world.pool()
    return data


@pytest.fixture
def data(tmp_path: Path, used: Path) -> Path:
    return shutil.copytree(used, tmp_path / "data")


def sentence(data: Path) -> str:
    with pytest.raises((Unusable, SettingRefused, WrongMasterKey)) as caught, running(data, upstream="none"):
        pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def sql(path: Path, script: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()


def foreign(path: Path) -> None:
    path.unlink()
    sql(path, "CREATE TABLE songs (title TEXT); INSERT INTO songs VALUES ('Daisy')")


def foreign_with_a_version(path: Path) -> None:
    foreign(path)
    sql(path, "PRAGMA user_version = 3")


def damaged_within(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda path: path.write_bytes(b"no database at all, " * 100), "is no SQLite database"),
        (foreign, "is the database of another program"),
        (foreign_with_a_version, "is the database of another program"),
        (lambda path: sql(path, "PRAGMA user_version = 99"), "was written by a newer Halfday: its version is 99"),
        (lambda path: sql(path, "DROP TABLE pools"), "is the database of another program"),
        (lambda path: sql(path, "PRAGMA user_version = 1"), "holds tables that are not as this Halfday knows them"),
        (damaged_within, "is damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:6000]), "is damaged"),
    ],
)
def test_a_database_that_is_not_ours_is_told_by_its_path(data: Path, damage: Damage, told: str) -> None:
    path = data / DATABASE_FILE
    damage(path)
    assert told in (said := sentence(data))
    assert str(path) in said


def test_nothing_is_written_into_another_program_s_database(data: Path) -> None:
    path = data / DATABASE_FILE
    foreign(path)
    before = path.read_bytes()
    sentence(data)
    assert path.read_bytes() == before


def test_an_empty_file_is_a_new_database(data: Path) -> None:
    (data / DATABASE_FILE).write_bytes(b"")
    with running(data, upstream="none") as world:
        assert world.idp.list_user_pools(MaxResults=1)["UserPools"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_where_a_file_belongs_is_told_by_its_path(data: Path, name: str) -> None:
    (data / name).unlink(missing_ok=True)
    (data / name).mkdir()
    assert f"{data / name} is no file" in sentence(data)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_may_not_be_read_is_told_by_its_path(data: Path, name: str) -> None:
    (data / name).touch()
    (data / name).chmod(0)
    assert str(data / name) in sentence(data)


def test_a_master_key_that_cannot_be_read_is_told_by_its_path(data: Path, tmp_path: Path) -> None:
    for key in (tmp_path, tmp_path / "nowhere" / "master.key"):
        with (
            pytest.raises((WrongMasterKey, SettingRefused), match=str(key)),
            running(data, upstream="none", master_key_file=str(key)),
        ):
            pass


def test_the_command_says_what_to_do_and_shows_no_traceback(data: Path) -> None:
    foreign(data / DATABASE_FILE)
    command = [sys.executable, "-m", "halfday.cli", "serve", "--port", "0", "--data", str(data), "--upstream", "none"]
    done = subprocess.run(command, cwd=data.parent, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "is the database of another program" in done.stderr
    assert "halfday: hint: give another --data folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_that_is_full_meanwhile_is_told_in_the_log(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By the file and the reason: of other exceptions the type and place alone are logged."""
    with running(data, upstream="none") as world:
        database = world.running.services.store._database
        database._connection.execute("PRAGMA max_page_count = 1")  # the file may not grow any more
        with pytest.raises(ClientError, match="Internal error"):
            make_pools(world, 50)
    assert f"{DATABASE_FILE} cannot be written: the disk is full" in caplog.text


def make_pools(world: World, number: int) -> None:
    for _ in range(number):
        world.pool()
