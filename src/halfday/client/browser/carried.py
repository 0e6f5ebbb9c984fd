"""A sign-in begun on a machine without a browser, carried to one that has it, and its answer carried back.

    the machine without      begins: prints the link and a short code, and keeps verifier, nonce and state (journal)
    the one with a browser   reads the link, has the person type the short code, signs in, prints the callback's address
    the machine without      reads that address, finds the sign-in that it began, and redeems the code

What is carried can be read on the way: the code in it is of use only with the verifier, which never leaves (RFC 7636
§1). What it cannot stop is somebody who lends you their link and asks for the answer; that is so of every sign-in that
begins elsewhere (RFC 8628 §5.4), and here the person has to bring the answer back by hand.
"""

from __future__ import annotations

import base64
import hashlib
import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from halfday.client.browser.final_page import carried_page
from halfday.client.browser.loopback import Listener, can_listen
from halfday.client.browser.opening import open_browser
from halfday.client.errors import LoginAbandoned, SettingsError
from halfday.client.oauth.callback import parse_callback
from halfday.client.transport.addresses import read_url
from halfday.protocol.pkce import METHOD
from halfday.protocol.urls import UrlError, parse_url

_ROUNDS = 300_000
_NEEDED = ("client_id", "redirect_uri", "state", "code_challenge", "code_challenge_method", "response_type")


@dataclass(frozen=True, slots=True)
class Link:
    """A sign-in that another machine began, as far as its link tells."""

    url: str = field(repr=False)
    origin: str
    client_id: str
    redirect_uri: str
    state: str = field(repr=False)

    @property
    def short_code(self) -> str:
        return short_code(self.url)


def is_link(text: str) -> bool:
    """Whether it is meant to be a sign-in link, and not what a browser came back with."""
    try:
        return parse_url(text.strip()).path.endswith("/oauth2/authorize")
    except UrlError:
        return False


def read_link(text: str) -> Link:
    """Raises SettingsError for what is no sign-in with PKCE whose browser comes back to this machine."""
    url = read_url(text.strip(), "the link")
    if url.is_in_the_clear:
        raise SettingsError(f"the link goes to {url.origin} in the clear", hint="it has to begin with https://")
    members = {name: values[0] for name, values in parse_qs(url.target.partition("?")[2]).items() if len(values) == 1}
    lacking = [name for name in _NEEDED if not members.get(name)]
    if lacking or members["response_type"] != "code" or members["code_challenge_method"] != METHOD:
        hint = "copy the whole line that halfday login --hand-over printed on the other machine, in quotes"
        raise SettingsError("the link is not one that halfday login --hand-over prints", hint=hint)
    if not can_listen(members["redirect_uri"]):
        hint = "open it in a browser, and carry the address back that it ends at"
        raise SettingsError("the browser will not come back to this machine by that link", hint=hint)
    return Link(str(url), url.origin, members["client_id"], members["redirect_uri"], members["state"])


def short_code(url: str) -> str:
    """Eight letters and digits of the link, for eyes: whoever swaps the link on the way changes them.

    Forty bits are compared. They take a fifth of a second to make, so that nobody finds another link with the same ones
    while this one is good: with a plain hash that is a minute's work.
    """
    told = base64.b32encode(hashlib.pbkdf2_hmac("sha256", url.encode(), b"halfday hand-over", _ROUNDS, 5)).decode()
    return f"{told[:4]}-{told[4:8]}"


def carry(link: Link, *, say: Callable[[str], None], browser: bool, timeout_s: float) -> str:
    """The address that the browser came back with. No token is asked for. Raises LoginAbandoned, CallbackRefused."""
    events: queue.Queue[str] = queue.Queue()
    if parse_url(link.redirect_uri).scheme != "http":
        hint = "open the link in a browser, and carry the address back that it ends at"
        raise SettingsError(f"{link.redirect_uri} is not listened on for another machine", hint=hint)
    listener = Listener(link.redirect_uri, link.state, events.put)
    try:
        opened = browser and open_browser(link.url)
        say("Your browser opens for the sign-in. If it does not, go to:" if opened else "To sign in, go to:")
        say(f"\n  {link.url}\n")
        try:
            address = events.get(timeout=timeout_s)
        except queue.Empty:
            hint = "run it again; the link is good for one sign-in"
            raise LoginAbandoned(f"nobody signed in within {timeout_s / 60:g} minutes", hint=hint) from None
        listener.finish(carried_page())
        parse_callback(address)
        return address
    finally:
        listener.close()
