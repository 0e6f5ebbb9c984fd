"""`session.requests_auth()`: a requests AuthBase whose header is `api_auth`'s.

requests copies an Auth's hooks to the requests that it makes for redirects. So the hook sees answers from other
origins, and sends no token there.
"""

from __future__ import annotations

from typing import Any

from halfday.client.errors import SettingsError
from halfday.client.http_auth.api_auth import ApiAuth, Attempt

try:
    import requests
    from requests.auth import AuthBase
    from requests.cookies import extract_cookies_to_jar
except ImportError as problem:
    raise SettingsError("requests is not installed", hint="pip install 'halfday[requests]'") from problem


class RequestsAuth(AuthBase):
    """Made by Session.requests_auth. Safe to share between requests' sessions and threads."""

    def __init__(self, auth: ApiAuth) -> None:
        self._auth = auth

    def __repr__(self) -> str:
        return f"Requests{self._auth!r}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        attempt = self._auth.first(str(request.url))
        request.headers["Authorization"] = attempt.value

        def look(response: requests.Response, **options: Any) -> requests.Response:
            return self._look(attempt, response, options)

        request.register_hook("response", look)  # type: ignore[no-untyped-call]
        return request

    def _look(self, attempt: Attempt, response: requests.Response, options: dict[str, Any]) -> requests.Response:
        """The response, or the response to a second request with another token."""
        if response.request.headers.get("Authorization") != attempt.value:
            return response  # of a redirect, which carried none
        body = response.content if response.status_code in (401, 403) else b""
        headers = {name.lower(): value for name, value in response.headers.items()}
        again = self._auth.again(attempt, str(response.request.url), response.status_code, headers, body)
        if again is None or not _is_whole(response.request):
            return response
        second = _send_again(response, again, options)
        self._auth.note(again, second.status_code)
        return second


def _is_whole(request: requests.PreparedRequest) -> bool:
    """Whether the body can be sent again: a streamed one can be sent only once."""
    return request.body is None or isinstance(request.body, (bytes, str))


def _send_again(response: requests.Response, attempt: Attempt, options: dict[str, Any]) -> requests.Response:
    """On the same connection, as requests' own digest authentication does."""
    response.close()
    request = response.request.copy()
    jar: Any = request._cookies  # type: ignore[attr-defined]
    extract_cookies_to_jar(jar, response.request, response.raw)  # type: ignore[no-untyped-call]
    request.prepare_cookies(jar)
    request.headers["Authorization"] = attempt.value
    again: requests.Response = response.connection.send(request, **options)
    again.history.append(response)
    again.request = request
    return again
