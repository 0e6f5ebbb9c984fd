"""Each request leaves one record, whoever asks for it; the log is one of those who do, in text or in JSON."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from halfday.server.events.log_lines import FORMATS
from halfday.server.events.requests import RequestRecord, Subscribers
from halfday.server.http.edge import CLIENT_WENT_AWAY, Edge
from mail_server import until
from sockets import on_a_socket, raw
from world import CALLBACK, Browser, Pool, World, running

RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


@pytest.fixture
def records(world: World) -> Iterator[list[RequestRecord]]:
    """Of the world's server, from now on."""
    kept: list[RequestRecord] = []
    world.running.services.request_subscribers.add(kept.append)
    yield kept
    world.running.services.request_subscribers.remove(kept.append)


@pytest.fixture(params=["text", "json"])
def lines(request: pytest.FixtureRequest) -> Iterator[tuple[str, io.StringIO]]:
    """The log as `halfday serve` writes it: the format, and what was written."""
    written, logger = io.StringIO(), logging.getLogger("halfday")
    handler, before = logging.StreamHandler(written), logger.level
    handler.setFormatter(FORMATS[request.param]())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield request.param, written
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_a_request_leaves_one_record_that_says_who_did_what_and_how_it_ended(
    world: World, pool: Pool, browser: Browser, records: list[RequestRecord]
) -> None:
    pool.user()
    client = pool.client()
    records.clear()
    code = browser.code(client)
    form = {"grant_type": "authorization_code", "code": code, "client_id": client["ClientId"]}
    refused = requests.post(f"{world.origin}/oauth2/token", data={**form, "redirect_uri": "http://x"}, timeout=10)
    world.idp.list_users(UserPoolId=pool.pool_id)
    told = [(record.route or record.operation, record.status) for record in records]
    assert told == [
        ("GET /oauth2/authorize", 302),
        ("GET /login", 200),
        ("POST /login", 302),
        ("POST /oauth2/token", 400),
        ("cognito-idp ListUsers", 200),
    ]
    assert records[2].client == client["ClientId"]
    assert records[2].pool == pool.pool_id
    assert records[3].request_id == refused.headers["x-amzn-requestid"]
    assert (records[3].why or "").startswith("invalid_grant: redirect_uri ")
    assert records[4].caller == "root"
    assert {record.address for record in records} == {"127.0.0.1"}
    assert all(record.ms > 0 for record in records)


def test_the_address_is_the_clients_and_not_the_proxys(tmp_path: Path) -> None:
    with running(tmp_path / "data", trusted_proxy="127.0.0.1", upstream="none") as world:
        kept: list[RequestRecord] = []
        world.running.services.request_subscribers.add(kept.append)
        for told in ("203.0.113.7", "hunter2"):
            requests.get(world.origin, headers={"X-Forwarded-For": told}, timeout=10)
    assert [record.address for record in kept] == ["203.0.113.7", None]


async def _answers(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/breaks":
        await StreamingResponse(_half())(scope, receive, send)
    if scope["path"] == "/reads":
        while (await receive())["type"] != "http.disconnect":
            pass
    if scope["path"] == "/fails":
        raise RuntimeError("hunter2")
    await Response("whole")(scope, receive, send)


async def _half() -> Any:
    yield b"half"
    raise RuntimeError("hunter2")


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [("/", 200, None), ("/fails", 500, None), ("/breaks", 200, "the answer broke off")],
)
def test_however_an_answer_ends_there_is_one_record(path: str, status: int, why: str | None) -> None:
    kept: list[RequestRecord] = []
    with on_a_socket(lambda origin: Edge(_answers, Subscribers(kept.append))) as origin:
        raw(origin, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        until(lambda: len(kept) == 1)
    assert [(record.status, record.why) for record in kept] == [(status, why)]
    assert "hunter2" not in str(kept)


def test_a_client_that_goes_away_leaves_one_record_too(world: World, records: list[RequestRecord]) -> None:
    place = urlsplit(world.origin)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
        head = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
        connection.sendall(head + b"Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=")
    until(lambda: len(records) == 1)
    assert [(record.route, record.status) for record in records] == [("POST /oauth2/token", CLIENT_WENT_AWAY)]


def test_an_unknown_path_is_explained_and_not_repeated(world: World, records: list[RequestRecord]) -> None:
    assert requests.get(f"{world.origin}/hunter2/hunter2", timeout=10).status_code == 404
    assert [(record.status, record.why) for record in records] == [(404, "nothing is served at this path")]
    assert "hunter2" not in str(records)


@pytest.mark.parametrize("sent", [{"redirect_uri": "http://localhost:9999"}, {"redirect_uri": CALLBACK}])
def test_a_refused_authorize_request_and_its_error_page_name_client_and_pool(
    world: World, pool: Pool, records: list[RequestRecord], sent: dict[str, str]
) -> None:
    client = pool.client()["ClientId"]
    records.clear()
    asked = {"client_id": client, "response_type": "nonsense", **sent}
    answer = requests.get(f"{world.origin}/oauth2/authorize", params=asked, allow_redirects=False, timeout=10)
    if answer.headers["location"].startswith("/"):
        requests.get(f"{world.origin}{answer.headers['location']}", timeout=10)
        assert [record.route for record in records] == ["GET /oauth2/authorize", "GET /error"]
    assert {(record.client, record.pool) for record in records} == {(client, pool.pool_id)}


def test_a_refused_logout_names_client_and_pool(world: World, pool: Pool, records: list[RequestRecord]) -> None:
    client = pool.client()["ClientId"]
    records.clear()
    requests.get(f"{world.origin}/logout", params={"client_id": client, "logout_uri": "https://x"}, timeout=10)
    assert [(record.client, record.pool) for record in records] == [(client, pool.pool_id)] * 2


def test_a_subscriber_that_fails_keeps_the_record_from_no_other_and_the_answer_from_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept: list[RequestRecord] = []

    def fail(record: RequestRecord) -> None:
        raise ValueError("hunter2")

    with on_a_socket(lambda origin: Edge(_answers, Subscribers(fail, kept.append))) as origin:
        assert requests.get(origin, timeout=10).text == "whole"
    assert len(kept) == 1
    assert "a subscriber failed" in caplog.text
    assert "hunter2" not in caplog.text


def test_nothing_in_a_record_moves_a_cursor_or_begins_a_line() -> None:
    """Whoever is given a record may write it down as it is."""

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        scope["halfday.facts"]["why"] = "it says \x1b[2J\r\nPOST /oauth2/token 200\u202e"
        await Response("whole")(scope, receive, send)

    kept: list[RequestRecord] = []
    with on_a_socket(lambda origin: Edge(noting, Subscribers(kept.append))) as origin:
        requests.get(origin, timeout=10)
    assert kept[0].why == r"it says \x1b[2J\r\nPOST /oauth2/token 200\u202e"


def test_a_line_has_date_level_and_the_clients_address(world: World, lines: tuple[str, io.StringIO]) -> None:
    form, written = lines
    answer = requests.get(f"{world.origin}/error", timeout=10)
    (line,) = written.getvalue().splitlines()
    identity = answer.headers["x-amzn-requestid"]
    if form == "text":
        dated = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} INFO GET /error 400 [0-9.]+ ms "
        assert re.fullmatch(dated + rf"address=127\.0\.0\.1 id={identity[:8]}", line), line
        return
    told = json.loads(line)
    ms, time = told.pop("ms"), told.pop("time")
    assert RFC3339.fullmatch(time)
    assert abs(datetime.now(UTC).timestamp() - datetime.fromisoformat(time).timestamp()) < 60
    assert ms > 0
    head = {"level": "INFO", "logger": "halfday.requests", "request_id": identity, "status": 400}
    assert told == {**head, "route": "GET /error", "address": "127.0.0.1"}


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_whoever_asks_whether_it_is_up_fills_no_log(world: World, lines: tuple[str, io.StringIO], path: str) -> None:
    for method in (requests.get, requests.head):
        assert method(world.origin + path, timeout=10).status_code == 200
    assert lines[1].getvalue() == ""
    assert requests.post(world.origin + path, timeout=10).status_code == 404
    assert "404" in lines[1].getvalue()


