"""`/error`: AWS's page and words, with status 400, and below them advice that AWS does not give."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from halfday.server import pages
from halfday.server.http.pages import error_facts
from halfday.server.http.pages.authorize_requests import note_client
from halfday.server.http.pages.error_advice import AT_PROVIDER, advice_for
from halfday.server.http.requests.languages import language_of
from halfday.server.oauth.logout import SENTENCE as LOGOUT_SENTENCE
from halfday.server.services import Services

PATH = error_facts.PATH


async def get_error(request: Request, services: Services) -> Response:
    """On this machine the page shows what was sent, what is registered, and what the log says."""
    query, language = request.query_params, language_of(request)
    error = query.get("error") or "invalid_request"
    if (told := AT_PROVIDER.get(query.get("at", ""))) is not None:
        sentence, advice = told
        text = pages.render_error(error=error, message=sentence, advice=advice, language=language)
        return HTMLResponse(text, 400, headers=dict(pages.SECURITY_HEADERS))
    client = await services.store.app_clients.find(query.get("client_id", ""))
    note_client(request, client)
    at_logout = query.get("at") == "logout"
    tell_all = error_facts.at_this_machine(request, services)
    missing = query.get("missing", "") if query.get("client_id") else "client_id"
    advice, registered = advice_for(error, client, at_logout=at_logout, missing=missing, tell_all=tell_all)
    addressed = bool(client) and (at_logout or error == "redirect_mismatch")
    text = pages.render_error(
        error=error,
        message=LOGOUT_SENTENCE if at_logout and client else pages.ERROR_MESSAGE,
        advice=advice,
        details=error_facts.details(request, services, registered, addressed=addressed),
        back_href="/" if tell_all else None,
        back_label="What this server has",
        language=language,
    )
    return HTMLResponse(text, 400, headers=dict(pages.SECURITY_HEADERS))
