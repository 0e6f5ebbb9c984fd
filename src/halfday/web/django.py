"""Django: `pip install 'halfday[django]'`.

    MIDDLEWARE = [..., "halfday.web.django.SignIn"]
    HALFDAY = {"redirect_uri": "https://app.example.com/callback"}      # settings.py; options are RelyingParty's

    @signed_in
    def home(request): return HttpResponse(request.cognito.claims["email"])

`request.cognito` is the WebSession under `signed_in` and `in_group`; `request.claims` the caller's under `bearer`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any

from halfday.client.errors import SettingsError

try:
    from django.conf import settings as django_settings
    from django.http import HttpRequest, HttpResponse, JsonResponse
    from django.utils.cache import patch_vary_headers
except ImportError as problem:
    raise SettingsError("Django is not installed", hint="pip install 'halfday[django]'") from problem

from halfday.web.bearer import BearerRefused, BearerTokens, checked_requirements
from halfday.web.cookies import read_cookies
from halfday.web.http_messages import Cookie, Rejection, WebRequest, WebResponse
from halfday.web.relying_party import RelyingParty
from halfday.web.request_session import RequestSession
from halfday.web.sessions import WebSession
from halfday.web.settings import group_names

View = Callable[..., Any]


class SignIn:
    """The middleware: /login, /logout and the redirect URI's path. Without a secret it takes Django's SECRET_KEY."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response
        self._party = RelyingParty(**_sign_in_options())

    def __call__(self, request: Any) -> Any:
        own = self._party.at(request.method, _path(request))
        if own is not None:
            return _response(own(_web_request(request)))
        request_session = request.halfday = RequestSession(self._party, lambda: _web_request(request))
        response = self._get_response(request)
        if request_session.looked:
            _tell(response, request_session.cookies())
        return response

    def process_exception(self, request: Any, problem: Exception) -> Any:
        """Answers a Rejection that `session_of` raised in a view."""
        return _response(problem.answer) if isinstance(problem, Rejection) else None


def session_of(request: Any) -> WebSession | None:
    """Whoever is signed in, or None. Raises Rejection, which the middleware answers, when that cannot be told."""
    request_session: RequestSession = request.halfday
    return request_session.session


def signed_in(view: View) -> View:
    """A decorator: only whoever is signed in. Everybody else goes to the sign-in, or is answered 401."""
    return _guarded(view, None)


def in_group(*groups: str) -> Callable[[View], View]:
    """A decorator: as signed_in, for members of one of the groups. Everybody else is answered 403."""
    names = group_names(groups)
    return lambda view: _guarded(view, names)


def bearer(**wanted: Any) -> Callable[[View], View]:
    """A decorator: `request.claims` are the verified claims of the caller's token. `wanted`: scopes, groups, token_use.

    Needs no middleware. It reads no cookie, so the view is exempt from Django's CSRF protection.
    Raises SettingsError where user_pool_id is not set.
    """
    tokens, asked = _bearer_tokens(), checked_requirements(**wanted)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def checked(request: Any, *args: Any, **keys: Any) -> Any:
            try:
                request.claims = tokens.check(request.headers.get("Authorization"), **asked)
            except BearerRefused as refusal:
                return JsonResponse({"detail": str(refusal)}, status=refusal.status, headers=refusal.headers)
            return view(request, *args, **keys)

        checked.csrf_exempt = True  # type: ignore[attr-defined]
        return checked

    return decorate


def _guarded(view: View, groups: Collection[str] | None) -> View:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **keys: Any) -> Any:
        try:
            request.cognito = request.halfday.required(groups)
        except Rejection as rejection:
            return _response(rejection.answer)
        return view(request, *args, **keys)

    return guarded


def _options() -> dict[str, Any]:
    return dict(getattr(django_settings, "HALFDAY", {}))


def _sign_in_options() -> dict[str, Any]:
    options = _options()
    options.pop("api_client_ids", None)
    kept = [django_settings.SECRET_KEY, *getattr(django_settings, "SECRET_KEY_FALLBACKS", ())]
    return {"secret": [str(secret) for secret in kept], **options}


@functools.cache
def _bearer_tokens() -> BearerTokens:
    """`api_client_ids` in HALFDAY are the API's further callers; what only a sign-in needs is left out."""
    web_only = ("secret", "store", "logout_uri", "life_s", "login_path", "logout_path", "cookie_name", "authorize")
    options = {name: value for name, value in _options().items() if name not in web_only}
    return BearerTokens(client_ids=options.pop("api_client_ids", ()), **options)


def _web_request(request: Any) -> WebRequest:
    return WebRequest(
        method=request.method,
        path=_path(request),
        query=request.META.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        cookies=read_cookies(request.META.get("HTTP_COOKIE", "")),
    )


def _path(request: Any) -> str:
    path: str = request.get_full_path().partition("?")[0]
    return path


def _response(answer: WebResponse) -> Any:
    response = HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))
    _tell(response, answer.cookies)
    return response


def _tell(response: Any, cookies: Collection[Cookie]) -> None:
    patch_vary_headers(response, ["Cookie"])
    for cookie in cookies:
        response.set_cookie(cookie.name, cookie.value, **cookie.attributes)
    if cookies and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
