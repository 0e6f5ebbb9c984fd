"""Many at once, one renewal: processes, threads and tasks that share a kept session, whose refresh token is good once.

The processes are forked by a program that has imported everything, and wait for one another before they begin.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import fault_peer
import pytest
from cognito_peer import CLIENT_ID, IDENTITY_POOL_ID, REDIRECT_URI, Peer
from fault_peer import Front

from halfday import Cognito, Session, SignInNeeded
from halfday.client.errors import SessionBusy
from halfday.client.token_store.token_cache import TokenCache
from world import CALLBACK, Browser, Pool, World

FAMILY = """
import asyncio, json, os, sys, threading, traceback
from halfday import AsyncSession, Cognito
import halfday.client.token_store.locks, halfday.client.transport.pools, halfday.client.session

settings, number, work = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

def told(session):
    return [session.access_token, session.refresh_token, work != "tokens" and session.credentials().access_key_id]

def alone():
    return [told(Cognito(**settings).session)]

def guest():
    guest = Cognito(**settings).guest(keep=True)
    return [[guest.identity_id, guest.credentials().access_key_id]]

def crowd():
    found = []
    def in_a_thread(): found.append(told(Cognito(**settings).session))
    threads = [threading.Thread(target=in_a_thread) for _ in range(4)]
    async def as_a_task(session):
        token = await session.access_token()
        found.append([token, session.blocking.refresh_token, (await session.credentials()).access_key_id])
    async def tasks():
        session = AsyncSession(Cognito(**settings).session)
        await asyncio.gather(*(as_a_task(session) for _ in range(4)))
    for thread in threads: thread.start()
    asyncio.run(tasks())
    for thread in threads: thread.join()
    return found

def child():
    os.close(theirs)
    os.read(ours, 1)  # returns when the parent closes the other end: everybody is there
    for line in {"crowd": crowd, "guest": guest}.get(work, alone)():
        os.write(1, (json.dumps(line) + "\\n").encode())

ours, theirs = os.pipe()
children = []
for _ in range(number):
    pid = os.fork()
    if not pid:
        try:
            child()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    children.append(pid)
os.close(theirs)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children))
"""

HOLDER = """
import json, sys, time
from halfday import Cognito
session = Cognito(**json.loads(sys.argv[1])).session
with session._exclusive():
    print("held", flush=True)
    time.sleep(60)
"""

RENEWER = """
import json, sys
from halfday import Cognito
Cognito(**json.loads(sys.argv[1])).session.renew()
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """A Python program with these arguments, over when the test is."""
    running: list[subprocess.Popen[str]] = []

    def start(script: str, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def lines(process: subprocess.Popen[str]) -> list[list[str]]:
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    return [json.loads(line) for line in stdout.splitlines()]


def connection(peer: Peer) -> dict[str, Any]:
    return {"domain": peer.origin, "client_id": CLIENT_ID, "identity_pool_id": IDENTITY_POOL_ID}


def age(cognito: Cognito) -> TokenCache:
    """The kept tokens ended a second ago."""
    cache = TokenCache(cognito.settings.key)
    record = cache.load()
    assert record is not None
    over = {name: time.time() - 1 for name in ("access_expires_at", "id_expires_at")}
    cache.save({**record, "tokens": {**record["tokens"], **over, "received_at": time.time() - 3600}})
    return cache


@pytest.fixture
def ended(cognito: Cognito, peer: Peer) -> TokenCache:
    """Somebody is signed in and kept; their tokens have ended; the next renewal makes the refresh token useless."""
    peer.rotates = True
    cognito.exchange(peer.issue({}), REDIRECT_URI, keep=True)
    peer.requests.clear()
    return age(cognito)


def kept_refresh_token(cache: TokenCache) -> str:
    record = cache.load()
    assert record is not None
    return str(record["tokens"]["refresh_token"])


# --- at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "work", "answers"), [(10, "credentials", 10), (4, "crowd", 32)])
def test_many_at_once_make_one_renewal(
    ended: TokenCache, peer: Peer, start: Start, number: int, work: str, answers: int
) -> None:
    found = lines(start(FAMILY, json.dumps(connection(peer)), str(number), work))
    assert len(found) == answers
    assert len({tuple(line) for line in found}) == 1, "all have the same tokens and keys"
    assert peer.count("/oauth2/token") == 1
    assert (peer.count("GetId"), peer.count("GetCredentialsForIdentity")) == (1, 1)
    assert peer.refresh_tokens == {kept_refresh_token(ended)}, "the one that is good is the one that is kept"


def test_ten_programs_that_begin_at_once_are_one_guest(peer: Peer, start: Start) -> None:
    found = lines(start(FAMILY, json.dumps(connection(peer)), "10", "guest"))
    assert (len(found), len({tuple(line) for line in found})) == (10, 1)
    assert (peer.count("GetId"), peer.count("GetCredentialsForIdentity")) == (1, 1)


def rotating(world: World, pool: Pool, grace_s: int) -> dict[str, Any]:
    pool.user()
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": grace_s}
    return pool.client(RefreshTokenRotation=rotation, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])


