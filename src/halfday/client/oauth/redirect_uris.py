"""Whether a redirect URI is registered: the sign-in page is asked, and no page is opened."""

from __future__ import annotations

from halfday.client.oauth.authorization import AuthorizationRequest
from halfday.client.oauth.callback import refusal_of, split_address
from halfday.client.transport import wire


def probe(request: AuthorizationRequest) -> wire.Flow[bool]:
    """Whether the sign-in page takes this redirect URI; raises CallbackRefused when it refuses something else.

    A dry run that follows no redirect (facts/failures.md P2), so that the person does not end at an error page.
    """
    response = yield wire.Request("GET", request.url, {"Accept": "text/html"})
    location = response.headers.get("location", "")
    _, path, members = split_address(location)
    if "error" in members and (path == "/error" or location.startswith(request.redirect_uri)):
        if "redirect_mismatch" in members["error"]:
            return False
        raise refusal_of(members, path)
    return not (response.status == 400 and b"redirect_mismatch" in response.body)
