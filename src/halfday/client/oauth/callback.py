"""What the browser brings back: a bare code, or the whole URL out of the address bar. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from halfday.client.errors import CallbackRefused, SettingsError
from halfday.protocol.urls import UrlError, parse_url

_BARE_CODE = re.compile(r"^[A-Za-z0-9._~-]+$")


@dataclass(frozen=True, slots=True)
class Callback:
    """What came back. `place` is the URL without its query, None for a bare code."""

    code: str = field(repr=False)
    state: str | None = field(default=None, repr=False)
    place: str | None = None


def parse_callback(text: str) -> Callback:
    """Reads a code or a callback URL. Raises CallbackRefused for an error, SettingsError when there is no code."""
    text = text.strip().strip("'\"<>")
    if _BARE_CODE.match(text):
        return Callback(text)
    address, path, members = split_address(text)
    if not members and "=" in text:
        address, path, members = "", "", dict(parse_qsl(text))
    if "error" in members:
        raise refusal_of(members, path)
    if not members.get("code"):
        raise _no_code(members)
    return Callback(members["code"], members.get("state"), _place(address))


def split_address(text: str) -> tuple[str, str, dict[str, str]]:
    """(the address without its query, its path, the members of query and fragment) of whatever came; never raises."""
    address, _, fragment = text.partition("#")
    address, _, query = address.partition("?")
    rest = address.partition("://")[2] or address
    path = "/" + rest.partition("/")[2]
    return address, path, dict(parse_qsl(query) + parse_qsl(fragment))


def _place(address: str) -> str | None:
    """The address with its scheme: browsers show `localhost:8080/` for http://localhost:8080/, and hide https too."""
    if "://" in address or not address:
        return address or None
    try:
        scheme = "http" if parse_url(f"https://{address}").is_loopback else "https"
    except UrlError:
        return None
    return f"{scheme}://{address}"


def refusal_of(members: dict[str, str], path: str = "") -> CallbackRefused:
    """The error in a callback's query. With the path /error it is Cognito's own error page: the app was not called."""
    error, description = members["error"], members.get("error_description", "").strip()
    facts = {"on_error_page": ""} if path == "/error" else {}
    return CallbackRefused(error, description, facts=facts)


def _no_code(members: dict[str, str]) -> SettingsError:
    if "code_challenge" in members or "response_type" in members:
        hint = "this is the sign-in link itself: open it, sign in, and copy the address the browser ends at"
    elif "id_token" in members or "access_token" in members:
        hint = "these are tokens of the implicit flow: sign in with response_type=code instead"
    else:
        hint = "copy the whole address after signing in: it holds ?code=…"
    return SettingsError("there is no code in what was given", hint=hint)
