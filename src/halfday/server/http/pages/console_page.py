"""The page that says who signed in to the console, where there is none, and the page for whom nobody signed in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from halfday.server import pages
from halfday.server.http.requests.languages import language_of


def signed_in(request: Request, *, arn: str, account: str, until: str, destination: str) -> Response:
    details = {"Signed in as": arn, "AWS account": account, "Until": until, "Page of the console": destination}
    return _page(pages.render_console(details=details, language=language_of(request)), 200)


def not_signed_in(request: Request, *, issuer: str | None, token_is_good: bool) -> Response:
    """`issuer` is the broker's own page, which AWS's page links back to."""
    text = pages.render_message(
        title="Not signed in",
        text=_NO_CONSOLE if token_is_good else _NO_TOKEN,
        back_href=issuer,
        back_label="Back to sign-in",
        language=language_of(request),
    )
    return _page(text, 400)


_NO_TOKEN = "This link works for 15 minutes, and while the session behind it lasts. Ask for a new one."
_NO_CONSOLE = "The destination of this link is no page of the AWS console."


def _page(text: str, status: int) -> Response:
    return HTMLResponse(text, status, headers=dict(pages.SECURITY_HEADERS))
