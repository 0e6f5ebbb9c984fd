"""A session outlives a fork at any moment, and is shared by loops that know nothing of one another."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fault_peer
import pytest
from cognito_peer import CLIENT_ID, IDENTITY_ID, IDENTITY_POOL_ID, POOL_ID, REDIRECT_URI, SUB, Peer

from halfday import AsyncCognito, AsyncSession, Cognito
from halfday.client.errors import SettingsError
from halfday.client.token_store.locks import locked
from halfday.client.token_store.token_cache import TokenCache
from halfday.client.transport.loops import OneAtATime
from halfday.client.transport.thread_locks import ThreadLock

FORKER = """
import json, os, sys, threading
from halfday import Cognito
from halfday.client.http_auth.api_auth import ApiAuth

settings, how = json.loads(sys.argv[1]), sys.argv[2]
cognito = Cognito(**settings)
renews = cognito.session if how == "session" else cognito.client_credentials()
thread = threading.Thread(target=renews.renew)
if how == "machine":  # the first token came at once; from here on the answers are held back
    print("began", flush=True)
    sys.stdin.readline()
thread.start()
print("renewing", flush=True)
sys.stdin.readline()  # the request is on its way now, and the answer held back
pid = os.fork()
if not pid:
    print("forked", flush=True)
    renews.renew()
    print(len(renews.access_token) > 0, flush=True)
    os._exit(0)
thread.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""

VERIFIER = """
import json, os, sys, threading
from halfday import Cognito

cognito, token = Cognito(**json.loads(sys.argv[1])), sys.argv[2]
thread = threading.Thread(target=lambda: cognito.verify(token))
thread.start()
print("verifying", flush=True)
sys.stdin.readline()  # the keys are on their way now
pid = os.fork()
if not pid:
    print("forked", flush=True)
    print(cognito.verify(token).subject, flush=True)
    os._exit(0)
thread.join()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""

HOLDER = """
import os, sys, threading, time
from halfday.client.token_store.locks import locked
held, over = threading.Event(), threading.Event()
def hold():
    with locked(sys.argv[1], timeout_s=5):
        held.set()
        over.wait()
threading.Thread(target=hold, daemon=True).start()
held.wait()
pid = os.fork()
if not pid:
    time.sleep(60)
