"""Flask: `pip install 'halfday[flask]'`.

app = Flask(__name__)
sign_in = SignIn(app)

@app.get("/")
@sign_in.required
def home(): return sign_in.session.claims["email"]
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote

from halfday.client.errors import SettingsError

try:
    import flask
except ImportError as problem:
    raise SettingsError("Flask is not installed", hint="pip install 'halfday[flask]'") from problem

from halfday.protocol.claims import VerifiedClaims
from halfday.web.bearer import BearerRefused, BearerTokens, checked_requirements
from halfday.web.cookies import read_cookies
from halfday.web.http_messages import Cookie, Rejection, WebRequest, WebResponse
from halfday.web.relying_party import RelyingParty
from halfday.web.request_session import RequestSession
from halfday.web.sessions import WebSession
from halfday.web.settings import client_ids, group_names

__all__ = ["Api", "SignIn", "WebSession"]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
View = Callable[Parameters, Result]


class Api:
    """Token checks of an API that signs nobody in. `options` are those of BearerTokens, and Cognito()'s settings."""

    def __init__(self, **options: Any) -> None:
        tokens = BearerTokens(**options)
        self._make_tokens: Callable[[], BearerTokens] = lambda: tokens

    def bearer(self, **wanted: Any) -> Callable[[View[Parameters, Result]], View[Parameters, Result]]:
        """A decorator: `claims` are the verified claims of the caller's token. `wanted`: scopes, groups, token_use."""
        tokens, asked = self._make_tokens(), checked_requirements(**wanted)

        def decorate(view: View[Parameters, Result]) -> View[Parameters, Result]:
            @functools.wraps(view)
            def checked(*args: Parameters.args, **keys: Parameters.kwargs) -> Result:
                flask.g.halfday_claims = _checked(tokens, asked)
                return _called(view, *args, **keys)

            return checked

        return decorate

    @property
    def claims(self) -> VerifiedClaims:
        """Inside a view under `bearer`."""
        found: VerifiedClaims = flask.g.halfday_claims
        return found


class SignIn(Api):
    """Adds /login, /logout and the redirect URI's path to `app`. `options` are those of RelyingParty.

    Without a secret of its own it takes `app.secret_key`. `bearer` raises SettingsError where user_pool_id is not set.
    """

    def __init__(self, app: flask.Flask, *, api_client_ids: str | Collection[str] = (), **options: Any) -> None:
        if app.secret_key:
            options.setdefault("secret", str(app.secret_key))
        self._party = party = RelyingParty(**options)
        callers = client_ids(api_client_ids)
        self._make_tokens = functools.cache(lambda: BearerTokens(connection=party.connection, client_ids=callers))
        app.before_request(self._answer)
        app.after_request(self._tell)

    @property
    def session(self) -> WebSession:
        """The session of the signed-in person. Reading it in a view without `required` sends others to the sign-in."""
        return self._required(None)

    @property
    def maybe(self) -> WebSession | None:
        """The session of the signed-in person, or None."""
        return _asked(lambda: self._visiting.session)

    def required(self, view: View[Parameters, Result]) -> View[Parameters, Result]:
        """A decorator: only whoever is signed in. Everybody else goes to the sign-in, or is answered 401."""
        return self._guarded(view, None)

    def in_group(self, *groups: str) -> Callable[[View[Parameters, Result]], View[Parameters, Result]]:
        """A decorator: as required, for members of one of the groups. Everybody else is answered 403."""
        names = group_names(groups)
        return lambda view: self._guarded(view, names)

    def _guarded(self, view: View[Parameters, Result], groups: Collection[str] | None) -> View[Parameters, Result]:
        @functools.wraps(view)
        def guarded(*args: Parameters.args, **keys: Parameters.kwargs) -> Result:
            self._required(groups)
            return _called(view, *args, **keys)

        return guarded

    def _required(self, groups: Collection[str] | None) -> WebSession:
        return _asked(lambda: self._visiting.required(groups))

    @property
    def _visiting(self) -> RequestSession:
        if "halfday" not in flask.g:
            flask.g.halfday = RequestSession(self._party, _web_request)
        request_session: RequestSession = flask.g.halfday
        return request_session

    def _answer(self) -> flask.Response | None:
        own = self._party.at(flask.request.method, _path())
        return _response(own(_web_request())) if own is not None else None

    def _tell(self, response: flask.Response) -> flask.Response:
        if self._visiting.looked:
            _tell(response, self._visiting.cookies())
        return response


def _called(view: View[Parameters, Result], *args: Parameters.args, **keys: Parameters.kwargs) -> Result:
    result: Result = flask.current_app.ensure_sync(view)(*args, **keys)
    return result


def _asked(ask: Callable[[], Result]) -> Result:
    try:
        return ask()
    except Rejection as rejection:
        flask.abort(_response(rejection.answer))


def _checked(tokens: BearerTokens, asked: dict[str, Any]) -> VerifiedClaims:
    try:
        return tokens.check(flask.request.headers.get("Authorization"), **asked)
    except BearerRefused as refusal:
        answer = flask.jsonify(detail=str(refusal))
        answer.status_code = refusal.status
        answer.headers.update(refusal.headers)
        flask.abort(answer)


def _web_request() -> WebRequest:
    request = flask.request
    return WebRequest(
        method=request.method,
        path=_path(),
        query=request.query_string.decode("latin-1"),
        headers={name.lower(): value for name, value in request.headers},
        cookies=read_cookies(request.headers.get("Cookie", "")),
    )


def _path() -> str:
    return quote(flask.request.root_path + flask.request.path)


def _response(answer: WebResponse) -> flask.Response:
    response = flask.Response(answer.body, answer.status, dict(answer.headers))
    _tell(response, answer.cookies)
    return response


def _tell(response: flask.Response, cookies: Collection[Cookie]) -> None:
    response.vary.add("Cookie")
    for cookie in cookies:
        response.set_cookie(cookie.name, cookie.value, **cookie.attributes)
    if cookies and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
