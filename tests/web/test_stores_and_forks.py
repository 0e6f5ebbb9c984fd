"""What keeps sessions, and what waits, outlives a fork. A file that others could have written is no session."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from halfday.web.stores import FileStore, StoreFailed

FORKED_WHILE_HELD = """
import os, threading
from halfday.web.stores import MemoryStore
store, held, over = MemoryStore(), threading.Event(), threading.Event()
def hold():
    with store.locked("a" * 64), store._guard:
        held.set()
        over.wait()
threading.Thread(target=hold, daemon=True).start()
held.wait()
pid = os.fork()
if not pid:
    store.save("a" * 64, "text", expires_at=2e9)
    with store.locked("a" * 64):
        os.write(1, b"free")
    os._exit(0)
os.waitpid(pid, 0)
"""

FORKED_AFTER_WORK = """
import asyncio, os
from halfday.web.threads import Threads
threads = Threads("renewals", threads=1, waiting=0)
print(asyncio.run(threads.run(lambda: "before")), flush=True)
pid = os.fork()
if not pid:
    os.write(1, asyncio.run(threads.run(lambda: b"after")))
    os._exit(0)
os.waitpid(pid, 0)
"""


@pytest.mark.parametrize(("program", "said"), [(FORKED_WHILE_HELD, "free"), (FORKED_AFTER_WORK, "before\nafter")])
def test_a_forked_worker_does_not_wait_for_a_thread_that_it_does_not_have(program: str, said: str) -> None:
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert ran.stdout.strip() == said, ran.stderr


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_session_s_file_that_others_can_open_signs_nobody_in(tmp_path: Path) -> None:
    store, key = FileStore(str(tmp_path / "kept")), "0" * 64
    store.save(key, "text", expires_at=2e9)
    assert store.load(key) == "text"
    (tmp_path / "kept" / f"{key}.session").chmod(0o666)
    with pytest.raises(StoreFailed, match="open to other users"):
        store.load(key)


def test_threads_that_are_all_at_work_are_free_again_afterwards() -> None:
    from halfday.web.http_messages import Rejection
    from halfday.web.threads import Threads

    threads, over = Threads("renewals", threads=1, waiting=0), threading.Event()

    async def both() -> str:
        first = asyncio.create_task(threads.run(lambda: over.wait() and "first"))
        await asyncio.sleep(0)
        with pytest.raises(Rejection):
            await threads.run(lambda: "second")
        over.set()
        return f"{await first} {await threads.run(lambda: 'third')}"

    assert asyncio.run(both()) == "first third"
