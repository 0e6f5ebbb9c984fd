"""A sign-in in the person's browser: a registered redirect URI is chosen, the browser opened, the code awaited.

The code comes back to the listener or is pasted, whichever is first. The browser's last page comes after the exchange,
which the caller does inside `with`.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from halfday.client.browser.final_page import failure_page, success_page
from halfday.client.browser.loopback import Listener, can_listen
from halfday.client.browser.opening import open_browser
from halfday.client.browser.pasted import PastedLines
from halfday.client.connection import Connection
from halfday.client.errors import CallbackRefused, HalfdayError, LoginAbandoned, SettingsError
from halfday.client.oauth import authorization
from halfday.client.oauth.authorization import AuthorizationRequest
from halfday.client.oauth.callback import Callback, parse_callback
from halfday.client.oauth.redirect_uris import probe
from halfday.client.settings import DEFAULT_REDIRECT_URIS, LOGIN_TIMEOUT_S, Settings
from halfday.protocol.urls import parse_url


@dataclass(frozen=True)
class LoginOptions:
    """How a person is asked to sign in. `say` prints lines for them; `extra` goes into the sign-in link."""

    redirect_uris: Sequence[str]
    say: Callable[[str], None]
    browser: bool = True
    paste: bool = False
    timeout_s: float = LOGIN_TIMEOUT_S
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Arrival:
    """A code that came back. `who` is filled in by the caller, for the browser's last page."""

    request: AuthorizationRequest
    callback: Callback
    returned_at: float
    who: str = ""


@contextlib.contextmanager
def await_code(
    connection: Connection, options: LoginOptions, on_begun: Callable[[AuthorizationRequest], None]
) -> Iterator[Arrival]:
    """Signs a person in and yields what came back; what happens inside `with` decides the browser's last page."""
    events: queue.Queue[str] = queue.Queue()
    request, listener = _prepare(connection, options, events.put)
    pasted = PastedLines(events.put) if options.paste else None
    try:
        on_begun(request)
        _invite(request, options, listening=listener is not None)
        callback = _wait(request, options, events)
        arrival = Arrival(request, callback, connection.clock())
        yield arrival
        _show(listener, success_page(arrival.who))
    except HalfdayError as problem:
        _show(listener, failure_page(str(problem), problem.hint), status=400)
        raise
    finally:
        if pasted:
            pasted.close()
        if listener:
            listener.close()


def _prepare(
    connection: Connection, options: LoginOptions, on_callback: Callable[[str], None]
) -> tuple[AuthorizationRequest, Listener | None]:
    """The first redirect URI that is registered and can be listened on; else the first whose code can be pasted."""
    obstacle: SettingsError | None = None
    to_paste: AuthorizationRequest | None = None
    candidates = options.redirect_uris or DEFAULT_REDIRECT_URIS
    for redirect_uri in candidates:
        random = connection.random(authorization.RANDOM_BYTES)
        now = connection.clock()
        request = authorization.begin(connection.settings, redirect_uri, random=random, now=now, extra=options.extra)
        if not connection.transport.run(probe(request)):
            continue
        try:
            return request, _listen(connection.settings, request, options.say, on_callback)
        except SettingsError as problem:
            obstacle, to_paste = problem, to_paste or request
            if can_listen(redirect_uri) and options.paste:
                options.say(str(problem))
    if to_paste and options.paste:
        return to_paste, None
    raise obstacle or _unregistered(candidates)


def _listen(
    settings: Settings, request: AuthorizationRequest, say: Callable[[str], None], on_callback: Callable[[str], None]
) -> Listener:
    """Raises SettingsError where this process cannot be reached."""
    redirect_uri = request.redirect_uri
    if not can_listen(redirect_uri):
        raise SettingsError(f"nothing can listen on {redirect_uri}", hint="sign in at a terminal and paste, or --paste")
    if parse_url(redirect_uri).scheme == "http":
        return Listener(redirect_uri, request.state, on_callback)
    from halfday.client.browser.callback_certificate import server_tls

    tls = server_tls(settings)
    listener = Listener(redirect_uri, request.state, on_callback, tls=tls.context)
    if tls.fingerprint:
        say(f"The certificate of {redirect_uri} was made just now, for this sign-in: your browser will warn of it.")
        say(f"  SHA-256 {tls.fingerprint}")
    return listener


def _unregistered(candidates: Sequence[str]) -> CallbackRefused:
    tried = ", ".join(candidates)
    add = f"add {candidates[0]} to the app client's callback URLs, letter for letter"
    return CallbackRefused(
        "redirect_mismatch",
        f"not registered: {tried}",
        hint=f"{add}, or set redirect_uri to one that is there",
    )


def _invite(request: AuthorizationRequest, options: LoginOptions, *, listening: bool) -> None:
    """Opens the browser, and shows the link whether it opened or not."""
    opened = options.browser and listening and open_browser(request.url)
    options.say("Your browser opens for the sign-in. If it does not, go to:" if opened else "To sign in, go to:")
    options.say(f"\n  {request.url}\n")
    if listening and os.environ.get("SSH_CONNECTION"):
        options.say(
            f"Over SSH the browser needs this port; on your own machine:  {_forwarding(request.redirect_uri)}\n"
        )
    if options.paste:
        waits = "Waiting for the browser. From another machine, paste" if listening else "Then paste"
        options.say(f"{waits} the address it ends at here, or the code in it:")


def _forwarding(redirect_uri: str) -> str:
    """The ssh command that forwards the listener's port from the machine that the person sits at."""
    place = parse_url(redirect_uri)
    words = os.environ["SSH_CONNECTION"].split()
    host, ssh_port = words[2:4] if len(words) == 4 else ("HOST", "22")
    other = "" if ssh_port == "22" else f" -p {ssh_port}"
    return f"ssh -N -L {place.port}:{place.host}:{place.port}{other} {_user()}@{host}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "USER"


def _wait(request: AuthorizationRequest, options: LoginOptions, events: queue.Queue[str]) -> Callback:
    ends_at = time.monotonic() + options.timeout_s
    while (left_s := ends_at - time.monotonic()) > 0:
        try:
            text = events.get(timeout=left_s)
        except queue.Empty:
            break
        if not text.strip():
            continue
        try:
            callback = parse_callback(text)
        except SettingsError as problem:
            options.say(f"{problem}: {problem.hint}")
            continue
        if callback.state in (None, request.state):
            return callback
        options.say("that is the address of another sign-in: use the link above")
    hint = "run it again; the link is good for one sign-in"
    raise LoginAbandoned(f"nobody signed in within {options.timeout_s / 60:g} minutes", hint=hint)


def _show(listener: Listener | None, page: str, *, status: int = 200) -> None:
    if listener:
        listener.finish(page, status=status)
