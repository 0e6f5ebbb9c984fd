"""What a person or a program is told where there is nothing to do: a page for browsers, JSON for everybody else."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from halfday.server import pages
from halfday.server.http.requests.languages import language_of

VARIES = {"Vary": "Accept"}


def wants_page(request: Request) -> bool:
    """Whether a browser asks: it names text/html in Accept, where boto3, curl and fetch() do not."""
    return request.method in ("GET", "HEAD", "POST") and "text/html" in request.headers.get("accept", "").lower()


def tell(request: Request, status: int, title: str, sentence: str) -> Response:
    """A page for browsers, in their language and with a way on; JSON in English for everybody else."""
    if wants_page(request):
        language = language_of(request)
        text = pages.render_message(
            title=title, text=sentence, back_href="/", back_label="What this server has", language=language
        )
        return HTMLResponse(text, status, headers={**pages.SECURITY_HEADERS, **VARIES})
    return JSONResponse({"message": sentence}, status, headers=VARIES)
