"""One browser sign-in for all programs that need the same session at once.

Ten tools that start together run ten credential processes. The first opens the browser and holds a lock; the others
wait for it, and take the session that it has kept. A sign-in that was given up is noted, so that those that waited for
it say so too instead of opening ten browsers in turn. Whoever is killed lets go without a note, and the next one asks.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator

from halfday.client.browser.opening import can_open
from halfday.client.cognito import Cognito
from halfday.client.errors import HalfdayError, LoginAbandoned, SettingsError, SignInNeeded
from halfday.client.session import Session
from halfday.client.token_store.cache_files import (
    cache_dir,
    file_name,
    is_removed,
    make_private_dir,
    read_record_of,
    write_private,
)
from halfday.client.token_store.locks import locked

PATIENCE_S = 300.0
"""So long the person has. Those that wait have a little longer."""
_MORE_S = 30.0


def session_or_one_login(cognito: Cognito, *, say: Callable[[str], None], timeout_s: float = PATIENCE_S) -> Session:
    """The kept session; where there is none, the one that a browser sign-in makes, which this or another program asks.

    Raises SignInNeeded where no browser can be opened, LoginAbandoned when the sign-in that it waited for was given up.
    """
    try:
        return usable_session(cognito)
    except SignInNeeded as needed:
        if not can_open(os.environ):
            raise
        if cognito.settings.token_store == "none":
            hint = "set token_store to disk or keyring, or run halfday login where the session is used"
            raise SettingsError("token_store is none, and so nobody else would have the session", hint=hint) from needed
    waited_from = time.time()
    with _turn(cognito.settings.key, timeout_s + _MORE_S) as note:
        with contextlib.suppress(SignInNeeded):
            return usable_session(cognito)
        _raise_if_given_up(note, waited_from)
        return _by_browser(cognito, note, say, timeout_s)


def usable_session(cognito: Cognito) -> Session:
    """The kept session with tokens that are good now, renewed if need be. Raises SignInNeeded."""
    session = cognito.session
    assert session.access_token
    return session


def _by_browser(cognito: Cognito, note: str, say: Callable[[str], None], timeout_s: float) -> Session:
    """Notes for those that wait when the person gives up, also by Ctrl-C."""
    try:
        session = cognito.login(paste=False, timeout_s=timeout_s, say=say)
    except (HalfdayError, KeyboardInterrupt) as problem:
        sentence = str(problem) or "it was interrupted"
        with contextlib.suppress(OSError):
            write_private(note, json.dumps({"at": time.time(), "why": sentence}))
        raise
    is_removed(note)
    return session


def _raise_if_given_up(note: str, waited_from: float) -> None:
    """`at`: when the last sign-in was given up. One that ended before we began to wait is no concern of ours.

    Nor is one that is still to come: the clock was wrong then, and nobody could sign in until that time.
    """
    try:
        found = read_record_of(note)
        at, why = float(found["at"]), str(found["why"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    if waited_from <= at <= time.time():
        hint = "halfday login signs in once for all of them; or run this again"
        raise LoginAbandoned(f"the sign-in that this waited for was given up: {why}", hint=hint)


@contextlib.contextmanager
def _turn(key: str, timeout_s: float) -> Iterator[str]:
    """Held by one program at a time. Yields the note's path. Raises LoginAbandoned when nobody lets go in time."""
    stem = os.path.join(cache_dir(), "logins", file_name(key))
    make_private_dir(os.path.dirname(stem))
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(f"{stem}.lock", timeout_s=timeout_s))
        except TimeoutError:
            hint = "finish the sign-in in the browser, or end the program that opened it"
            raise LoginAbandoned("another program's sign-in takes too long", hint=hint) from None
        yield f"{stem}.json"
