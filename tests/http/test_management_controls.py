"""Management's clock and reset, its token for containers, and its description."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from halfday.server.clock import MOST_FORWARD_S
from halfday.server.domain.gateway.authorizer_functions import Verdict
from halfday.server.serving import ServerThread
from halfday.server.settings import SettingRefused, Settings
from halfday.server.storage.errors import Busy, Unusable
from world import World, running

TOKEN = "a-token-of-management"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}
PATHS = ("/messages", "/messages/latest", "/triggers", "/clock", "/openapi.json")


@pytest.fixture(scope="module")
def up() -> Iterator[str]:
    with ServerThread(Settings(port=0, google_port=0, ephemeral=True, upstream="none")) as started:
        assert started.management
        yield started.management


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = {"management_token": TOKEN, "management_host": "0.0.0.0", "upstream": "none"}
    with running(tmp_path_factory.mktemp("guarded"), **given) as world:
        assert world.running.management
        yield f"http://127.0.0.1:{world.running.management.rpartition(':')[2]}"


def clock(up: str, **body: Any) -> requests.Response:
    return requests.post(f"{up}/clock", json=body, timeout=5)


def test_the_clock_goes_forward_stands_still_and_goes_on(up: str) -> None:
    assert clock(up, forward_s=3600).json()["ahead_s"] == pytest.approx(3600, abs=1)
    frozen = clock(up, freeze=True).json()
    assert frozen["frozen"] is True
    assert frozen["now"] == pytest.approx(time.time() + 3600, abs=5)
    time.sleep(0.05)
    assert requests.get(f"{up}/clock", timeout=5).json()["now"] == frozen["now"]
    assert clock(up, forward_s=60).json()["now"] == frozen["now"] + 60
    released = clock(up, release=True).json()
    assert (released["frozen"], released["ahead_s"]) == (False, 0)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "one of forward_s, freeze, release"),
        ({"forward_s": 1, "freeze": True}, "one of"),
        ({"forward_s": -1}, "forward_s: must be a number from 0"),
        ({"forward_s": "soon"}, "forward_s: must be a number"),
        ({"forward_s": True}, "forward_s: must be a number"),
        ({"forward_s": 1e12}, "forward_s: must be a number from 0 to"),
        ({"freeze": "yes"}, "freeze: must be true"),
        ({"back_s": 1}, "back_s: there is no such parameter"),
    ],
)
def test_a_move_that_is_none_is_refused(up: str, body: dict[str, Any], sentence: str) -> None:
    answer = clock(up, **body)
    assert answer.status_code == 400
    assert sentence in answer.json()["message"]
    assert requests.get(f"{up}/clock", timeout=5).json()["ahead_s"] == 0


@pytest.mark.parametrize("body", [b"[]", b"{", b"1", b"\xff", b"[" * 50_000])
def test_a_body_that_is_no_object_is_refused(up: str, body: bytes) -> None:
    for path in ("/clock", "/reset"):
        answer = requests.post(up + path, data=body, timeout=5)
        assert (answer.status_code, answer.json()["message"]) == (400, "The body must be a JSON object.")


def test_many_steps_go_no_further_than_the_longest_one(up: str) -> None:
    """Beyond the year 9999 no date could be told, and every answer with one would fail."""
    longest = MOST_FORWARD_S
    assert clock(up, forward_s=longest / 2).status_code == 200
    assert clock(up, forward_s=longest / 2).status_code == 200
    answer = clock(up, forward_s=longest / 2)
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "forward_s: the clock would be more than 20 years ahead; release it first.",
    )
    assert clock(up, freeze=True).status_code == 200
    assert clock(up, forward_s=60).status_code == 400
    clock(up, release=True)
    assert clock(up, forward_s=longest).status_code == 200
    clock(up, release=True)


def test_what_an_authorizer_said_before_a_reset_counts_no_more() -> None:
    with ServerThread(Settings(port=0, google_port=0, ephemeral=True, upstream="none")) as started:
        memory = started.services.gateway_memory
        memory.keep_verdict("key", Verdict({}, "ada", allowed=True), time.time() + 60)
        assert memory.verdict("key", time.time()) is not None
        assert requests.post(f"{started.management}/reset", timeout=5).status_code == 200
        assert memory.verdict("key", time.time()) is None


def test_a_reset_to_nowhere_is_refused(up: str) -> None:
    answer = requests.post(f"{up}/reset", json={"to": "yesterday"}, timeout=5)
    assert (answer.status_code, answer.json()["message"]) == (400, "to: must be seed or empty.")


def test_a_server_with_a_data_folder_loses_nothing_by_a_reset(world: World) -> None:
    pool = world.pool()
    answer = requests.post(f"{world.running.management}/reset", timeout=5)
    assert answer.status_code == 409
    assert world.idp.describe_user_pool(UserPoolId=pool.pool_id)


DOCUMENT = {"Format": "halfday-export", "Version": 1}


def brought(up: str, pool_id: str, users: int) -> requests.Response:
    name = {"Name": "name", "Value": "x" * 500}
    people = [{"Username": f"u{number}", "Attributes": [name]} for number in range(users)]
    pool = {"UserPool": {"Id": pool_id, "Name": "p"}, "Groups": [{"GroupName": "g"}], "Users": people}
    return requests.post(f"{up}/import", json={"document": {**DOCUMENT, "UserPools": [pool]}}, timeout=60)


def test_what_an_export_gave_is_taken_whatever_its_length(up: str) -> None:
    assert brought(up, "us-east-1_Long00001", 400).json()["Made"]["users"] == 400
    document = requests.get(f"{up}/export", timeout=10).json()
    assert requests.post(f"{up}/import", json={"document": document}, timeout=10).json()["Made"] == {}
    for path in ("/clock", "/reset", "/policies/explain"):
        assert requests.post(f"{up}{path}", data=b"x" * 70_000, timeout=5).status_code == 413
    endless = (b"x" * 2**20 for _ in range(65))
    assert requests.post(f"{up}/import", data=endless, timeout=30).status_code == 413


def test_imports_exports_and_resets_at_once_take_turns(up: str) -> None:
    with ThreadPoolExecutor(8) as workers:
        asked = [workers.submit(brought, up, f"us-east-1_Turn0000{n % 2}", 60) for n in range(12)]
        asked += [workers.submit(requests.post, f"{up}/reset", json={"to": "empty"}, timeout=30) for _ in range(6)]
        asked += [workers.submit(requests.get, f"{up}/export", timeout=30) for _ in range(6)]
        answers = [one.result() for one in asked]
    assert {answer.status_code for answer in answers} == {200}, [answer.text for answer in answers]


def test_others_are_answered_while_people_are_brought(up: str) -> None:
    waits: list[float] = []
    with ThreadPoolExecutor(1) as worker:
        bringing = worker.submit(brought, up, "us-east-1_Many00001", 2000)
        while not bringing.done():
            asked_at = time.perf_counter()
            requests.get(f"{up}/clock", timeout=30)
            waits.append(time.perf_counter() - asked_at)
    assert bringing.result().json()["Made"]["users"] == 2000
    assert len(waits) > 10


def test_with_a_token_nobody_is_let_in_without_it(guarded: str) -> None:
    for path in PATHS:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": "Basic x"}):
            answer = requests.get(guarded + path, headers=headers, timeout=5)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), path
            assert TOKEN not in answer.text
    assert requests.post(f"{guarded}/reset", timeout=5).status_code == 401


def test_with_the_token_another_container_reads_codes(guarded: str) -> None:
    for host in ("halfday:4244", "192.0.2.7:4244", "host.docker.internal"):
        answer = requests.get(f"{guarded}/messages", headers={**SHOWN, "Host": host}, timeout=5)
        assert (answer.status_code, answer.json()) == (200, {"messages": []})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"User-Agent": "Mozilla/5.0"},
    ],
)
def test_a_web_page_is_not_answered_even_with_the_token(guarded: str, headers: dict[str, str]) -> None:
    answer = requests.get(f"{guarded}/messages", headers={**SHOWN, **headers}, timeout=5)
    assert answer.status_code == 403


@pytest.mark.parametrize("token", ["short", "with a space in it, long", "ünïcode-ünïcode-ünïcode"])
def test_a_token_that_is_easily_guessed_or_cannot_be_sent_is_refused(token: str) -> None:
    with pytest.raises(SettingRefused, match="management_token: must be 16 or more"):
        Settings(management_token=token)


def test_without_a_token_management_stays_on_loopback() -> None:
    with pytest.raises(SettingRefused, match="management_host: must be a loopback address"):
        Settings(management_host="0.0.0.0")


def test_it_describes_itself(up: str) -> None:
    described = requests.get(f"{up}/openapi.json", timeout=5).json()
    told = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    nothing = requests.get(f"{up}/nothing", timeout=5).json()["message"]
    assert all(f"{method} {path}" in nothing for method, path in told)
    assert told >= {("GET", "/messages"), ("POST", "/clock"), ("POST", "/reset")}
    assert "forward_s" in str(described["paths"]["/clock"]["post"])


def test_health_and_readiness_are_told(up: str, world: World) -> None:
    for path in ("/health", "/ready"):
        answer = requests.get(world.origin + path, timeout=5)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert requests.post(world.origin + path, timeout=5).status_code == 404


@pytest.mark.parametrize("problem", [Busy("held"), Unusable("the disk is full")])
def test_a_server_whose_database_does_not_answer_is_up_and_not_ready(
    world: World, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    async def fails() -> None:
        raise problem

    monkeypatch.setattr(world.running.services.store, "check_master_key", fails)
    assert requests.get(f"{world.origin}/ready", timeout=5).status_code == 503
    assert requests.get(f"{world.origin}/health", timeout=5).status_code == 200
