"""Seed files that were damaged, and starts that were cut short: one sentence, no traceback, nobody left half made."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import random
import shutil
import tomllib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from halfday.protocol import srp
from halfday.server import demo, seed, seed_file
from halfday.server.compose import make_services
from halfday.server.domain.users.users import User
from halfday.server.seed.stand_ins import RunningStandIn, declared
from halfday.server.seed_file import SeedRefused
from halfday.server.services import Services
from halfday.server.settings import SettingRefused, Settings, load
from halfday.server.storage.sqlite import SqliteDatabase
from world import PASSWORD, running

T = TypeVar("T")

POOL = "us-east-1_Seeded01"
CLIENT = {"id": "seededclient", "auth_flows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}
EMPTY_POOL: dict[str, Any] = {"id": POOL, "client": [CLIENT], "group": [{"name": "analysts"}, {"name": "readers"}]}
ADA: dict[str, Any] = {
    "username": "ada",
    "password": PASSWORD,
    "attributes": {"email": "ada@example.com", "email_verified": "true"},
    "groups": ["analysts", "readers"],
}
INVITED = {("temporary_password" if name == "password" else name): value for name, value in ADA.items()}

SERVER = (
    'host = "127.0.0.1"\nport = 4242\npublic_url = "http://127.0.0.1:4242"\nupstream = "none"\nregion = "us-east-1"\n'
)

STRANGE: Sequence[Any] = (
    "", "\0", "\x1b]0;x\a", "x" * 100_000, "http://[", "../../etc",
    0, -1, 10**30, 1e308, float("inf"), float("nan"), True, datetime(2026, 1, 1, tzinfo=UTC),
    [], [[]], [{}], [1], ["", ""], {}, {"": ""}, {"a": {"b": [1e999]}},
)  # fmt: skip


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a server on which the demo's seed file has been applied: a start on it makes no keys anew."""
    data = tmp_path_factory.mktemp("applied") / "data"
    with running(data, tomllib.loads(demo.seed_text()), upstream="none"):
        pass
    return data


def starts_or_says_why(data: Path, document: Mapping[str, Any]) -> str:
    """Empty for a server that started. Anything but a refusal is an error of ours, and raised."""
    try:
        settings = load({}, {}, document.get("server"))
        chosen = {"host": settings.host, "public_url": settings.public_url, "region": settings.region}
        with running(data, document, upstream="none", **chosen):
            return ""
    except (SeedRefused, SettingRefused) as refused:
        return str(refused)


@pytest.mark.parametrize("seed_number", range(4))
def test_a_damaged_seed_file_is_no_traceback(tmp_path: Path, applied: Path, seed_number: int) -> None:
    chance = random.Random(seed_number)
    whole = demo.seed_text().replace("[server]\n", f"[server]\n{SERVER}").encode()
    path, refused = tmp_path / "halfday.toml", 0
    for number in range(32):
        path.write_bytes(_damaged(whole, chance))
        data = shutil.copytree(applied, tmp_path / f"data{number}")
        try:
            sentence = starts_or_says_why(data, seed_file.read(path))
        except SeedRefused as problem:
            sentence = str(problem)
        assert "\n" not in sentence.strip()
        refused += bool(sentence)
    assert refused > 8, "most damage is seen"


@pytest.mark.parametrize("strange", STRANGE, ids=lambda value: f"{type(value).__name__}-{str(value)[:12]!r}")
def test_a_value_of_another_kind_is_refused_by_its_name(tmp_path: Path, applied: Path, strange: Any) -> None:
    """In each place of the demo's file. Where the place can have no such value, the sentence names the key.

    Where it can, a start either succeeds or refuses: tried for some of these places, which the value chooses.
    """
    declared = tomllib.loads(demo.seed_text())
    places, chance = list(_places(declared)), random.Random(str(strange))
    tried = set(chance.sample(range(len(places)), 15))
    for number, (place, key) in enumerate(places):
        document = copy.deepcopy(declared)
        _put(document, [*place, key], strange)
        refused = _refusal_of(document)
        if refused is None and number in tried:
            data = shutil.copytree(applied, tmp_path / f"data{number}")
            with contextlib.suppress(SeedRefused):
                _apply(data, document)
            shutil.rmtree(data)
        elif refused is not None:
            assert str(key) in refused or str([*place, ""][-2]) in refused


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"\xff\xfe[\0s\0", "is not UTF-8"),
        (b"a = " + b"[" * 100_000, "is not TOML"),
        (b"[server]\nport = " + b"9" * 5_000, "is not TOML"),
        (b"server = 1", "server must be written as [server]"),
        (b"[stand_in_google]\n", "[stand_in_google]: client_id is missing"),
        (
            b'[stand_in_google]\nclient_id = "a"\nclient_secret = "b"\naccounts = [{name = "x"}]',
            "[[stand_in_google.accounts]] number 1: email is missing",
        ),
        (
            b'[[user_pool]]\nid = "us-east-1_a"\n[[user_pool.user]]\nusername = "a"\nattributes = {name = 1}',
            "[[user_pool.user]] number 1: attributes.name must be text",
        ),
    ],
)
def test_what_is_no_seed_file_is_told_in_a_sentence(tmp_path: Path, text: bytes, told: str) -> None:
    path = tmp_path / "halfday.toml"
    path.write_bytes(text)
    with pytest.raises(SeedRefused) as caught:
        seed_file.read(path)
    assert told in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "halfday.toml"
    path.write_bytes(b'\xef\xbb\xbf[[user_pool]]\r\nid = "us-east-1_Windows01"\r\n')
    assert seed_file.read(path) == {"user_pool": [{"id": "us-east-1_Windows01"}]}


