"""`python -m halfday.testing.child serve …`: Halfday's command, that ends when its standard input does.

A test run that is killed cannot end the server that it started. But its end of the pipe is closed with it.
"""

from __future__ import annotations

import os
import runpy
import signal
import threading


def _watch() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_watch, name="halfday-parent", daemon=True).start()
    runpy.run_module("halfday.cli", run_name="__main__", alter_sys=True)
