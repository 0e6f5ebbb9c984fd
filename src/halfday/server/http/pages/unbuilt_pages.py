"""Cognito's pages that are not built here yet. Whoever opens one is told so, and what does the same (decision 36)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from halfday.server.http.edge import note
from halfday.server.http.notices import tell

INSTEAD = {
    "/passkeys/add": "StartWebAuthnRegistration and CompleteWebAuthnRegistration",
    "/saml2/idpresponse": "",
    "/saml2/logout": "",
}
"""By path: the API operations that do the same, "" where there are none. Source: facts/oauth.md §2."""


def is_one(request: Request) -> bool:
    return request.method in ("GET", "HEAD", "POST") and request.url.path in INSTEAD


def refuse(request: Request) -> Response:
    path = request.url.path
    note(request, why=f"{path} is a page that is not built here")
    instead = INSTEAD[path]
    further = f" The user pool's API does the same: {instead}." if instead else ""
    sentence = f"{path} is a page of Cognito's that is not built here yet.{further}"
    return tell(request, 501, "This page is not built yet", sentence)
