"""The stand-in's pages: at `/`, the account chooser, and Google's kind of refusal. Labelled for what they are."""

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
# No form-action: Chromium holds it against the redirects that follow the POST, and those lead back to the pool.
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


def choose(asking: str, query: str, accounts: Sequence[Account], *, hint: str = "", problem: str = "") -> Response:
    """Who are you? Each account is a button that posts its address; anybody else types one."""
    return _page("chooser.html", 200, asking=asking, query=query, accounts=accounts, hint=hint, problem=problem)


def front(accounts: Sequence[Account]) -> Response:
    """For whoever opens the address that `halfday serve` shows."""
    return _page("front.html", 200, accounts=accounts)


def refused(error: str, advice: str) -> Response:
    return _page("refused.html", 400, error=error, advice=advice)


def _page(template: str, status: int, **values: object) -> Response:
    text = _environment.get_template(template).render(style=Markup(_STYLE), **values)  # noqa: S704 - a file of ours
    return HTMLResponse(text, status, headers=_HEADERS)
