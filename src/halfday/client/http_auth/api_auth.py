"""Which of a session's tokens an API takes and in which form, where a token may go, and what to do about a 401.

What is not told is guessed from AWS's host names. `httpx_auth`, `requests_auth` and `halfday call` carry the header.
Sources: facts/apigateway.md §1–§3, facts/failures.md 7.13–7.21; docs/decisions/0016.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypedDict

from halfday.client.errors import NetworkError, SettingsError
from halfday.client.transport.addresses import read_url
from halfday.client.transport.thread_locks import ThreadLock
from halfday.protocol.urls import Url, UrlError, parse_url

if TYPE_CHECKING:
    from halfday.client.session import Session

Api = Literal["rest", "http", "appsync"]
TokenUse = Literal["id", "access"]


class ApiOptions(TypedDict, total=False):
    """What may be told to `Session.httpx_auth` and `requests_auth` instead of guessed."""

    api: Api | None
    token: TokenUse | None
    bearer: bool | None


RENEWALS_APART_S = 30
"""An API that refuses fresh tokens must not make us ask Cognito at every request."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to say who it is: the token and the form of the Authorization header."""

    token: TokenUse
    bearer: bool


_OF_AN_API: dict[Api, tuple[Choice, ...]] = {
    "rest": (Choice("id", bearer=False), Choice("access", bearer=False)),
    "http": (Choice("access", bearer=True),),
    "appsync": (Choice("access", bearer=False),),
}
_UNKNOWN = (Choice("id", bearer=False), Choice("access", bearer=True))


def choose(
    url: str | Url,
    *,
    api: Api | None = None,
    token: TokenUse | None = None,
    bearer: bool | None = None,
    sign_in_page: str | None = None,
) -> tuple[Choice, ...]:
    """What to send to this URL; two choices, the likelier first, where only the API's answer tells.

    A REST API takes the ID token, or the access token where a method has scopes; an HTTP API's host looks the same.
    `sign_in_page`: the origin of the user pool's own domain. Arguments that are given overrule every guess.
    """
    found = _OF_AN_API[api] if api else _guess(_read(url), sign_in_page)
    if token:
        found = tuple(one for one in found if one.token == token) or (Choice(token, bearer=False),)
    return found if bearer is None else tuple(Choice(one.token, bearer=bearer) for one in found)


def _guess(url: Url, sign_in_page: str | None) -> tuple[Choice, ...]:
    if sign_in_page and url.origin == parse_url(sign_in_page).origin and url.path.startswith("/oauth2/"):
        return (Choice("access", bearer=True),)
    is_aws = url.host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return _OF_AN_API["appsync"] if is_aws and "appsync-api" in url.host.split(".") else _UNKNOWN


def _read(url: str | Url) -> Url:
    return url if isinstance(url, Url) else read_url(url)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A token on its way. `value` is the Authorization header's."""

    choice: Choice
    token: str = field(repr=False)

    @property
    def value(self) -> str:
        return f"Bearer {self.token}" if self.choice.bearer else self.token


