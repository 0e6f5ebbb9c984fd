"""One signed-in person: tokens, verified claims, identity id and AWS credentials, renewed when they are asked for.

A session may be kept (`token_cache`). Then it is renewed under a lock, and takes over what another process has renewed
meanwhile. Refresh tokens that rotate require that (facts/failures.md 2.11).
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from typing import TYPE_CHECKING

from halfday.client.connection import Connection
from halfday.client.credentials.aws_identity import AwsIdentity, exclusively
from halfday.client.credentials.aws_state import AwsState
from halfday.client.errors import (
    ApiRefused,
    SettingsError,
    SignInNeeded,
    TokenRefused,
)
from halfday.client.session_record import BY_API, SessionRecord, read_session_record
from halfday.client.token_store.cache_files import write_process_output
from halfday.client.token_store.token_cache import TokenCache, renew_at
from halfday.protocol.credentials import Credentials, credential_process_form
from halfday.protocol.identifiers import login_provider

if TYPE_CHECKING:
    from typing import Unpack

    from halfday.client.http_auth.api_auth import ApiOptions
    from halfday.client.http_auth.httpx_auth import HttpxAuth
    from halfday.client.http_auth.requests_auth import RequestsAuth
    from halfday.client.oauth.authorization import TokenAnswer
    from halfday.client.signed_out import Remaining, SignedOut
    from halfday.client.transport.wire import Flow
    from halfday.protocol.claims import VerifiedClaims


SET_BACK_S = 300
"""A clock that is set back by less than this was only corrected."""


class Session(AwsIdentity):
    """Made by Cognito: exchange, login, sign_in, session. Safe to share between threads."""

    def __init__(
        self,
        connection: Connection,
        kept: SessionRecord,
        *,
        claims: VerifiedClaims | None = None,
        cache: TokenCache | None = None,
    ) -> None:
        super().__init__(connection, cache=cache)
        self._kept = kept
        self._claims = claims
        self._seen: SessionRecord | None = None

    def __repr__(self) -> str:
        return f"Session(subject={self.subject!r}, kept={self._cache is not None})"

    @property
    def subject(self) -> str:
        """`sub`: the person's immutable id in the user pool."""
        return self._kept.subject

    @property
    def pool_id(self) -> str | None:
        """The user pool that the person signed in to, when there was an ID token to tell."""
        return self._kept.pool_id or None

    @property
    def claims(self) -> VerifiedClaims:
        """The verified claims of the ID token, renewed when it is old. Raises TokenInvalid, SignInNeeded."""
        token = self.id_token
        claims = self._claims
        if claims is None or claims.token != token:
            claims = self._connection.verifier.verify_id_token(token, subject=self.subject or None)
            self._claims = claims
        return claims

    @property
    def id_token(self) -> str:
        """Says who: for API gateways without scopes and for identity pools. Renewed when it is old."""
        self._renew_if_old()
        if self._kept.tokens.id_token is None:
            raise SettingsError("this session has no ID token")
        return self._kept.tokens.id_token

    @property
    def access_token(self) -> str:
        """Says what is allowed: for userInfo, user pool operations and APIs with scopes. Renewed when it is old."""
        self._renew_if_old()
        return self._kept.tokens.access_token

    @property
    def refresh_token(self) -> str | None:
        return self._kept.tokens.refresh_token

    @property
    def device_key(self) -> str | None:
        """The device that the tokens were handed out with, where the user pool tracks devices: `resume` takes it."""
        return self._kept.tokens.device_key

    @property
    def access_expires_at(self) -> float:
        """Epoch seconds, without renewing anything."""
        return self._kept.tokens.access_expires_at

    def httpx_auth(self, origin: str | None = None, **options: Unpack[ApiOptions]) -> HttpxAuth:
        """An httpx.Auth, for blocking and asynchronous clients: the right token in the right header.

        Tokens go to `origin`, or to the origin of the first request, and nowhere else; over plain http to loopback
        only. After a 401 it is tried once more, with another token or a renewed one. `api`: rest, http or appsync,
        where the host does not tell; `token`: id or access; `bearer`: whether `Bearer ` stands before it.
        Raises SettingsError.
        """
        from halfday.client.http_auth.api_auth import ApiAuth
        from halfday.client.http_auth.httpx_auth import HttpxAuth

        return HttpxAuth(ApiAuth(self, origin, **options))

    def requests_auth(self, origin: str | None = None, **options: Unpack[ApiOptions]) -> RequestsAuth:
        """A requests AuthBase, as httpx_auth."""
        from halfday.client.http_auth.api_auth import ApiAuth
        from halfday.client.http_auth.requests_auth import RequestsAuth

        return RequestsAuth(ApiAuth(self, origin, **options))

    @property
    def sign_in_page(self) -> str | None:
        """The origin of the user pool's own domain, whose /oauth2/userInfo takes the access token."""
        domain = self._connection.settings.domain
        return domain.origin if domain else None

    def now(self) -> float:
        """Epoch seconds by the connection's clock."""
        return self._connection.clock()

    def renew(self) -> None:
        """New tokens now, whether the old ones have ended or not."""
        with self._exclusive():
            self._renew()

    def revoke(self) -> None:
        """The refresh token and everything made from it is dead at Cognito. Offline verifiers accept until `exp`."""
        from halfday.client.oauth import authorization
        from halfday.client.user_pool import api as user_pool

        settings = self._connection.settings
        revoke = authorization.revoke if settings.domain else user_pool.revoke
        with self._exclusive():
            tokens = self._kept.tokens
            if tokens.refresh_token is not None:
                self._run(revoke(settings, tokens.refresh_token))
                self._change(tokens=dataclasses.replace(tokens, refresh_token=None))

    def remaining(self) -> Remaining:
        """What stays good after a log-out, and until when. Makes no request."""
        from halfday.client.signed_out import remaining_of

        return remaining_of(self._kept)

    def logout(self, logout_uri: str | None = None) -> SignedOut:
        """Revokes the session and forgets it. Returns what stays good all the same, and until when.

        `sign_out_url` ends the browser's session too when a browser opens it; it needs `logout_uri`, given or set. A
        session that cannot be revoked is forgotten as well, and then the error is raised.
        """
        from halfday.client.oauth import authorization
        from halfday.client.signed_out import SignedOut

        settings = self._connection.settings
        leave = logout_uri or settings.logout_uri
        link = authorization.logout_url(settings, leave) if leave and settings.domain else None
        try:
            with self._exclusive():
                held, remaining = self._kept.tokens.refresh_token is not None, self.remaining()
                try:
                    self.revoke()
                finally:
                    self._forget()
        finally:
            self._forget()  # also when another process holds the lock
        return SignedOut(revoked=held, remaining=remaining, sign_out_url=link)

    def keep(self, cache: TokenCache) -> None:
        """Makes this the kept session, in the place of any other."""
        with exclusively(cache):
            cache.forget_outputs()
            self._save(cache)
            self._cache = cache
            self._write_output(self._aws())

    def _forget(self) -> None:
        if self._cache is not None:
            self._cache.forget()
            self._cache = None

    # --- renewal -----------------------------------------------------------------------------------------------------

    def _renew_if_old(self) -> None:
        self._renew_ahead(self.tokens_are_old, self._renew, self._tokens_are_good)

    def _renew(self) -> None:
        """Renews the tokens. The refresh token is dropped only when it is refused for good, and not after a fault."""
        tokens = self._kept.tokens
        if tokens.refresh_token is None:
            raise SignInNeeded("the session has ended and has no refresh token")
        try:
            answer = self._run(self._refreshed(tokens.refresh_token))
        except (TokenRefused, ApiRefused) as refusal:
            if is_for_good(refusal):
                self._change(tokens=dataclasses.replace(tokens, refresh_token=None))
                raise SignInNeeded("the session was revoked, or its refresh token has ended") from refusal
            raise
        if answer.refresh_token is not None:  # kept before anything else can fail: the old one may be dead already
            self._change(tokens=dataclasses.replace(tokens, refresh_token=answer.refresh_token))
        if answer.id_token is not None:
            self._claims = self._connection.verifier.verify_id_token(
                answer.id_token, subject=self.subject or None, just_received=True
            )
        self._change(tokens=tokens.renewed(answer, now=self._connection.clock()))

    def _refreshed(self, refresh_token: str) -> Flow[TokenAnswer]:
        """The renewal, at the place that the tokens came from."""
        tokens, settings = self._kept.tokens, self._connection.settings
        if tokens.by == BY_API:
            from halfday.client.user_pool import api as user_pool

            return user_pool.refresh(settings, refresh_token, device_key=tokens.device_key)
        from halfday.client.oauth import authorization

        return authorization.refresh(settings, refresh_token)

    def tokens_are_old(self) -> bool:
        """Whether the next token asked for has to be renewed first."""
        now = self._connection.clock()
        return self._kept.tokens.are_old(now) and not (self._is_put_off(now) and self._tokens_are_good())

    def _tokens_are_good(self) -> bool:
        """Whether the tokens have not ended. After the clock was set back by hours, nobody can tell."""
        tokens = self._kept.tokens
        return tokens.received_at - SET_BACK_S < self._connection.clock() < tokens.end_at

    def _aws(self) -> AwsState:
        return self._kept.aws

    def _set_aws(self, state: AwsState) -> None:
        self._write_output(state)
        self._change(aws=state)

    def _put_off(self, until: float) -> None:
        """Puts renewal off for other processes too: by now each request runs a credential_process (RENEW_AHEAD_S)."""
        super()._put_off(until)
        state = self._aws()
        if state.credentials is not None and self._has_good_credentials():
            self._write_output(state, until)

    def _write_output(self, state: AwsState, put_off_until: float = 0) -> None:
        """Called before the session is saved: a program killed in between leaves newer credentials, not older ones."""
        found = state.credentials
        if self._cache is None or found is None or not self._cache.is_on_disk():
            return
        renewal = min(max(put_off_until, renew_at(found.expires_at, state.received_at)), found.expires_at)
        cache, text = self._cache, process_output(found)
        with contextlib.suppress(OSError):  # it saves time, no more
            write_process_output(cache.key, state.place, text, directory=cache.directory, renew_at=renewal)

    def _logins(self) -> dict[str, str]:
        id_token = self.id_token
        pool_id = self._kept.pool_id or str(self.claims["iss"]).rpartition("/")[2]
        return {login_provider(pool_id): id_token}

    # --- keeping -----------------------------------------------------------------------------------------------------

    def _adopt(self) -> None:
        """Takes over what another process renewed. After a log-out or another person's sign-in it is not kept."""
        record = self._cache.load() if self._cache else None
        kept = read_session_record(record) if record else None
        if kept is None or kept.subject != self._kept.subject:
            self._cache = None
        elif kept != self._seen:  # its writer had adopted ours before, so it is the newer one, whatever the clocks say
            self._kept = self._seen = kept

    def _change(self, **members: object) -> None:
        self._kept = dataclasses.replace(self._kept, **members)  # type: ignore[arg-type]
        if self._cache is not None:
            self._save(self._cache)

    def _save(self, cache: TokenCache) -> None:
        cache.save({**self._kept.record(), "made_of": dict(self._connection.settings.made_of)})
        self._seen = self._kept


def is_for_good(refusal: TokenRefused | ApiRefused) -> bool:
    """Whether AWS says that the refresh token is dead. A fault or a wrong client secret does not say so."""
    if isinstance(refusal, TokenRefused):
        return refusal.error == "invalid_grant"
    of_the_token = refusal.code == "NotAuthorizedException" and "refresh token" in refusal.message.lower()
    return of_the_token or refusal.code == "RefreshTokenReuseException"


def process_output(credentials: Credentials) -> str:
    """What `credential_process` prints, with a line end."""
    return json.dumps(credential_process_form(credentials)) + "\n"
