"""What was sent, of a request that ends on the error page, and why it was refused, for a developer on this machine.

AWS's address of that page names an error and a client, and suites look at it. So the rest goes in a cookie of one
minute, for that page alone. Whoever comes from another machine is given none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.protocol.errors import OAuthError
from halfday.server import reachability as reach
from halfday.server.http import cookies
from halfday.server.pages import Sentence
from halfday.server.services import Services

PATH = "/error"

_SENT = ("client_id", "redirect_uri", "logout_uri", "response_type")
_LONGEST = 1024
"""Characters of one value: AWS's longest URL."""


def at_this_machine(request: Request, services: Services) -> bool:
    """Whether it is a developer's own machine that the server is reached from (decision 22)."""
    return not reach.of_request(services.settings, request.headers.items()).public


def keep(request: Request, services: Services, response: Response, refused: OAuthError) -> None:
    """Where the response leads to our error page, that page can tell what was sent."""
    location = urlsplit(response.headers.get("location", ""))
    if location.netloc or location.path != PATH or not at_this_machine(request, services):
        return
    sent = {name: value[:_LONGEST] for name in _SENT if (value := request.query_params.get(name))}
    facts = json.dumps([_about(parse_qs(location.query)), sent, refused.reason[:_LONGEST]])
    cookies.set_error_facts(request, response, b64url_encode(facts.encode()), path=PATH)


def told(request: Request, services: Services) -> tuple[dict[str, str], str]:
    """(what was sent, why it was refused), for this error page; ({}, "") where it is not known or not to be told."""
    value = request.cookies.get(cookies.ERROR_FACTS, "")
    if not value or not at_this_machine(request, services):
        return {}, ""
    try:
        about, sent, why = json.loads(b64url_decode(value))
        is_of_this_page = about == _about(parse_qs(request.url.query))
        return ({str(name): str(text) for name, text in sent.items()}, str(why)) if is_of_this_page else ({}, "")
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}, ""


def labelled(sent: Mapping[str, str]) -> dict[str, str]:
    """As the page shows them."""
    return {Sentence("{parameter}, as it was sent", parameter=name): value for name, value in sent.items()}


def _about(query: Mapping[str, list[str]]) -> list[str]:
    return [query.get(name, [""])[0] for name in ("error", "client_id")]
