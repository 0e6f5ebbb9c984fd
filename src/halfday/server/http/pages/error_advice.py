"""What a person should change, for each error that ends on our own error page: one sentence, and what it is about."""

from __future__ import annotations

from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.pages import Sentence

_LOGOUT = "The logout_uri of this link is not registered for the app client, character for character."
_MISMATCH = (
    "The redirect_uri of this link is not registered for the app client: it must equal an entry of CallbackURLs "
    "character for character, down to the port and the trailing slash."
)
_NO_CLIENT = "The client_id of this link belongs to no app client here. Was the placeholder replaced?"
_MISSING = "The {name} of this link is missing: send it, URL-encoded once."
_MAY_BE_MISSING = ("client_id", "redirect_uri", "logout_uri")
_NO_PROVIDER = (
    "The app client has no SupportedIdentityProviders, and so no sign-in page: name COGNITO there for the users of "
    "the pool itself."
)
PROVIDER_SENTENCE = "An error was encountered with the requested page. Invalid State"
"""What AWS's page says of an answer that belongs to nothing (facts/federation.md §2)."""
RELAY_STATE_SENTENCE = (
    "An error was encountered with the requested page. Invalid samlResponse or relayState from identity provider"
)
"""What it says where the answer came by SAML (facts/federation.md §6)."""
PROVIDER_ADVICE = (
    "This browser has no sign-in to which this answer of the provider belongs: it was begun in another browser, more "
    "than 5 minutes ago, or under another address of this server, or it has ended. Begin again at the application."
)
RELAY_STATE_ADVICE = (
    "This browser has no sign-in to which this answer of the provider belongs: it was begun in another browser, more "
    "than 5 minutes ago, or under another address of this server, or it has ended. Begin again at the application. "
    "Where the provider shall begin a sign-in itself: IDPInit of this provider must be true, its "
    "RelayState must hold identity_provider, client_id, redirect_uri and response_type, and the app client may have no "
    "other ways in than SAML providers."
)
AT_PROVIDER = {
    "provider": (PROVIDER_SENTENCE, PROVIDER_ADVICE),
    "relay_state": (RELAY_STATE_SENTENCE, RELAY_STATE_ADVICE),
}
"""Sentence and advice, by the way that the answer came."""
_INVALID = "Something in this link cannot be: the server's log says what, on the line of this request."


def advice_for(
    error: str, client: AppClient | None, *, at_logout: bool, missing: str, tell_all: bool
) -> tuple[str, dict[str, str]]:
    """(advice, details). `missing` is the parameter that was not sent, of those that belong to a client.

    What is registered is shown only where `tell_all`: on a developer's own machine.
    """
    told = Sentence(_MISSING, name=missing) if missing in _MAY_BE_MISSING else ""
    if client is None:
        return (told if missing == "client_id" else _NO_CLIENT), {}
    if at_logout:
        return told or _LOGOUT, _registered("Registered logout URLs", client.logout_urls, tell_all)
    if error == "redirect_mismatch":
        return told or _MISMATCH, _registered("Registered callback URLs", client.callback_urls, tell_all)
    return (_INVALID if client.identity_providers else _NO_PROVIDER), {}


def _registered(label: str, uris: tuple[str, ...], tell_all: bool) -> dict[str, str]:
    """One URL a line: what a person copies has no comma at its end."""
    return {label: "\n".join(uris) or "none"} if tell_all else {}
