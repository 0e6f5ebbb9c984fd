"""Opens the person's browser, and detects when there is none. Source: facts/clients.md §3, facts/failures.md 1.27.

Every user of the machine can read command lines. So the browser is started with a file that only this user can read,
unless the address is public.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Mapping

from halfday.client.browser.private_page import write_page

_MOMENT_S = 2.0
_TEXT_BROWSERS = frozenset({"www-browser", "lynx", "links", "elinks", "w3m"})


def open_browser(url: str, *, is_public: bool = False, environ: Mapping[str, str] | None = None) -> bool:
    """Whether a browser was started; never a text browser, never when NOBROWSER is set.

    `is_public`: the address holds no secret, and may be seen in the process list.
    """
    environ = os.environ if environ is None else environ
    if not can_open(environ) or (not is_public and _is_elsewhere(environ)):
        return False
    try:
        path = None if is_public else write_page(url)
    except OSError:
        return False
    wslview = shutil.which("wslview")
    if wslview and not environ.get("BROWSER"):
        return subprocess.run([wslview, path or url], check=False, capture_output=True).returncode == 0
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    return not _is_text(browser) and _started(browser, pathlib.Path(path).as_uri() if path else url)


def _started(browser: webbrowser.BaseBrowser, url: str) -> bool:
    """Whether the browser started. Some commands return when the window is closed: they count after _MOMENT_S."""
    outcome: list[bool] = []

    def start() -> None:
        try:
            outcome.append(_runs(browser, url))
        except OSError:
            outcome.append(False)

    thread = threading.Thread(target=start, name="halfday-browser", daemon=True)
    thread.start()
    thread.join(_MOMENT_S)
    return outcome[0] if outcome else True


def _runs(browser: webbrowser.BaseBrowser, url: str) -> bool:
    """As `browser.open`, without our streams: whoever reads those would read its lines, and wait until it is closed."""
    if not isinstance(browser, webbrowser.GenericBrowser):
        return bool(browser.open(url))
    command = [browser.name, *(word.replace("%s", url) for word in browser.args)]
    behind, none = isinstance(browser, webbrowser.BackgroundBrowser), subprocess.DEVNULL
    started = subprocess.Popen(command, stdin=none, stdout=none, stderr=none, start_new_session=behind)
    return started.poll() is None if behind else started.wait() == 0


def can_open(environ: Mapping[str, str]) -> bool:
    """Whether there is a browser: by BROWSER when it is set, else by a display, which a remote shell has not."""
    if environ.get("NOBROWSER"):
        return False
    if environ.get("BROWSER"):
        return True
    if sys.platform in ("win32", "darwin"):
        return not environ.get("SSH_CONNECTION")
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") or environ.get("WSL_DISTRO_NAME"))


def _is_elsewhere(environ: Mapping[str, str]) -> bool:
    """Whether BROWSER opens addresses on the person's own machine, which cannot read our files: a remote editor's."""
    return bool(environ.get("BROWSER") and environ.get("VSCODE_IPC_HOOK_CLI"))


def _is_text(browser: webbrowser.BaseBrowser) -> bool:
    return os.path.basename(getattr(browser, "name", "")).partition(".")[0] in _TEXT_BROWSERS
