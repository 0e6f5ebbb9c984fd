"""The way in: one Cognito connection, and the sessions that it makes.

cognito = Cognito(domain=…, client_id=…, client_secret=…, identity_pool_id=…)
session = cognito.exchange(code, redirect_uri="http://localhost:8080")
session = cognito.login()
session = cognito.sign_in("ada", "password")
session = cognito.session

Each method imports what it needs, so that a program which only goes on with a kept session does not load a browser
sign-in, and `from halfday import Cognito` loads none of them.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from halfday.client.connection import Connection, connect
from halfday.client.errors import ApiRefused, SettingsError, SignInNeeded, TokenRefused
from halfday.client.settings import LOGIN_TIMEOUT_S, Settings
from halfday.client.settings_loading import load_settings
from halfday.protocol.printable import printable_lines
from halfday.protocol.word_lists import words

if TYPE_CHECKING:
    from typing import Self

    from halfday.client.identities import DeveloperIdentity, Guest
    from halfday.client.machine import Machine
    from halfday.client.oauth.authorization import AuthorizationRequest, TokenAnswer
    from halfday.client.oauth.code_grant import CodeGrantFlow
    from halfday.client.session import Session
    from halfday.client.token_store.token_cache import TokenCache
    from halfday.client.user_pool.dialogue import Ask, Dialogue
    from halfday.client.user_pool.sign_in import SignedIn
    from halfday.client.user_pool.sign_in_requests import SignInOptions
    from halfday.protocol.claims import VerifiedClaims


class Cognito:
    """One connection. What is not given comes from HALFDAY_* variables, then from the AWS profile (see `sources`)."""

    def __init__(
        self,
        *,
        domain: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        identity_pool_id: str | None = None,
        user_pool_id: str | None = None,
        region: str | None = None,
        redirect_uri: str | Sequence[str] | None = None,
        scopes: str | Sequence[str] | None = None,
        endpoint_url: str | None = None,
        role_arn: str | None = None,
        credentials_flow: str | None = None,
        duration_s: int | str | None = None,
        token_store: str | None = None,
        logout_uri: str | None = None,
        callback_certificate: str | None = None,
        callback_key: str | None = None,
        timeout: float | str | None = None,
        profile: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Sends nothing. Raises SettingsError for what is malformed; what is missing shows when it is needed.

        `domain`: a URL, a host, or of AWS's own domains the prefix. `timeout`: seconds for each answer as a whole (30).
        """
        arguments = {name: value for name, value in locals().items() if name not in ("self", "clock")}
        self._connection: Connection = connect(load_settings(arguments), clock=clock)

    def __enter__(self) -> Self:
        """`with Cognito(…) as cognito:` closes its connections at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections that are kept open, its sessions' too. Whoever asks again opens new ones."""
        self._connection.transport.close()

    @property
    def connection(self) -> Connection:
        return self._connection

    @property
    def settings(self) -> Settings:
        return self._connection.settings

    @property
    def session(self) -> Session:
        """The kept session. Raises SignInNeeded when there is none; its tokens are looked at when they are used."""
        from halfday.client.session import Session
        from halfday.client.session_record import read_session_record

        cache = self._cache()
        if self.settings.token_store == "none":
            hint = "sign in in this process, or set token_store to disk or keyring"
            raise SignInNeeded("nothing is kept: token_store is none", hint=hint)
        record = cache.load()
        kept = read_session_record(record or {})
        if kept is None:
            obstacle = cache.obstacle() if record is None else "what is kept is damaged, or another version's"
            client_id = self.settings.client_id
            place = f"app client {client_id}" if client_id else "this connection"
            raise _nobody(place, obstacle, cache.directory)
        return Session(self._connection, kept, cache=cache)

    def begin(self, redirect_uri: str | None = None, **extra: str) -> AuthorizationRequest:
        """A sign-in link of one's own: open `.url`, then give what comes back to `exchange`. `extra` goes into it."""
        return self._codes.begin(redirect_uri, extra)

    def exchange(
        self,
        code: str,
        redirect_uri: str | None = None,
        *,
        code_verifier: str | None = None,
        nonce: str | None = None,
        keep: bool = False,
    ) -> Session:
        """A session for a code, bare or in the whole callback URL. Raises GrantRefused, saying why.

        For a sign-in begun here (`begin`, or a `halfday login` that was cut short) the whole URL is enough: verifier,
        nonce and redirect URI are remembered. `keep` makes it this machine's kept session.
        """
        from halfday.client.session_record import BY_CODE

        grant, began = self._codes.come_back(code, redirect_uri, code_verifier)
        nonce = nonce or (began.nonce if began else None)
        return self._session(self._codes.redeem(grant, began), by=BY_CODE, keep=keep, nonce=nonce)

    def login(
        self,
        redirect_uri: str | None = None,
        *,
        browser: bool = True,
        paste: bool | None = None,
        timeout_s: float = LOGIN_TIMEOUT_S,
        keep: bool = True,
        say: Callable[[str], None] | None = None,
        **extra: str,
    ) -> Session:
        """A session by the person's browser. Prints the link on stderr, or to `say`; the code comes back on loopback.

        `paste`: also take it from standard input; by default at a terminal. `extra`: identity_provider, login_hint,
        lang, prompt. Raises LoginAbandoned, CallbackRefused, GrantRefused.
        """
        from halfday.client.browser.login import LoginOptions, await_code
        from halfday.client.browser.pasted import can_paste
        from halfday.client.oauth.authorization import CodeRedemption
        from halfday.client.session_record import BY_CODE

        options = LoginOptions(
            redirect_uris=(redirect_uri,) if redirect_uri else self.settings.redirect_uris,
            say=say or _say,
            browser=browser,
            paste=can_paste() if paste is None else paste,
            timeout_s=timeout_s,
            extra=extra,
        )
        if keep:
            self._cache().check()
        with await_code(self._connection, options, self._codes.note) as arrival:
            began = arrival.request
            grant = CodeRedemption(arrival.callback.code, began.client_id, began.redirect_uri, began.code_verifier)
            answer = self._codes.redeem(grant, began, returned_at=arrival.returned_at)
            session = self._session(answer, by=BY_CODE, keep=keep, nonce=began.nonce)
            arrival.who = name_of(session)
        return session

    def sign_in(
        self,
        username: str,
        password: str | None = None,
        answer: Ask | None = None,
        *,
        new_password: str | None = None,
        flow: str | None = None,
        srp: bool | None = None,
        preferred: str | None = None,
        remember_device: bool | str = False,
        client_metadata: Mapping[str, str] | None = None,
        keep: bool = False,
    ) -> Session:
        """A session by user name and password, without a browser, whatever else the user pool asks for.

        `answer` is handed each `Challenge` and returns what the person says: text, or a mapping where attributes are
        missing, or None to give up. It is asked for the password too where one is needed and not given.

        `flow`: USER_SRP_AUTH (the default where user_pool_id is known: the password is proven and not sent),
        USER_PASSWORD_AUTH (`srp=False` for short), CUSTOM_AUTH, or USER_AUTH with `preferred`: PASSWORD, PASSWORD_SRP,
        EMAIL_OTP, SMS_OTP. `remember_device`: this machine proves itself from now on, by this name.
        `client_metadata`: for the user pool's triggers.

        Raises ApiRefused, ChallengeRefused for what nobody answers, LoginAbandoned.
        """
        from halfday.client.user_pool.dialogue import carry, no_answer
        from halfday.client.user_pool.sign_in_requests import SignInOptions

        given = SignInOptions.of(
            self.settings,
            username,
            password,
            new_password=new_password,
            flow=flow,
            srp=srp,
            preferred=preferred,
            remember_device=remember_device,
            client_metadata=client_metadata,
            can_ask=answer is not None,
        )
        dialogue = self._begin_sign_in(given)
        return self._end_sign_in(
            given, carry(dialogue, self._connection.transport.send, answer or no_answer), keep=keep
        )

    def resume(
        self, refresh_token: str, *, by_api: bool | None = None, device_key: str | None = None, keep: bool = False
    ) -> Session:
        """A session by a refresh token of this app client, which is used at once. Raises SignInNeeded when it is dead.

        `by_api`: it came of `sign_in`, or of an SDK, and not of the sign-in page; by default that is so where no domain
        is set. `device_key`: of the device that it was handed out with, where the user pool tracks devices.
        """
        from halfday.client.oauth import authorization
        from halfday.client.session import is_for_good
        from halfday.client.session_record import BY_API, BY_CODE
        from halfday.client.user_pool import api as user_pool

        by_api = not self.settings.domain if by_api is None else by_api
        refresh = (
            user_pool.refresh(self.settings, refresh_token, device_key=device_key)
            if by_api
            else authorization.refresh(self.settings, refresh_token)
        )
        try:
            answer = self._connection.transport.run(refresh)
        except (TokenRefused, ApiRefused) as refusal:
            if is_for_good(refusal):
                sentence = "the refresh token was revoked or has ended, or is not this app client's"
                raise SignInNeeded(sentence) from refusal
            raise
        answer = dataclasses.replace(answer, refresh_token=answer.refresh_token or refresh_token)
        return self._session(answer, by=BY_API if by_api else BY_CODE, keep=keep, device_key=device_key)

    def guest(self, *, keep: bool = False) -> Guest:
        """AWS credentials for nobody in particular, where guests are admitted. `keep`: for the same one next time."""
        from halfday.client.identities import Guest

        self.settings.require("identity_pool_id")
        keep = keep and self.settings.token_store != "none"
        cache = self._cache(f"guest {self.settings.identity_pool_id}", what="guest") if keep else None
        return Guest(self._connection, cache=cache)

    def developer(self, vouch: Callable[[], tuple[str, str]]) -> DeveloperIdentity:
        """AWS credentials for somebody whom one's own backend vouches for (developer-authenticated identities).

        `vouch` answers (identity id, token), as the backend had them of GetOpenIdTokenForDeveloperIdentity.
        """
        from halfday.client.identities import DeveloperIdentity

        self.settings.require("identity_pool_id")
        return DeveloperIdentity(self._connection, vouch)

    def client_credentials(self, scopes: str | Sequence[str] = ()) -> Machine:
        """The app client itself, for machines that call machines: an access token that is renewed on demand.

        `scopes`: RESOURCE_SERVER/SCOPE; by default those set, else all that the app client has.
        """
        from halfday.client.machine import Machine

        wanted = scopes.split() if isinstance(scopes, str) else scopes
        words(wanted, "scopes")
        return Machine(self._connection, tuple(wanted))

    def verify(
        self,
        token: str,
        *,
        token_use: str | None = "id",
        scopes: Collection[str] | None = None,
        groups: Collection[str] | None = None,
    ) -> VerifiedClaims:
        """The verified claims of a token of this user pool and app client. Raises TokenInvalid."""
        return self._connection.verifier.verify(token, token_use=token_use, scopes=scopes, groups=groups)

    def logout_url(self, logout_uri: str) -> str:
        """Where a browser ends the sign-in page's own session."""
        from halfday.client.oauth import authorization

        return authorization.logout_url(self.settings, logout_uri)

    @property
    def _codes(self) -> CodeGrantFlow:
        from halfday.client.oauth.code_grant import CodeGrantFlow

        return CodeGrantFlow(self._connection)

    def _begin_sign_in(self, given: SignInOptions) -> Dialogue[SignedIn]:
        """For `carry`, and for AsyncCognito. A device that is kept for this person will prove itself."""
        from halfday.client.user_pool.devices import KeptDevice
        from halfday.client.user_pool.sign_in import sign_in

        self.settings.require("client_id")
        connection = self._connection
        kept = KeptDevice(self.settings, given.username)
        if given.remember:
            kept.check()
        given = dataclasses.replace(given, device=kept.load())
        return sign_in(self.settings, given, random=connection.random, clock=connection.clock)

    def _end_sign_in(self, given: SignInOptions, signed_in: SignedIn, *, keep: bool) -> Session:
        """What there is to keep of the device is kept first: the pool counts on it already."""
        from halfday.client.session_record import BY_API
        from halfday.client.user_pool.devices import KeptDevice

        kept, device = KeptDevice(self.settings, given.username), signed_in.device
        if signed_in.old_device_is_gone:
            kept.forget()
        if device is not None and given.remember:
            kept.save(device)
        device_key = device.device_key if device else None
        return self._session(signed_in.tokens, by=BY_API, keep=keep, device_key=device_key)

    def _session(
        self,
        answer: TokenAnswer,
        *,
        by: str,
        keep: bool,
        nonce: str | None = None,
        device_key: str | None = None,
    ) -> Session:
        from halfday.client.session import Session
        from halfday.client.session_record import SessionRecord, tokens_of_answer

        claims = None
        if answer.id_token is not None:
            claims = self._connection.verifier.verify_id_token(answer.id_token, nonce=nonce, just_received=True)
        tokens = tokens_of_answer(answer, by=by, now=self._connection.clock(), device_key=device_key)
        kept = SessionRecord(
            tokens=tokens,
            subject=claims.subject if claims else "",
            pool_id=str(claims["iss"]).rpartition("/")[2] if claims else "",
        )
        session = Session(self._connection, kept, claims=claims)
        if keep and self.settings.token_store != "none":
            session.keep(self._cache())
        return session

    def _cache(self, key: str | None = None, *, what: str = "session") -> TokenCache:
        from halfday.client.token_store.token_cache import TokenCache

        if key is None:
            self.settings.require("client_id")
        return TokenCache(key or self.settings.key, store=self.settings.token_store, what=what)


def _nobody(place: str, obstacle: str, directory: str) -> SignInNeeded:
    """`obstacle`: what is wrong with what is kept, or empty when nothing is kept."""
    if not obstacle:
        return SignInNeeded(f"nobody is signed in at {place}")
    hint = f"halfday login replaces it; see who else writes in {directory}"
    return SignInNeeded(f"nobody is signed in at {place}: {obstacle}", hint=hint, unusable=True)


def name_of(session: Session) -> str:
    """What a person calls themselves: an e-mail address, else a user name. Empty without an ID token."""
    try:
        claims: Mapping[str, object] = session.claims
    except SettingsError:
        return ""
    return str(claims.get("email") or claims.get("preferred_username") or claims.get("cognito:username") or "")


def _say(line: str) -> None:
    sys.stderr.write(printable_lines(line) + "\n")
    sys.stderr.flush()
