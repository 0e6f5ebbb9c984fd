"""What was sent, of a request that ends on the error page, and why it was refused, for a developer on this machine.

AWS's address of that page names an error and a client, and suites look at it. So the rest goes in a cookie of one
minute, for that page alone. Whoever comes from another machine is given none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
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

_ADDRESSES = ("redirect_uri", "logout_uri")
_FURTHER = ("client_id", "response_type")
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
    sent = {name: value[:_LONGEST] for name in (*_ADDRESSES, *_FURTHER) if (value := request.query_params.get(name))}
    facts = json.dumps([_about(parse_qs(location.query)), sent, refused.reason[:_LONGEST]])
    cookies.set_error_facts(request, response, b64url_encode(facts.encode()), path=PATH)


def details(request: Request, services: Services, registered: Mapping[str, str], *, addressed: bool) -> dict[str, str]:
    """What the page shows: the address that was sent beside those that are registered, then the rest.

    Where the address is what is wrong (`addressed`) the log says nothing more.
    """
    sent, why = _told(request, services)
    logged = {} if addressed or not why else {"What the log says": why}
    return {**_labelled(sent, _ADDRESSES), **registered, **_labelled(sent, _FURTHER), **logged}


def _labelled(sent: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {Sentence("{parameter}, as it was sent", parameter=name): sent[name] for name in names if name in sent}


def _told(request: Request, services: Services) -> tuple[dict[str, str], str]:
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


def _about(query: Mapping[str, list[str]]) -> list[str]:
    return [query.get(name, [""])[0] for name in ("error", "client_id")]