def signed_in(world: World, front: Front, client: dict[str, Any]) -> Cognito:
    """Kept, at the server; the token endpoint is asked by way of the front."""
    cognito = Cognito(domain=front.origin, endpoint_url=world.origin, client_id=client["ClientId"])
    cognito.exchange(Browser(world.origin).code(client), CALLBACK, keep=True)
    front.arrived.clear()
    return cognito


@pytest.fixture
def front(world: World) -> Iterator[Front]:
    with fault_peer.running(world.origin) as front:
        yield front


def test_ten_processes_make_one_renewal_at_the_server_which_takes_each_refresh_token_once(
    world: World, pool: Pool, front: Front, start: Start
) -> None:
    cognito = signed_in(world, front, rotating(world, pool, 0))
    old = kept_refresh_token(age(cognito))
    place = {"domain": front.origin, "endpoint_url": world.origin, "client_id": cognito.settings.client_id}
    for _ in range(2):
        found = lines(start(FAMILY, json.dumps(place), "10", "tokens"))
        assert (len(found), len({tuple(line) for line in found})) == (10, 1)
        assert front.count("token") == 1
        new = kept_refresh_token(age(cognito))
        assert new != old, "and the chain goes on"
        old = new
        front.arrived.clear()


def test_what_another_renewed_is_adopted_whatever_its_clock_says(
    make_cognito: Callable[..., Cognito], peer: Peer
) -> None:
    """This one's clock was ahead when it renewed, and is set right by the time the other renews."""
    peer.rotates = True
    now = [time.time()]
    make_cognito(clock=lambda: now[0]).exchange(peer.issue({}), REDIRECT_URI, keep=True)
    one, other = (make_cognito(clock=lambda: now[0]).session for _ in range(2))
    now[0] += 50
    one.renew()
    now[0] -= 50
    other.renew()
    one.renew()
    assert one.refresh_token in peer.refresh_tokens


# --- somebody is in the way -------------------------------------------------------------------------------------------


def test_a_holder_that_crashed_blocks_nobody(ended: TokenCache, cognito: Cognito, peer: Peer, start: Start) -> None:
    holder = start(HOLDER, json.dumps(connection(peer)))
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(TimeoutError), ended.locked(timeout_s=0):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait(10)
    assert cognito.session.access_token
    assert peer.count("/oauth2/token") == 1


def test_who_is_killed_while_renewing_leaves_the_session_to_the_next_within_the_grace(
    world: World, pool: Pool, front: Front, start: Start
) -> None:
    """The server has rotated and nobody was told: the old token serves once more. Without a grace it would not."""
    cognito = signed_in(world, front, rotating(world, pool, 60))
    front.faults = {"token": fault_peer.held_back}
    place = {"domain": front.origin, "endpoint_url": world.origin, "client_id": cognito.settings.client_id}
    renewer = start(RENEWER, json.dumps(place))
    assert front.held.wait(30)
    renewer.send_signal(signal.SIGKILL)
    renewer.wait(10)
    front.released.set()
    front.faults = {}
    session = cognito.session
    old = session.refresh_token
    session.renew()
    assert session.refresh_token != old


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock is waited for a moment only."""
    patient = TokenCache.locked

    def locked(self: TokenCache, *, timeout_s: float = 0.05) -> AbstractContextManager[None]:
        return patient(self, timeout_s=timeout_s)

    monkeypatch.setattr(TokenCache, "locked", locked)


@pytest.mark.usefixtures("impatient")
def test_who_has_to_wait_too_long_is_told_for_what(ended: TokenCache, cognito: Cognito, peer: Peer) -> None:
    session = cognito.session
    with ended.locked(), pytest.raises(SessionBusy, match="held by another process") as raised:
        _ = session.access_token
    assert raised.value.hint
    assert peer.requests == []
    assert session.access_token


@pytest.mark.usefixtures("impatient")
def test_what_is_still_good_is_handed_out_while_another_holds_the_session(
    make_cognito: Callable[..., Cognito], peer: Peer
) -> None:
    now = [time.time()]
    kept = make_cognito(clock=lambda: now[0]).exchange(peer.issue({}), REDIRECT_URI, keep=True).credentials()
    cognito = make_cognito(clock=lambda: now[0])
    now[0] = kept.expires_at - 600
    with TokenCache(cognito.settings.key).locked():
        assert cognito.session.credentials() == kept


# --- a log-out among others -------------------------------------------------------------------------------------------


def test_who_waited_for_a_log_out_brings_nothing_back(peer: Peer, own_home: Path) -> None:
    """Whoever got the lock after the log-out used to keep what they had: a session of nobody, with good keys."""
    with fault_peer.running(peer.origin) as front:
        peer.origin = front.origin
        one = Cognito(**connection(peer)).exchange(peer.issue({}), REDIRECT_URI, keep=True)
        other: Session = Cognito(**connection(peer)).session
        front.faults = {"revoke": fault_peer.held_back}
        leaving = threading.Thread(target=one.logout)
        leaving.start()
        assert front.held.wait(10)
        asking = threading.Thread(target=other.credentials)
        asking.start()
        front.released.set()
        leaving.join(10)
        asking.join(10)
        assert [name for name in os.listdir(own_home / "cache") if name.endswith((".json", ".process"))] == []
        with pytest.raises(SignInNeeded):
            _ = Cognito(**connection(peer)).session
