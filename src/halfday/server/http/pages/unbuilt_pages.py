"""Cognito's pages that are not built here yet. Whoever opens one is told so (decision 36)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from halfday.server.http.edge import note
from halfday.server.http.notices import tell
from halfday.server.pages import Sentence

UNBUILT = ("/saml2/idpresponse", "/saml2/logout")
"""Source: facts/oauth.md §2."""


def is_one(request: Request) -> bool:
    return request.method in ("GET", "HEAD", "POST") and request.url.path in UNBUILT


def refuse(request: Request) -> Response:
    path = request.url.path
    note(request, why=f"{path} is a page that is not built here")
    sentence = Sentence("{path} is a page of Cognito's that is not built here yet.", path=path)
    return tell(request, 501, "This page is not built yet", sentence)