def test_every_line_is_one_line_and_in_json_one_object(world: World, lines: tuple[str, io.StringIO]) -> None:
    form, written = lines
    evil = "x\r\n2026-01-01 00:00:00 INFO POST /oauth2/token 200\x1b[2J\u2028\x85"
    requests.post(f"{world.origin}/oauth2/token", data={"client_id": evil, "grant_type": evil}, timeout=10)
    requests.get(f"{world.origin}/{evil}", headers={"X-Forwarded-For": "hunter2"}, timeout=10)
    try:
        raise ValueError("hunter2")
    except ValueError:
        logging.getLogger("halfday.requests").exception("it broke %s", "off")
    said = written.getvalue()
    assert "hunter2" not in said
    assert "/oauth2/token 200" not in said
    if form == "json":
        objects = [json.loads(line) for line in said.splitlines()]
        assert [one.get("status") for one in objects] == [400, 404, None]
        assert objects[2]["message"] == "it broke off"
        assert objects[2]["exception"].endswith("\nValueError")
        assert all(RFC3339.fullmatch(one["time"]) for one in objects)


def test_a_server_that_logs_json_writes_nothing_else_to_stderr(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "halfday.cli",
        "serve",
        "--port",
        "0",
        "--google-port",
        "0",
        "--log-format",
        "json",
    ]
    command += ["--management-port", "off", "--upstream", "none", "--data", str(tmp_path / "data")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=tmp_path, text=True)
    assert process.stderr
    try:
        up = json.loads(process.stderr.readline())
        origin = up["message"].removeprefix("up on ")
        assert requests.get(f"{origin}/?code=hunter2", timeout=10).status_code == 200
    finally:
        process.terminate()
    (line,) = process.stderr.read().splitlines()
    assert process.wait(10) == 0
    assert (json.loads(line)["route"], json.loads(line)["status"]) == ("GET /", 200)


def test_the_log_holds_what_the_record_holds(world: World, lines: tuple[str, io.StringIO]) -> None:
    form, written = lines
    asked = {"client_id": "nobody", "redirect_uri": CALLBACK, "response_type": "code"}
    requests.get(f"{world.origin}/oauth2/authorize", params=asked, timeout=10, allow_redirects=False)
    why = "invalid_request: no app client has this client_id"
    (line,) = written.getvalue().splitlines()
    assert line.endswith(f" · {why}") if form == "text" else json.loads(line)["why"] == why


def test_a_request_s_line_has_the_members_of_every_other_line(world: World) -> None:
    """Handlers of other libraries read them."""
    lines: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = lines.append  # type: ignore[method-assign]
    logger = logging.getLogger("halfday.requests")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        requests.get(f"{world.origin}/error", timeout=10)
        logger.info("another")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
    ours, other = lines
    assert vars(ours).keys() == vars(other).keys() | {"request"}
    assert ours.threadName == "halfday-server"
    assert ours.process == other.process
    assert abs(ours.created - other.created) < 5
    assert abs(ours.relativeCreated - other.relativeCreated) < 5000
    assert 0 <= ours.msecs < 1000
    assert ours.getMessage().startswith("GET /error 400 ")
