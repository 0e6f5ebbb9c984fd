"""What the browser brings back: a bare code, or the whole URL out of the address bar. No I/O.

Errors of the sign-in page are told apart by loose keywords: AWS warns that its descriptions change
(facts/failures.md §1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from halfday.client.errors import CallbackRefused, SettingsError

_BARE_CODE = re.compile(r"^[A-Za-z0-9._~-]+$")

_HINTS = (
    ("redirect_mismatch", "register this redirect_uri at the app client, letter for letter, or use the registered one"),
    ("invalid_scope", "a scope that was asked for is not enabled for the app client: enable it, or ask for fewer"),
    ("not enabled for oauth", "switch OAuth on for the app client: AllowedOAuthFlowsUserPoolClient, flows and scopes"),
    ("unauthorized_client", "enable the authorization code grant for the app client"),
    ("attributes required", "map a claim of the provider to each attribute named: the pool requires it"),
    ("attribute cannot be updated", "make the mapped attribute mutable and let the app client write it"),
    ("already found an entry", "sign in once more: a trigger linked the account during this sign-in"),
    ("invalid saml", "check the provider's attribute mapping and its signing certificate in the pool"),
    ("bad id_token issuer", "the provider's issuer in the pool differs from the iss of its tokens"),
    ("error getting token", "correct the provider's client id and secret in the user pool"),
    ("timeout", "Cognito could not reach the provider: try again"),
    ("login_required", "nobody is signed in at the sign-in page: sign in without prompt=none"),
    ("access_denied", "the person, or the provider, declined: sign in again and agree"),
    ("server_error", "a fault at Cognito: try again"),
    ("invalid_request", "check client_id and domain: a wrong client id is refused with this word"),
)


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
    parts = urlsplit(text)
    members = dict(parse_qsl(parts.query) + parse_qsl(parts.fragment))
    if not members and "=" in text:
        members = dict(parse_qsl(text.lstrip("?")))
    if "error" in members:
        raise refusal_of(members)
    if not members.get("code"):
        raise _no_code(members)
    place = f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.scheme else None
    return Callback(members["code"], members.get("state"), place)


def refusal_of(members: dict[str, str]) -> CallbackRefused:
    """The error that a callback's query carries."""
    error, description = members["error"], members.get("error_description", "").strip()
    told = f"{description} {error}".lower()
    hint = next((hint for keyword, hint in _HINTS if keyword in told), "")
    return CallbackRefused(error, description, hint=hint)


def _no_code(members: dict[str, str]) -> SettingsError:
    if "code_challenge" in members or "response_type" in members:
        hint = "this is the sign-in link itself: open it, sign in, and copy the address the browser ends at"
    elif "id_token" in members or "access_token" in members:
        hint = "these are tokens of the implicit flow: sign in with response_type=code instead"
    else:
        hint = "copy the whole address after signing in: it holds ?code=…"
    return SettingsError("there is no code in what was given", hint=hint)
