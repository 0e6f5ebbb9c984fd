"""What a person sees who has signed out and has no application to go back to.

`/logout` without a registered address is AWS's error, and nobody is signed out by it. Whoever comes back from signing
out at their provider is signed out here already; where the address that was to follow is no longer registered, that is
all there is to say.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from halfday.server import pages
from halfday.server.http.requests.languages import language_of


def signed_out(request: Request) -> Response:
    text = pages.render_message(
        title="You are signed out",
        text="You can close this page, or go back to the application.",
        language=language_of(request),
    )
    return HTMLResponse(text, headers=dict(pages.SECURITY_HEADERS))
