"""A page that only this user can read, and that redirects to an address. A browser is started with it.

Every user of a machine can read the others' command lines in `ps`. An address there would give a sign-in's state, or a
link that signs in to the console, to anybody who looks. With this page, only a file's name is on the command line.
"""

from __future__ import annotations

import atexit
import contextlib
import html
import os
import shutil
import tempfile
import threading

LIFE_S = 300.0
"""The page is removed after this time, or when the program ends: browsers may start slowly."""

_PAGE = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
<title>Going on …</title>
<p><a href="{address}">Go on</a></p>
"""


def write_page(url: str) -> str:
    """The path of a page of 0600, in a folder of 0700, that goes on to `url`. Raises OSError."""
    folder = tempfile.mkdtemp(prefix="halfday-", dir=_where_browsers_read())
    path = os.path.join(folder, "go-on.html")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(_PAGE.format(address=html.escape(url)))
    _remove_in_time(folder)
    return path


def _where_browsers_read() -> str | None:
    """The folder for pages: a browser in a snap sees neither /tmp nor hidden folders. None is the system's own."""
    home = os.path.expanduser("~")
    return home if os.path.isdir(os.path.join(home, "snap")) else None


def _remove_in_time(folder: str) -> None:
    made_by = os.getpid()

    def remove() -> None:
        if os.getpid() == made_by:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    timer = threading.Timer(LIFE_S, remove)
    timer.daemon = True
    with contextlib.suppress(RuntimeError):  # no thread can be started: then it goes with the program
        timer.start()
