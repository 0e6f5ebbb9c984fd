"""Removes colours, markup, escapes and URL encoding from a pasted text, so that sentences can be found in it.

What people paste has often gone through a log, a shell, a JSON document or an address bar, or through several of them.
"""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

LONGEST = 16_000
"""Of a longer text the beginning and the end are looked at: an error stands in one of them."""

LONGEST_RUN = 3_000
"""Of letters without a blank. Longer ones are blobs, and patterns that look for their end would take their time."""

_LAYERS = 3
_RUN = re.compile(rf"\S{{{LONGEST_RUN + 1},}}")
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^<>]{1,2000}>", re.DOTALL | re.IGNORECASE)
_FORM = re.compile(r"(?<![\w+])[A-Za-z][\w.,:;'()\[\]%/-]*(?:\+{1,2}[\w.,:;'()\[\]%/-]+){2,}")
"""A sentence of a query without its query: Bad+id_token+issuer+https%3A%2F%2Fissuer.example."""
_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_QUERY = re.compile(r"(?<=[?&#])[\w.-]+=[^\s&\"'<>]*")
_ESCAPED = re.compile(r"(?<!\\)\\{1,8}(u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrt\"'/])")
_QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " ", "\ufeff": "", "`": "'"}
)


def plain(text: str) -> str:
    """The text as somebody would read it aloud, on one line."""
    text = shortened(text).translate(_QUOTES)
    text = _COLOURS.sub("", text)
    for _ in range(_LAYERS):
        before, text = text, _one_layer(text)
        if text == before:
            break
    return " ".join(text.split())


def without_markup(text: str) -> str:
    """A page's words. XML of a service keeps its element names out too: its sentence is what counts."""
    return html.unescape(_MARKUP.sub(" ", text))


def shortened(text: str) -> str:
    """The beginning and the end of what is too long."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
    return _RUN.sub(lambda run: f"{run[0][: LONGEST_RUN // 2]} {run[0][-LONGEST_RUN // 2 :]}", text)


def _one_layer(text: str) -> str:
    text = _QUERY.sub(lambda found: found[0].replace("+", " "), text)
    text = _FORM.sub(lambda found: found[0].replace("+", " "), text)
    text = _ENCODED.sub(lambda found: unquote(found[0], errors="replace").replace("+", " "), text)
    text = _ESCAPED.sub(_unescaped, text)
    return html.unescape(text)


def _unescaped(found: re.Match[str]) -> str:
    escape = found[1]
    if escape[0] in "ux":
        return chr(int(escape[1:], 16))
    return escape if escape in "\"'/" else " "
