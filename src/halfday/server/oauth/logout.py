"""GET /logout: where to go once the session's cookie is cleared. Source: facts/oauth.md §2."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from halfday.protocol.errors import OAuthError
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.redirect_uris import shown
from halfday.server.services import Services

# The words of AWS's error page, for a logout_uri that is not registered and for none at all.
SENTENCE = "Required String parameter 'redirect_uri' is not present"


async def destination(services: Services, parameters: Mapping[str, str]) -> tuple[AppClient, str]:
    """(client, Location). logout_uri wins over redirect_uri. Raises OAuthError, for our own error page."""
    client_id = parameters.get("client_id", "")
    client = await services.store.app_clients.find(client_id)
    if client is None:
        told = "no app client has this client_id" if client_id else "client_id is missing"
        raise OAuthError("invalid_request", detail=told)
    logout_uri = parameters.get("logout_uri")
    if logout_uri is not None and logout_uri in client.logout_urls:
        return client, logout_uri
    if logout_uri is None and "redirect_uri" in parameters and "response_type" in parameters:
        return client, "/login?" + urlencode(dict(parameters))
    registered = ", ".join(client.logout_urls) or "none"
    uri = shown(logout_uri, client.logout_urls)
    told = f"logout_uri {uri} is not registered" if logout_uri else "logout_uri is missing"
    detail = f"{told}; registered: {registered}"
    raise OAuthError("invalid_request", description=SENTENCE, detail=detail)