class ApiAuth:
    """A session's tokens for one API. The first URL, or `origin`, says which: to no other origin does a token go.

    Safe to share between threads. `first` and `again` may ask Cognito, when tokens are old or were refused.
    """

    def __init__(
        self,
        session: Session,
        origin: str | None = None,
        *,
        api: Api | None = None,
        token: TokenUse | None = None,
        bearer: bool | None = None,
        insecure: bool = False,
    ) -> None:
        """Raises SettingsError for an `origin` that no token may go to, and for words that mean nothing."""
        _check_words(api, token)
        self._session, self._insecure = session, insecure
        self._api, self._token, self._bearer = api, token, bearer
        self._lock = ThreadLock()
        self._renewed_at = float("-inf")
        self._worked: Choice | None = None
        self._origin = checked_origin(origin, insecure=insecure) if origin else None

    def __repr__(self) -> str:
        return f"ApiAuth(origin={self._origin!r})"

    def first(self, url: str | Url) -> Attempt:
        """What to send. Raises SettingsError when no token may go there, SignInNeeded.

        `url`: what is connected to, by the reading of whoever connects.
        """
        origin = checked_origin(url, insecure=self._insecure)
        with self._lock:
            self._origin = self._origin or origin
        if origin != self._origin:
            hint = f"make another one for {origin}: what is signed in at one host is no other's business"
            raise SettingsError(f"this sends tokens to {self._origin} only", hint=hint)
        choices = self._choices(url)
        return self._attempt(next((one for one in choices if one == self._worked), choices[0]))

    def again(
        self, sent: Attempt, url: str | Url, status: int, headers: Mapping[str, str], body: bytes = b""
    ) -> Attempt | None:
        """What to send instead, once, after this answer; None when it stands. Raises SignInNeeded.

        Another token where it was not known which one is wanted, else a new one. `headers`: names in lower case.
        Nothing is sent again because of an answer from elsewhere, as after a redirect.
        """
        if not self.may_answer(url):
            return None
        self.note(sent, status)
        if not is_refusal(status, headers):
            return None
        others = [one for one in self._choices(url) if one.token != sent.choice.token]
        if others and not _says_expired(headers, body):
            return self._attempt(others[0])
        return self._renewed(sent)

    def note(self, sent: Attempt, status: int) -> None:
        """Remembers the choice that was accepted, to send it first the next time."""
        if status < 400:
            self._worked = sent.choice

    def may_answer(self, url: str | Url) -> bool:
        try:
            return (url if isinstance(url, Url) else parse_url(url)).origin == self._origin
        except UrlError:
            return False

    def is_at_hand(self) -> bool:
        """Whether the next token takes no request."""
        return not self._session.tokens_are_old()

    def _choices(self, url: str | Url) -> tuple[Choice, ...]:
        page = self._session.sign_in_page
        return choose(url, api=self._api, token=self._token, bearer=self._bearer, sign_in_page=page)

    def _attempt(self, choice: Choice) -> Attempt:
        session = self._session
        return Attempt(choice, session.id_token if choice.token == "id" else session.access_token)

    def _renewed(self, sent: Attempt) -> Attempt | None:
        """An attempt with a newer token than the refused one. Threads refused at the same time share one renewal."""
        with self._lock:
            fresh = self._attempt(sent.choice)
            now = self._session.now()
            if fresh.token != sent.token:
                return fresh
            if self._session.refresh_token is None or 0 <= now - self._renewed_at < RENEWALS_APART_S:
                return None
            self._renewed_at = now
            try:
                self._session.renew()
            except NetworkError:
                return None  # the API's own answer says more
            return self._attempt(sent.choice)


def checked_origin(url: str | Url, *, insecure: bool = False) -> str:
    """The origin of a URL that a token may go to. Raises SettingsError for plain http beyond loopback."""
    found = _read(url)
    if found.is_in_the_clear and not insecure:
        sentence = f"the token would travel in the clear to {found.host}"
        raise SettingsError(sentence, hint="write https://; plain http is for this machine only")
    return found.origin


def is_refusal(status: int, headers: Mapping[str, str]) -> bool:
    """Whether the token was refused: by 401, or by an HTTP API's 403 for a missing scope."""
    challenge = headers.get("www-authenticate", "")
    return status == 401 or (status == 403 and "insufficient_scope" in challenge)


def _says_expired(headers: Mapping[str, str], body: bytes) -> bool:
    return "expired" in headers.get("www-authenticate", "").lower() or b"expired" in body.lower()


def _check_words(api: str | None, token: str | None) -> None:
    if api not in (None, *_OF_AN_API):
        hint = "or leave api out: the host tells, or the first answer"
        raise SettingsError(f"api {api!r} is none of {', '.join(_OF_AN_API)}", hint=hint)
    if token not in (None, "id", "access"):
        hint = "id says who it is, access what is allowed; or leave token out"
        raise SettingsError(f"token {token!r} is neither id nor access", hint=hint)
