"""Sign-in, sign-out and who is signed in, for any web framework: from a WebRequest to a WebResponse.

    begin      GET  /login?next=/path    state, nonce and verifier go into a sealed cookie of their own
    finish     GET  redirect_uri         state compared, once; code exchanged; ID token verified with its nonce
    sign_out   POST /logout              by a page of our own; revoked, wiped, and on to Cognito's own /logout

A session that cannot be verified is not refused (`session_validity`). `at` matches paths, and makes no request.
Sources: RFC 6749 §10.12, RFC 9700 §2.1 and §4.7 (state, PKCE, one use), facts/oauth.md §1–§3.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Collection, Sequence
from urllib.parse import quote, urlsplit

from halfday.client.connection import Connection, connect
from halfday.client.errors import HalfdayError, SettingsError
from halfday.client.oauth import authorization
from halfday.client.oauth.authorization import AuthorizationRequest, CodeRedemption
from halfday.client.oauth.callback import refusal_of
from halfday.client.oauth.code_grant import redeem
from halfday.client.session_record import BY_CODE, SessionRecord, tokens_of_answer
from halfday.client.settings_loading import load_settings
from halfday.protocol.claims import VerifiedClaims
from halfday.protocol.word_lists import words
from halfday.web.cookie_sessions import CookieSessions
from halfday.web.http_messages import (
    Cookie,
    Rejection,
    WebRequest,
    WebResponse,
    comes_from,
    cookie_names_of,
    join_value,
    origin_of,
    own_path,
    page,
    redirect,
    split_value,
)
from halfday.web.pending_sign_ins import PendingSignIns
from halfday.web.sealing import Sealer
from halfday.web.session_validity import NOT_REVOKED, SessionValidity, cannot_tell, may_pass, sentence_for
from halfday.web.sessions import TooLong, WebSession, WebSessions, session_in
from halfday.web.settings import find_secrets, find_setting, for_the_log, known
from halfday.web.setup_checks import are_names_of_one_place, check_names, path_of
from halfday.web.store_sessions import StoreSessions
from halfday.web.stores import SessionStore

LIFE_S = 12 * 3600.0
"""From the sign-in, however busy the session: the person signs in again once a day."""

_log = logging.getLogger("halfday.web")


class RelyingParty:
    """One app client's web application. Safe to share between threads."""

    def __init__(
        self,
        *,
        secret: str | Sequence[str] | None = None,
        store: SessionStore | None = None,
        logout_uri: str | None = None,
        life_s: float = LIFE_S,
        login_path: str = "/login",
        logout_path: str = "/logout",
        cookie_name: str = "halfday",
        authorize: dict[str, str] | None = None,
        clock: Callable[[], float] = time.time,
        **settings: object,
    ) -> None:
        """`settings` are Cognito()'s; `secret` is HALFDAY_WEB_SECRET and `logout_uri` HALFDAY_LOGOUT_URI unless given.

        `authorize` goes into every sign-in link: identity_provider, lang. Of several secrets the first one seals.
        Raises SettingsError.
        """
        self.connection: Connection = connect(load_settings(known(settings)), clock=clock)
        self.connection.verifier.times_of_own_tokens = False  # a session reckons them from when they came
        self.redirect_uri = authorization.require_redirect_uri(self.connection.settings, None)
        self.login_path, self.logout_path, self.callback_path = login_path, logout_path, path_of(self.redirect_uri)
        self._logout_uri = find_setting("logout_uri", logout_uri, self.connection.settings.profile)
        self.origin = origin_of(self.redirect_uri)
        self._secure = self.origin.startswith("https://")
        self._cookie = f"__Host-{cookie_name}" if self._secure else cookie_name
        check_names(self.login_path, self.logout_path, self.callback_path, cookie_name)
        self._life_s = life_s
        self._authorize = dict(authorize or {})
        sealer = Sealer(find_secrets(secret, self.connection.settings.profile))
        self._sessions: WebSessions = (
            CookieSessions(sealer, clock) if store is None else StoreSessions(sealer, clock, store)
        )
        self.keeps_at_hand = self._sessions.keeps_at_hand
        self._pending = PendingSignIns(self._sessions, self._cookie, secure=self._secure, clock=clock)
        self._validity = SessionValidity(clock)

    def at(self, method: str, path: str) -> Callable[[WebRequest], WebResponse] | None:
        """The method that answers one of our own paths; None for any other path."""
        if path == self.logout_path:
            return self.sign_out
        return {self.login_path: self.begin, self.callback_path: self.finish}.get(path) if method == "GET" else None

    # --- sign-in -----------------------------------------------------------------------------------------------------

    def begin(self, web_request: WebRequest) -> WebResponse:
        """Redirects to the sign-in page. `next`, if it is a path on this site, is where the person goes afterwards."""
        if are_names_of_one_place(web_request.headers.get("host", ""), self.origin):  # the cookie has to be set there
            return redirect(f"{self.origin}{web_request.address}")
        request = authorization.begin(
            self.connection.settings,
            self.redirect_uri,
            random=self.connection.random(authorization.RANDOM_BYTES),
            now=self._now(),
            extra=self._authorize,
        )
        return redirect(
            request.url, self._pending.cookies(web_request, request, self._return_to(web_request.members.get("next")))
        )

    def finish(self, web_request: WebRequest) -> WebResponse:
        """Begins the session, in the place of any other in this browser; else a page says why not."""
        members = web_request.members
        settings = self.connection.settings
        begun = self._pending.take(
            web_request,
            members.get("state", ""),
            client_id=settings.require("client_id"),
            redirect_uri=self.redirect_uri,
        )
        if begun is None:
            return self._failed(400, "This sign-in was not begun here, has taken too long, or was used already.")
        request, return_to = begun
        over = self._removed([self._pending.name(request.state)])
        try:
            if "error" in members:
                raise refusal_of(members)
            kept, claims = self._redeem(request, members.get("code", ""))
            return redirect(return_to, [*over, *self._begin_session(web_request, kept, claims)])
        except HalfdayError as problem:
            _log.warning("sign-in failed: %s", for_the_log(problem))
            return self._failed(503 if may_pass(problem) else 400, sentence_for(problem), over)

    def _begin_session(self, web_request: WebRequest, kept: SessionRecord, claims: VerifiedClaims) -> list[Cookie]:
        """The cookies of the new session. The browser's older session is forgotten once the new one is stored."""
        holder = self._sessions.create(kept, self._now() + self._life_s)
        try:
            cookies = self.told(web_request, WebSession(self.connection, kept, holder, claims))
        except TooLong:
            holder.forget()
            raise
        previous = session_in(self._cookie, web_request.cookies, self._sessions)
        if previous is not None:
            previous[1].forget()
        return cookies

    def _redeem(self, request: AuthorizationRequest, code: str) -> tuple[SessionRecord, VerifiedClaims]:
        """Phases: exchange the code, verify the ID token and its nonce."""
        if not code:
            raise SettingsError("there is no code in what came back", hint="sign in again")
        grant = CodeRedemption(code, request.client_id, request.redirect_uri, request.code_verifier)
        connection = self.connection
        answer = redeem(connection, grant, request)
        if answer.id_token is None:
            hint = "add openid to the scopes, and enable it for the app client"
            raise SettingsError("the sign-in brought no ID token, which says who it was", hint=hint)
        claims = connection.verifier.verify_id_token(
            answer.id_token, nonce=request.nonce, just_received=True, by_clock=True
        )
        tokens = tokens_of_answer(answer, by=BY_CODE, now=self._now())
        return SessionRecord(tokens, claims.subject, str(claims["iss"]).rpartition("/")[2]), claims

    # --- who is signed in --------------------------------------------------------------------------------------------

    def session(self, web_request: WebRequest) -> WebSession | None:
        """The browser's session, verified, its tokens renewed when they were old. None when nobody is signed in.

        Raises Rejection with 503 when that cannot be told: whoever is signed in stays so.
        """
        session = self.find(web_request)
        return session if session is not None and self.is_good(session) else None

    def find(self, web_request: WebRequest) -> WebSession | None:
        """The session as it was kept, neither verified nor renewed. Raises Rejection."""
        try:
            found = session_in(self._cookie, web_request.cookies, self._sessions)
        except HalfdayError as problem:
            raise cannot_tell(problem) from problem
        return WebSession(self.connection, *found) if found is not None else None

    def is_good(self, session: WebSession) -> bool:
        """As SessionValidity.is_good."""
        return self._validity.is_good(session)

    def told(self, web_request: WebRequest, session: WebSession | None) -> list[Cookie]:
        """The cookies for a response: of a renewed session, or to remove a session that has ended.

        A cookie that cannot be opened is left: a newer secret than this process has may have sealed it. Raises TooLong.
        """
        had = cookie_names_of(self._cookie, web_request.cookies)
        if session is None:
            return (
                self._removed(had)
                if self._sessions.is_ours(join_value(self._cookie, web_request.cookies) or "")
                else []
            )
        value = session.holder.cookie_value(session.kept)
        if value is None:
            return []
        chunks = split_value(self._cookie, value)
        left_s = int(session.holder.expires_at - self._now())
        return [*self._removed(had - set(chunks)), *(self._cookie_of(n, v, left_s) for n, v in chunks.items())]

    def required(
        self, web_request: WebRequest, session: WebSession | None, groups: Collection[str] | None = None
    ) -> WebSession:
        """The session. Raises Rejection: to the sign-in for a page, 401 for anything else, 403 in none of `groups`."""
        if session is None:
            wants_page = web_request.method in ("GET", "HEAD") and "text/html" in web_request.headers.get("accept", "")
            if wants_page and not web_request.is_upgrade:
                raise Rejection(redirect(f"{self.login_path}?next={quote(own_path(web_request.address), safe='/')}"))
            raise Rejection(page(401, "Nobody is signed in.", link=(self.login_path, "Sign in")))
        wanted = words(groups, "groups")
        if wanted is not None and not session.groups & wanted:
            raise Rejection(page(403, "This is for members of another group."))
        return session

    # --- sign-out ----------------------------------------------------------------------------------------------------

    def sign_out(self, web_request: WebRequest) -> WebResponse:
        """Removes the session from the browser, revokes it, and redirects to Cognito's own sign-out.

        When it could not be revoked a page says so, because what was issued stays good.
        """
        if web_request.method != "POST":
            answer = page(405, "Signing out takes a form with method=post.")
            return dataclasses.replace(answer, headers={**answer.headers, "Allow": "POST"})
        if not comes_from(web_request, self.origin):
            return page(403, "Signing out takes a form on a page of this site.")
        settings, logout_uri = self.connection.settings, self._logout_uri
        location = authorization.logout_url(settings, logout_uri) if logout_uri else "/"
        wiped = self._removed(cookie_names_of(self._cookie, web_request.cookies))
        try:
            session = session_in(self._cookie, web_request.cookies, self._sessions)
            if session is not None:
                WebSession(self.connection, *session).logout()
        except HalfdayError as problem:
            _log.warning("signed out in this browser only: %s", for_the_log(problem))
            return page(503, NOT_REVOKED, link=(location, "Go on"), cookies=wiped)
        return redirect(location, wiped)

    # --- small parts -------------------------------------------------------------------------------------------------

    def _return_to(self, text: str | None) -> str:
        path = own_path(text)
        ours = (self.login_path, self.logout_path, self.callback_path)
        return "/" if urlsplit(path).path in ours else path

    def _failed(self, status: int, sentence: str, cookies: Sequence[Cookie] = ()) -> WebResponse:
        return page(status, sentence, link=(self.login_path, "Sign in again"), cookies=cookies)

    def _cookie_of(self, name: str, value: str, max_age_s: int) -> Cookie:
        return Cookie(name, value, max_age_s, self._secure)

    def _removed(self, names: Collection[str]) -> list[Cookie]:
        return [self._cookie_of(name, "", 0) for name in sorted(names)]

    def _now(self) -> float:
        return self.connection.clock()
