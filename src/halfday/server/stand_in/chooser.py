"""The stand-in's pages: the front page, the account chooser and the error page. Each says that it is a stand-in's."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from halfday.server.stand_in.accounts import Account

_STYLE = files(__package__).joinpath("templates/chooser.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
# There is no form-action: Chromium applies it to the redirects that follow the POST, and these lead back to the pool.
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; frame-ancestors 'none'"
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


def chooser_page(
    requesting_host: str, query: str, accounts: Sequence[Account], *, hint: str = "", problem: str = ""
) -> Response:
    """The account chooser: a button for each account, which posts its address, and a field for any other address.

    `query` is the authorization request, which the forms keep. `hint` is the login_hint, `problem` what was wrong with
    the last choice.
    """
    shown = {"requesting_host": requesting_host, "query": query, "accounts": accounts, "hint": hint, "problem": problem}
    return _page("chooser.html", 200, **shown)


def front_page(accounts: Sequence[Account]) -> Response:
    """The page at the address that `halfday serve` shows: it says where a sign-in begins, and who can sign in."""
    return _page("front.html", 200, accounts=accounts)


def error_page(error: str, advice: str) -> Response:
    """The page on which Google ends a request that it cannot send back to the client."""
    return _page("refused.html", 400, error=error, advice=advice)


def _page(template: str, status: int, **values: object) -> Response:
    text = _environment.get_template(template).render(style=Markup(_STYLE), **values)  # noqa: S704 - a file of ours
    return HTMLResponse(text, status, headers=_HEADERS)
