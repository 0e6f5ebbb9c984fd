"""What is loaded at its first use: once, whoever comes first, and never half of it in a forked process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from halfday import Cognito
from halfday.client.transport.blocking import Transport

FORKED = """
import os, sys, threading, time
from halfday.client.transport.thread_locks import loading

inside, loaded = threading.Event(), []

def load():
    with loading():
        inside.set()
        time.sleep(0.3)
        loaded.append("all of it")

thread = threading.Thread(target=load)
thread.start()
inside.wait()
child = os.fork()
if child == 0:
    with loading():  # which nobody else holds here
        os._exit(0 if loaded else 3)
with loading():
    thread.join(10)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_no_fork_falls_into_an_import() -> None:
    """The child would find the module half there, and its lock held for ever."""
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_threads_that_send_first_at_once_share_their_pools() -> None:
    transport, together = Transport(), threading.Barrier(8)

    def made() -> object:
        together.wait()
        return transport._pools()

    with ThreadPoolExecutor(8) as threads:
        assert len({id(one.result()) for one in [threads.submit(made) for _ in range(8)]}) == 1


def test_threads_that_verify_first_at_once_share_their_verifier() -> None:
    """A verifier remembers the pool that the first own token named: of two, one would forget it."""
    cognito = Cognito(user_pool_id="eu-west-1_Example01", client_id="1example23456789")
    together = threading.Barrier(8)

    def made() -> object:
        together.wait()
        return cognito.connection.verifier

    with ThreadPoolExecutor(8) as threads:
        assert len({id(one.result()) for one in [threads.submit(made) for _ in range(8)]}) == 1
