"""The stand-ins' pages: front page, account chooser, error page, and the form that is posted to a client.

Each names the stand-in. Routes are in `issuer`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from halfday.server.stand_in.accounts import Account

_STYLE = files(__package__).joinpath("templates/chooser.css").read_text(encoding="utf-8")
_POST_AT_ONCE = "document.forms[0].submit()"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


# There is no form-action: Chromium applies it to the redirects that follow the POST, and these lead back to the pool.
_POLICY = f"default-src 'none'; style-src {_hash(_STYLE)}; base-uri 'none'; frame-ancestors 'none'"
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}
_environment = Environment(
    loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True)
class Brand:
    """What the pages call the stand-in, and the ProviderType whose mark they bear."""

    type: str
    name: str


def chooser_page(
    brand: Brand, requesting_host: str, query: str, accounts: Sequence[Account], *, hint: str = "", problem: str = ""
) -> Response:
    """The account chooser: a button for each account, which posts its address, and a field for any other address.

    `query` is the authorization request, which the forms keep. `hint` is the login_hint, `problem` what was wrong with
    the last choice.
    """
    shown = {"requesting_host": requesting_host, "query": query, "accounts": accounts, "hint": hint, "problem": problem}
    return _page("chooser.html", 200, brand, **shown)


def front_page(
    brand: Brand, accounts: Sequence[Account], *, documents: Mapping[str, str], tiles: Mapping[str, str] | None = None
) -> Response:
    """The page at the address that `halfday serve` shows: it says where a sign-in begins, and who can sign in.

    `tiles` are the sign-ins that the provider begins, with their titles by path.
    """
    return _page("front.html", 200, brand, accounts=accounts, documents=documents, tiles=tiles or {})


def error_page(brand: Brand, error: str, advice: str) -> Response:
    """The page for a request that cannot be answered by a redirect to the client. Google has such a page too."""
    return _page("refused.html", 400, brand, error=error, advice=advice)


def posting_page(brand: Brand, action: str, fields: Mapping[str, str]) -> Response:
    """A form that posts the answer to the client at once, or by its button where no scripts run."""
    host = urlsplit(action).netloc
    shown = {"action": action, "fields": fields, "requesting_host": host, "script": _POST_AT_ONCE}
    response = _page("posting.html", 200, brand, **shown)
    response.headers["Content-Security-Policy"] = f"{_POLICY}; script-src {_hash(_POST_AT_ONCE)}"
    return response


def _page(template: str, status: int, brand: Brand, **values: object) -> Response:
    style = Markup(_STYLE)  # noqa: S704 - a file of ours
    text = _environment.get_template(template).render(style=style, brand=brand, **values)
    return HTMLResponse(text, status, headers=_HEADERS)
