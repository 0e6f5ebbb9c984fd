"""halfday login --hand-over: a sign-in begun on a machine without a browser, and finished there by another's answer.

Without a word it begins, with a link it carries, with the address that a browser came back with it finishes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from halfday.cli.arguments import command_line
from halfday.cli.terminal import done, paint, say, shown
from halfday.client.browser.carried import Link, carry, is_link, read_link, short_code
from halfday.client.cognito import Cognito
from halfday.client.errors import CallbackRefused, LoginAbandoned, SettingsError
from halfday.client.oauth.authorization import AuthorizationRequest
from halfday.client.oauth.callback import parse_callback
from halfday.client.oauth.journal import Journal
from halfday.client.oauth.redirect_uris import probe
from halfday.client.session import Session
from halfday.client.settings import DEFAULT_REDIRECT_URIS
from halfday.client.token_store.cache_files import cache_dir
from halfday.protocol.printable import printable

_MINUTES = "within five minutes"


def hand_over(options: argparse.Namespace, connect: Callable[[argparse.Namespace], Cognito]) -> Session | None:
    """The session, when this call finishes one; None when it begins or carries."""
    word = _pasted() if options.hand_over == "-" else options.hand_over.strip()
    if not word:
        _begin(connect(options), options)
        return None
    if is_link(word):
        _carry(read_link(word), options)
        return None
    return _finish(connect(options), word)


def _pasted() -> str:
    """Read, and not an argument: command lines are everybody's on this machine."""
    if sys.stdin.isatty():
        say("Paste the link, or the address that the browser ended at:")
    line = sys.stdin.readline().strip()
    if not line:
        raise LoginAbandoned("nothing was pasted", hint="halfday login --hand-over begins a sign-in")
    return line


def _begin(cognito: Cognito, options: argparse.Namespace) -> None:
    """Prints the link on stdout, and what to do with it."""
    if cognito.settings.token_store == "none":
        raise SettingsError("token_store is none, and so nothing would be kept", hint="set it to disk or keyring")
    request = _registered(cognito, options)
    say("On the machine with the browser run  halfday login --hand-over -  and paste this link:")
    say(f"\n  {request.url}\n")
    say(f"  It asks for this code: {paint(short_code(request.url), 'bold')}")
    say("  Without halfday there: open the link in a browser, and copy the address that it ends at.")
    again = command_line(options, "login", "--hand-over -")
    say(f"Then carry the address back, {_MINUTES} of the sign-in, and finish here:  {again}")
    if not sys.stdout.isatty():
        sys.stdout.write(shown(f"{request.url}\n", sys.stdout))


def _registered(cognito: Cognito, options: argparse.Namespace) -> AuthorizationRequest:
    """A sign-in by the first redirect URI that the app client has."""
    names = ("identity_provider", "login_hint", "prompt")
    extra = {name: value for name in names if (value := getattr(options, name)) is not None}
    candidates = cognito.settings.redirect_uris or DEFAULT_REDIRECT_URIS
    for redirect_uri in candidates:
        request = cognito.begin(redirect_uri, **extra)
        if Journal().find(request.state) is None:
            hint = "the next call needs it: make that writable, or name a folder by HALFDAY_CACHE_DIR"
            raise SettingsError(f"the sign-in cannot be kept in {cache_dir()}, and so not be finished", hint=hint)
        if cognito.connection.transport.run(probe(request)):
            return request
        Journal().finished(request.state)
    tried = ", ".join(candidates)
    hint = "set redirect_uri to one of the app client's callback URLs, letter for letter"
    raise CallbackRefused("redirect_mismatch", f"not registered: {tried}", hint=hint)


def _carry(link: Link, options: argparse.Namespace) -> None:
    """Signs in for the other machine, when the person has typed the code that stands on its screen."""
    client = printable(link.client_id)
    say(f"This signs in {paint('another machine', 'bold')}, at {link.origin}, as app client {client}.")
    say("It will be signed in as you. Go on only if you began this there yourself: nobody needs your help with theirs.")
    sys.stderr.write(shown("The code on its screen: "))
    sys.stderr.flush()
    typed = sys.stdin.readline().strip().upper().replace(" ", "")
    if typed.replace("-", "") != link.short_code.replace("-", ""):
        hint = "compare both screens, and copy the link again; somebody may have changed it on the way"
        raise LoginAbandoned("that is not the code of this link, and nothing was opened", hint=hint)
    address = carry(link, say=say, browser=not options.no_browser, timeout_s=options.patience_s)
    done(f"signed in; now carry this back, {_MINUTES}:")
    say("on the other machine run  halfday login --hand-over -  and paste:\n")
    sys.stdout.write(shown(f"{address}\n", sys.stdout))


def _finish(cognito: Cognito, address: str) -> Session:
    """Only what was begun here is finished: an address that somebody else sends would sign in as them."""
    if Journal().find(parse_callback(address).state) is None:
        hint = "begin with halfday login --hand-over, and finish on the same machine as the same user, within a day"
        raise SettingsError("that is no answer to a sign-in that was begun on this machine", hint=hint)
    return cognito.exchange(address, keep=True)
