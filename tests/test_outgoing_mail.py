"""The queue of e-mail: what was answered for leaves, whatever happens in between. Source: docs/decisions/0027."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from halfday.server.domain.user_pools.messages import CLAIMED_FOR_S, LONGEST_PAUSE_S, Message, OutgoingMail, pause_after
from halfday.server.storage.sealing import Sealer
from halfday.server.storage.sqlite import SqliteDatabase
from halfday.server.storage.store import Store
from mail_server import MailServer, until
from operations.test_recovery import forget
from operations.test_sign_up import sign_up
from world import Pool, World, running

FROM = "Halfday <no-reply@halfday.example>"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@pytest.fixture
def mail_server() -> MailServer:
    return MailServer()


@pytest.fixture
def place(tmp_path: Path, mail_server: MailServer) -> Iterator[World]:
    with running(tmp_path, smtp_url=mail_server.url, smtp_from=FROM) as world:
        world.clock.hold()
        yield world


def asked(world: World) -> Pool:
    pool = world.pool(AutoVerifiedAttributes=["email"])
    pool.user()
    forget(world, pool.client())
    return pool


def waiting(world: World) -> list[OutgoingMail]:
    return asyncio.run(world.running.services.store.outgoing_mail.due(float("inf"), limit=100))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "e-mail of" in record.getMessage()]


@contextmanager
def process(data: Path, url: str) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    """`halfday serve`, and a client of it."""
    command = [sys.executable, "-m", "halfday.cli", "serve", "--port", "0", "--data", str(data), "--upstream=none"]
    smtp = {"HALFDAY_SERVER_SMTP_URL": url, "HALFDAY_SERVER_SMTP_FROM": FROM, "HALFDAY_SERVER_MANAGEMENT_PORT": "off"}
    log = data.parent / "log"
    with log.open("wb") as stderr:
        environment = {"PATH": os.environ["PATH"], "HOME": str(data), **smtp}
        with subprocess.Popen(command, cwd=data.parent, stderr=stderr, env=environment) as up:
            try:
                until(lambda: "Ctrl-C stops it." in log.read_text())
                found = re.search(r"is up on (\S+)", log.read_text())
                assert found
                yield up, boto3.client("cognito-idp", endpoint_url=found[1], **KEYS)
            finally:
                if up.poll() is None:
                    up.kill()


@pytest.mark.timeout(CLAIMED_FOR_S + 120)
def test_what_was_answered_for_survives_a_kill_and_a_mail_server_that_is_away(
    tmp_path: Path, mail_server: MailServer
) -> None:
    with process(tmp_path / "data", mail_server.url) as (up, idp):
        pool_id = idp.create_user_pool(PoolName="p", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
        client = idp.create_user_pool_client(UserPoolId=pool_id, ClientName="c")["UserPoolClient"]["ClientId"]
        email = [{"Name": "email", "Value": "ada@example.com"}]
        for name in ("ada", "eve"):
            idp.sign_up(ClientId=client, Username=name, Password="Lovelace-1815", UserAttributes=email)
        # Who is killed while sending has claimed the mail for two minutes: that is another test's.
        until(lambda: (tmp_path / "log").read_text().count("tried again") >= 2)
        up.send_signal(signal.SIGKILL)
    assert "Lovelace" not in (tmp_path / "log").read_text()
    # The kill may have fallen while one was being tried again: its claim ends first.
    with mail_server.up(), process(tmp_path / "data", mail_server.url):
        mails = mail_server.wait_for(2, patience_s=CLAIMED_FOR_S + 30)
    assert {recipient for recipient, _ in mails} == {"ada@example.com"}
    assert len(mails) == 2, "once each"


def test_what_a_killed_process_had_claimed_is_sent_once_its_claim_has_ended(
    place: World, mail_server: MailServer
) -> None:
    """If it was sent before the kill, it is sent twice; it is never lost."""
    asked(place)
    store = place.running.services.store
    until(lambda: [mail.due_at for mail in waiting(place)] == [place.clock() + pause_after(1)])
    (mail,) = waiting(place)
    claimed_until = place.clock() + CLAIMED_FOR_S
    asyncio.run(store.outgoing_mail.put_off(mail, until=claimed_until))  # as if it were under way somewhere
    with mail_server.up():
        place.clock.advance(CLAIMED_FOR_S - 1)
        time.sleep(0.6)
        assert mail_server.mails == []
        place.clock.advance(2)
        assert len(mail_server.wait_for(1)) == 1
        until(lambda: not waiting(place))


def test_what_is_refused_for_now_is_tried_again_and_at_last_given_up(
    place: World, mail_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "halfday")
    mail_server.says = "451 4.7.1 come back later, ada@example.com"
    with mail_server.up():
        pool = asked(place)
        code = pool.code_for("ada", "ForgotPassword")
        until(lambda: len(lines(caplog)) == 1)
        place.clock.advance(pause_after(1) + 1)
        mail_server.wait_for(2)
        until(lambda: len(lines(caplog)) == 2)
        place.clock.advance(3600)
        until(lambda: not waiting(place))
    beginning = f"e-mail of ForgotPassword for pool {pool.pool_id} "
    assert lines(caplog) == [
        f"{beginning}tried again in 5 s: refused: 451 4.7.1",
        f"{beginning}tried again in 10 s: refused: 451 4.7.1",
        f"{beginning}given up: it waited too long",
    ]
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "ada@example.com" not in logged
    assert code not in logged


def test_what_is_refused_for_good_is_not_tried_again(
    place: World, mail_server: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    mail_server.says = "550 5.1.1 no such user: ada@example.com"
    with mail_server.up():
        pool = asked(place)
        until(lambda: lines(caplog))
        until(lambda: not waiting(place))
    assert lines(caplog) == [f"e-mail of ForgotPassword for pool {pool.pool_id} given up: refused: 550 5.1.1"]


def test_pauses_grow_and_have_an_end() -> None:
    assert [pause_after(tries) for tries in (1, 2, 3, 4)] == [5, 10, 20, 40]
    assert pause_after(1000) == LONGEST_PAUSE_S


def test_a_mail_waits_sealed_and_goes_with_its_user(place: World) -> None:
    pool = asked(place)
    (mail,) = waiting(place)
    assert mail.message.destination == "ada@example.com"
    rows = asyncio.run(place.running.services.store._database.fetch("SELECT message FROM outgoing_messages"))
    assert [row[0].startswith("sealed:1:") for row in rows] == [True]
    place.idp.admin_delete_user(UserPoolId=pool.pool_id, Username="ada")
    assert waiting(place) == []
    asked(place)
    place.idp.delete_user_pool(UserPoolId=waiting(place)[0].pool_id)
    assert waiting(place) == []


def test_what_is_pretended_is_never_sent(place: World, mail_server: MailServer) -> None:
    pool = place.pool(AutoVerifiedAttributes=["email"])
    hiding = pool.client(PreventUserExistenceErrors="ENABLED")
    with mail_server.up():
        forget(place, hiding, "nobody@example.com")
        sign_up(place, hiding)
        assert [recipient for recipient, _ in mail_server.wait_for(1)] == ["ada@example.com"]
        until(lambda: not waiting(place))
        time.sleep(0.6)
    assert len(mail_server.mails) == 1


def test_of_two_processes_one_gets_to_send_it(tmp_path: Path) -> None:
    path = tmp_path / "x"
    stores = [Store(SqliteDatabase(path), Sealer(b"k" * 32)) for _ in range(2)]
    message = Message("p", "ada", "EMAIL", "ada@example.com", "subject", "text", 0.0)
    mail = OutgoingMail("p", "m", "ada", 0.0, 100.0, message)

    async def both() -> list[bool]:
        await stores[0].outgoing_mail.insert(mail)
        found = [(await store.outgoing_mail.due(1.0, limit=1))[0] for store in stores]
        claims = [store.outgoing_mail.claim(one, until=50.0) for store, one in zip(stores, found, strict=True)]
        return [await claim for claim in claims]

    assert asyncio.run(both()) == [True, False]