print(pid, flush=True)
time.sleep(60)
"""


def age(cache: TokenCache, key: str = "tokens") -> None:
    record = cache.load()
    assert record is not None
    over = {name: time.time() - 1 for name in ("access_expires_at", "id_expires_at")}
    cache.save({**record, key: {**record[key], **over, "received_at": time.time() - 3600}})


@pytest.mark.parametrize("how", ["session", "machine"])
def test_a_fork_during_a_renewal_does_not_deadlock_the_child(how: str, peer: Peer, cognito: Cognito) -> None:
    """The child used to wait for ever for a lock whose holder had stayed with the parent."""
    with fault_peer.running(peer.origin) as front:
        peer.origin = front.origin
        known = {"domain": front.origin, "client_id": CLIENT_ID, "identity_pool_id": IDENTITY_POOL_ID}
        if how == "session":
            Cognito(**known).exchange(peer.issue({}), REDIRECT_URI, keep=True)
        else:
            peer.secret = known["client_secret"] = "s3cret"
        command = [sys.executable, "-c", FORKER, json.dumps(known), how]
        child = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            if how == "machine":
                assert child.stdout.readline() == "began\n"
            front.faults = {"token": fault_peer.held_back}
            if how == "machine":
                print(file=child.stdin, flush=True)
            assert child.stdout.readline() == "renewing\n"
            assert front.held.wait(20)
            print(file=child.stdin, flush=True)
            assert child.stdout.readline() == "forked\n"
            front.faults = {}
            front.released.set()
            stdout, _ = child.communicate(timeout=40)
        finally:
            child.kill()
        assert (child.returncode, stdout) == (0, "True\n")


def test_a_fork_while_keys_are_fetched_does_not_deadlock_the_child(peer: Peer, cognito: Cognito) -> None:
    with fault_peer.running(peer.origin) as front:
        peer.origin = front.origin
        known = {"domain": front.origin, "client_id": CLIENT_ID, "user_pool_id": POOL_ID}
        token = Cognito(**known).exchange(peer.issue({}), REDIRECT_URI).id_token
        for kept in Path(os.environ["HALFDAY_CACHE_DIR"]).glob("*.keys"):
            kept.unlink()
        front.faults = {"jwks.json": fault_peer.held_back}
        command = [sys.executable, "-c", VERIFIER, json.dumps(known), token]
        child = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == "verifying\n"
            assert front.held.wait(20)
            print(file=child.stdin, flush=True)
            assert child.stdout.readline() == "forked\n"
            front.faults = {}
            front.released.set()
            stdout, _ = child.communicate(timeout=40)
        finally:
            child.kill()
        assert (child.returncode, stdout) == (0, f"{SUB}\n")


def test_a_child_does_not_keep_the_lock_of_a_parent_that_was_killed(tmp_path: Path) -> None:
    """It has the parent's descriptor, which is as good as the lock: everybody would wait for as long as it lives."""
    path = str(tmp_path / "x.lock")
    parent = subprocess.Popen([sys.executable, "-c", HOLDER, path], text=True, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    grandchild = int(parent.stdout.readline())
    try:
        with pytest.raises(TimeoutError), locked(path, timeout_s=0.1):
            pass
        parent.kill()
        parent.wait(10)
        with locked(path, timeout_s=10):
            pass
    finally:
        parent.kill()
        os.kill(grandchild, signal.SIGKILL)


def test_a_child_that_is_forked_by_the_holder_does_not_let_go_for_its_parent(tmp_path: Path) -> None:
    path = str(tmp_path / "x.lock")
    with locked(path, timeout_s=1):
        pid = os.fork()
        if not pid:
            try:
                with locked(path, timeout_s=0.1):
                    os._exit(1)  # the lock is the parent's
            except TimeoutError:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        take = "locked(sys.argv[1], timeout_s=0.1).__enter__()"
        probe = f"import sys; from halfday.client.token_store.locks import locked; {take}"
        assert subprocess.run([sys.executable, "-c", probe, path], capture_output=True, check=False).returncode != 0


def test_what_the_forking_thread_holds_stays_its_own() -> None:
    lock = ThreadLock()
    with lock as outer:
        pid = os.fork()
        if not pid:
            with lock as inner:
                os._exit(0 if (outer, inner) == (1, 2) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_what_another_thread_held_is_free_in_the_child() -> None:
    lock, held, over = ThreadLock(), threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            over.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    pid = os.fork()
    if not pid:
        signal.alarm(10)
        with lock as depth:
            os._exit(0 if depth == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    over.set()
    holder.join()


# --- loops -----------------------------------------------------------------------------------------------------------


def in_loops(number: int, work: Callable[[], Any]) -> list[Any]:
    """What each of so many loops, every one in a thread of its own, has as its result; they begin at once."""
    found: list[Any] = []
    barrier = threading.Barrier(number)

    async def bounded() -> Any:
        barrier.wait(20)
        return await asyncio.wait_for(work(), 30)

    def run() -> None:
        try:
            found.append(asyncio.run(bounded()))
        except BaseException as problem:
            found.append(problem)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_one_session_in_several_running_loops_hangs_none(peer: Peer, make_cognito: Callable[..., Cognito]) -> None:
    """A lock of asyncio's wakes nobody on another loop: all but one used to wait for ever."""
    now = [time.time()]
    session = AsyncSession(make_cognito(clock=lambda: now[0]).exchange(peer.issue({}), REDIRECT_URI))
    now[0] += 3599
    peer.token_life_s = 7200
    before = peer.count("/oauth2/token")

    async def work() -> list[str]:
        tokens = await asyncio.gather(*(session.access_token() for _ in range(10)))
        keys = await asyncio.gather(*(session.credentials() for _ in range(10)))
        return [*tokens, *(key.access_key_id for key in keys), str((await session.claims()).subject)]

    found = in_loops(6, work)
    assert all(isinstance(one, list) for one in found), found
    assert len({tuple(one) for one in found}) == 1
    assert peer.count("/oauth2/token") == before + 1


def test_a_lock_that_is_waited_for_on_two_loops_comes_to_both() -> None:
    one_at_a_time, order = OneAtATime(), []

    async def work() -> None:
        for _ in range(20):
            await asyncio.gather(
                *(one_at_a_time.in_a_thread(lambda: order.append(time.sleep(0.0005))) for _ in range(4))
            )

    found = in_loops(4, work)
    assert found == [None] * 4
    assert len(order) == 4 * 20 * 4


def test_loops_that_are_over_are_not_kept() -> None:
    one_at_a_time = OneAtATime()
    for _ in range(20):
        asyncio.run(one_at_a_time.in_a_thread(lambda: None))
    assert len(one_at_a_time._locks) <= 2


def test_a_backend_is_asked_on_the_loop_that_asks(peer: Peer) -> None:
    """The loop on which the identity was made may be over long since: what is awaited there never comes."""
    asked: list[asyncio.AbstractEventLoop] = []

    async def vouch() -> tuple[str, str]:
        asked.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return IDENTITY_ID, "a-token"

    cognito = AsyncCognito(domain=peer.origin, client_id=CLIENT_ID, identity_pool_id=IDENTITY_POOL_ID)

    async def make() -> Any:
        return cognito.developer(vouch)

    mary = asyncio.run(make())
    here: list[asyncio.AbstractEventLoop] = []

    async def work() -> str:
        here.append(asyncio.get_running_loop())
        return str(await asyncio.wait_for(mary.identity_id(), 20))

    assert asyncio.run(work()) == IDENTITY_ID
    assert asked == here


def test_a_coroutine_that_no_loop_can_await_is_said_and_not_waited_for(peer: Peer) -> None:
    cognito = AsyncCognito(domain=peer.origin, client_id=CLIENT_ID, identity_pool_id=IDENTITY_POOL_ID)

    async def vouch() -> tuple[str, str]:
        return IDENTITY_ID, "a-token"

    async def make() -> Any:
        mary = cognito.developer(vouch)
        with pytest.raises(SettingsError, match="no loop is free"):
            _ = mary.blocking.identity_id  # on the loop itself, which would wait for itself
        return mary

    mary = asyncio.run(make())
    with pytest.raises(SettingsError, match="no loop is free"):
        _ = mary.blocking.identity_id
