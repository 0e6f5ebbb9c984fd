"""Reads URLs that a person gave (`protocol.urls`). A refusal names the setting that the URL is in."""

from __future__ import annotations

from halfday.client.errors import SettingsError
from halfday.protocol.urls import Url, UrlError, parse_url, without_secrets

_WHOLE = "write it whole: https://HOST/PATH"


def read_url(text: str, name: str = "", hint: str = _WHOLE) -> Url:
    """The URL, to be used instead of its text from now on. `name`: the setting's. Raises SettingsError."""
    try:
        return parse_url(text)
    except UrlError as problem:
        raise SettingsError(f"{name} {without_secrets(text)!r} {problem}".strip(), hint=hint) from None


def check_return_address(text: str, name: str) -> str:
    """A redirect URI or a logout URI, letter for letter: it may have a scheme of an app's own. Raises SettingsError."""
    scheme, separator, _ = text.partition("://")
    if separator and scheme.lower() in ("http", "https"):
        read_url(text, name, f"write it letter for letter as registered, such as {_EXAMPLE}")
    elif "\\" in text or not text.isprintable() or any(letter.isspace() for letter in text):
        sentence = f"{name} {without_secrets(text)!r} has a blank, a backslash or a character in it that cannot be seen"
        raise SettingsError(sentence, hint=f"write it letter for letter as registered, such as {_EXAMPLE}")
    return text


_EXAMPLE = "http://localhost:8080"