@pytest.mark.parametrize("user", [ADA, INVITED])
def test_whom_a_killed_start_left_half_made_the_next_one_finishes(tmp_path: Path, user: dict[str, Any]) -> None:
    """Killed at every second statement of making a user; tests/units kills each use case at every one."""
    document = {"user_pool": [{**EMPTY_POOL, "user": [user]}]}
    before, number = tmp_path / "before", 0
    _apply(before, {"user_pool": [EMPTY_POOL]})
    while _killed_at(number, shutil.copytree(before, tmp_path / f"data{number}"), document):
        data = tmp_path / f"data{number}"
        _apply(data, document)
        found, groups = _kept(data)
        assert groups == ["analysts", "readers"], f"killed at statement {number}"
        assert found.status.value == ("CONFIRMED" if "password" in user else "FORCE_CHANGE_PASSWORD")
        verifier, password = srp.Verifier(found.srp_salt, found.srp_verifier), [*user.values()][1]
        assert srp.password_matches(verifier, "Seeded01", "ada", password), f"killed at statement {number}"
        number += 2
    assert number > 30, "statements were counted"


def test_whom_people_have_touched_no_start_touches_again(tmp_path: Path) -> None:
    document = {"user_pool": [{**EMPTY_POOL, "user": [ADA]}]}
    with running(tmp_path, document, upstream="none") as world:
        ada = {"UserPoolId": POOL, "Username": "ada"}
        world.idp.admin_set_user_password(**ada, Password="Temporary-9", Permanent=False)
        world.idp.admin_remove_user_from_group(**ada, GroupName="readers")
    with running(tmp_path, document, upstream="none") as world:
        assert world.idp.admin_get_user(**ada)["UserStatus"] == "FORCE_CHANGE_PASSWORD"
        groups = world.idp.admin_list_groups_for_user(**ada)["Groups"]
        assert [group["GroupName"] for group in groups] == ["analysts"]


def _refusal_of(document: Mapping[str, Any]) -> str | None:
    try:
        seed_file.check(document)
    except SeedRefused as refused:
        return str(refused)
    return None


def _with_services(data: Path, work: Callable[[Services], Awaitable[T]]) -> T:
    async def once() -> T:
        services = make_services(Settings(data=data, upstream="none"), origin="http://127.0.0.1:4242")
        try:
            return await work(services)
        finally:
            await services.store.close()

    return asyncio.run(once())


def _apply(data: Path, document: Mapping[str, Any]) -> None:
    stand_in = [RunningStandIn(one, "http://127.0.0.1:4243") for one in declared(document, Settings())]
    _with_services(data, lambda services: seed.apply(services, document, stand_in))


def _kept(data: Path) -> tuple[User, list[str]]:
    async def look(services: Services) -> tuple[User, list[str]]:
        groups = await services.store.groups.of_user(POOL, "ada")
        return await services.store.users.get(POOL, "ada"), sorted(group.name for group in groups)

    return _with_services(data, look)


class _Killed(BaseException):
    pass


def _killed_at(number: int, data: Path, document: Mapping[str, Any]) -> bool:
    """Applies until that statement; False if there were fewer."""
    with _statements(number):
        try:
            _apply(data, document)
        except _Killed:
            return True
    return False


@contextmanager
def _statements(number: int) -> Iterator[None]:
    """What writes or reads is counted; at this one the process is gone, and what it had not committed with it."""
    run: Callable[..., Any] = SqliteDatabase._run
    left = number

    def counted(self: SqliteDatabase, sql: str, values: Sequence[Any]) -> Any:
        nonlocal left
        if left == 0:
            raise _Killed
        left -= 1
        return run(self, sql, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteDatabase, "_run", counted)
        yield


def _damaged(whole: bytes, chance: random.Random) -> bytes:
    """One or a few bytes changed, a piece cut out, a line doubled or moved, or another value on a line."""
    text, lines = bytearray(whole), whole.splitlines(keepends=True)
    at, line = chance.randrange(len(text)), chance.randrange(len(lines))
    way = chance.randrange(5)
    if way == 0:
        for _ in range(chance.randint(1, 4)):
            text[chance.randrange(len(text))] = chance.randrange(256)
    elif way == 1:
        del text[at : at + chance.randint(1, 200)]
    elif way == 2:
        lines.insert(chance.randrange(len(lines)), lines[line])
    elif way == 3:
        lines.pop(line)
    else:
        value = chance.choice(['""', "0", "-1", "true", "[]", "{}", "1e999", "nan", "2026-11-28", '["a"]', '"\\u0000"'])
        name = lines[line].partition(b"=")[0]
        lines[line] = name + b"= " + value.encode() + b"\n"
    return bytes(text) if way < 2 else b"".join(lines)


def _places(table: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every key and every index of a document."""
    inner = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    for key, value in inner:
        yield place, key
        yield from _places(value, (*place, key))


def _put(document: Any, path: Sequence[Any], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value
