"""The authorization code grant (RFC 6749 §4.1): the link, the callback, one redemption, and why it was refused.

The journal notes what was begun and sent. A code that comes back later is completed from it, and a refusal, which says
only invalid_grant, is explained from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from halfday.client.connection import Connection
from halfday.client.errors import GrantRefused, HalfdayError, SettingsError, TokenRefused
from halfday.client.oauth import authorization
from halfday.client.oauth.authorization import AuthorizationRequest, CodeRedemption, TokenAnswer
from halfday.client.oauth.callback import Callback, parse_callback
from halfday.client.oauth.explanation import explain
from halfday.client.oauth.journal import REDEEMED, REFUSED, Journal, SpentCode
from halfday.client.oauth.redirect_uris import probe
from halfday.client.settings import Settings
from halfday.protocol.urls import parse_url


class CodeGrantFlow:
    """One connection's sign-ins by the sign-in page."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._journal = Journal()

    def begin(self, redirect_uri: str | None, extra: Mapping[str, str]) -> AuthorizationRequest:
        """A sign-in link that is remembered until its code is redeemed."""
        request = self._request(authorization.require_redirect_uri(self._settings, redirect_uri), extra)
        self.note(request)
        return request

    def note(self, request: AuthorizationRequest) -> None:
        """Remembers a sign-in that was begun elsewhere."""
        self._journal.began(request, now=self._connection.clock())

    def come_back(
        self, code: str, redirect_uri: str | None, code_verifier: str | None
    ) -> tuple[CodeRedemption, AuthorizationRequest | None]:
        """What to redeem for a code or a whole callback URL, and the sign-in that it belongs to, if that is known."""
        callback = parse_callback(code)
        began = self._journal.find(callback.state)
        if began is not None:
            self._check_it_is_ours(began)
        grant = CodeRedemption(
            code=callback.code,
            client_id=self._settings.require("client_id"),
            redirect_uri=redirect_uri or self._redirect_uri_of(callback, began),
            code_verifier=code_verifier or (began.code_verifier if began else None),
            place=callback.place,
        )
        return grant, began

    def redeem(
        self, grant: CodeRedemption, began: AuthorizationRequest | None, *, returned_at: float | None = None
    ) -> TokenAnswer:
        """Phases: look the code up in the journal, send it, note the outcome. Raises GrantRefused, saying why."""
        now = self._connection.clock()
        spent = self._journal.find_spent(grant.code)
        try:
            answer = redeem(self._connection, grant, began, spent=spent, returned_at=returned_at)
        except GrantRefused:
            self._journal.sent(grant.code, REFUSED, now=now)
            raise
        self._journal.sent(grant.code, REDEEMED, now=now)
        if began is not None:
            self._journal.finished(began.state)
        return answer

    @property
    def _settings(self) -> Settings:
        return self._connection.settings

    def _request(self, redirect_uri: str, extra: Mapping[str, str]) -> AuthorizationRequest:
        random = self._connection.random(authorization.RANDOM_BYTES)
        return authorization.begin(
            self._settings, redirect_uri, random=random, now=self._connection.clock(), extra=extra
        )

    def _check_it_is_ours(self, began: AuthorizationRequest) -> None:
        """A code and its verifier go to the server that the person was sent to, and to no other (RFC 9700 §4.4)."""
        asked, ours = parse_url(began.url), self._settings.require_domain().origin
        if asked.origin != ours:
            sentence = f"that sign-in was begun at {asked.origin}, and these settings are of {ours}"
            raise SettingsError(sentence, hint="finish it with the settings, or the profile, that it was begun with")

    def _redirect_uri_of(self, callback: Callback, began: AuthorizationRequest | None) -> str:
        """The one remembered, the one set, or the address that the browser ended at."""
        if began is not None:
            return began.redirect_uri
        if callback.place and not self._settings.redirect_uris:
            return self._without_the_browsers_slash(callback.place)
        return authorization.require_redirect_uri(self._settings, None)

    def _without_the_browsers_slash(self, place: str) -> str:
        """The registered one of the two: a browser shows http://localhost:8080/ for http://localhost:8080 as well."""
        bare = place.rstrip("/")
        if place != f"{bare}/" or bare.count("/") != 2:
            return place
        try:
            return place if self._connection.transport.run(probe(self._request(place, {}))) else bare
        except HalfdayError:
            return place


def redeem(
    connection: Connection,
    grant: CodeRedemption,
    began: AuthorizationRequest | None,
    *,
    spent: SpentCode | None = None,
    returned_at: float | None = None,
) -> TokenAnswer:
    """The tokens, or GrantRefused with what these say about why. `spent`: what was seen of the code before."""
    if connection.settings.user_pool_id:  # while the code is still good: its tokens are of no use without the keys
        connection.verifier.prefetch()
    now = connection.clock()
    try:
        return connection.transport.run(authorization.redeem_code(connection.settings, grant))
    except TokenRefused as refusal:
        if refusal.error != "invalid_grant":
            raise
        findings = explain(grant, began=began, spent=spent, returned_at=returned_at, now=now)
        raise GrantRefused(findings) from None  # the refusal says nothing more, and has a traceback of guesses
