"""Verifies the bearer tokens of an API, and refuses others as RFC 6750 §3 says.

The user pool is a setting: tokens come from anybody, and nothing in them chooses whose keys are fetched.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from typing import Any

from halfday.client.connection import Connection, connect
from halfday.client.errors import NetworkError, TokenExpired, TokenInvalid
from halfday.client.settings_loading import load_settings
from halfday.protocol.claims import VerifiedClaims
from halfday.protocol.pickling import Picklable
from halfday.protocol.word_lists import words
from halfday.web.settings import client_ids as read_client_ids
from halfday.web.settings import for_the_log, known

MAX_TOKEN_CHARACTERS = 32_768

_log = logging.getLogger("halfday.web")


class BearerRefused(Picklable, Exception):
    """`status` 400, 401, 403 or 503; `www_authenticate` is the header's value, None for 503."""

    def __init__(self, status: int, sentence: str, www_authenticate: str | None) -> None:
        super().__init__(sentence)
        self.status = status
        self.www_authenticate = www_authenticate

    @property
    def headers(self) -> dict[str, str]:
        told = {"Retry-After": "5"} if self.www_authenticate is None else {"WWW-Authenticate": self.www_authenticate}
        return {"Cache-Control": "no-store", **told}


class BearerTokens:
    """The tokens of one user pool that an API accepts. Safe to share between threads."""

    def __init__(
        self,
        *,
        client_ids: str | Collection[str] = (),
        clock: Callable[[], float] = time.time,
        connection: Connection | None = None,
        **settings: object,
    ) -> None:
        """Accepts tokens of the app client that is set and of `client_ids`, the callers' app clients.

        Raises SettingsError, also where user_pool_id is not set.
        """
        connection = connection or connect(load_settings(known(settings)), clock=clock)
        callers, own = read_client_ids(client_ids), connection.settings
        own.require("user_pool_id")
        self._client_ids = callers if callers and not own.client_id else {own.require("client_id"), *callers}
        self._verifier = connection.verifier

    def can_check(self, authorization: str | None) -> bool:
        """Whether the token can be checked without a request."""
        try:
            return self._verifier.can_verify(_token_in(authorization))
        except BearerRefused:
            return True

    def check(
        self,
        authorization: str | None,
        *,
        token_use: str | None = "access",
        scopes: str | Collection[str] | None = None,
        groups: str | Collection[str] | None = None,
    ) -> VerifiedClaims:
        """The claims of the Authorization header's token. Of `scopes`, and of `groups`, one is enough.

        Raises BearerRefused.
        """
        token = _token_in(authorization)
        try:
            return self._verifier.verify(
                token, token_use=token_use, scopes=scopes, groups=groups, client_id=self._client_ids
            )
        except TokenInvalid as problem:
            _log.info("token refused: %s", for_the_log(problem))
            raise _refusal(problem, words(scopes, "scopes") or ()) from problem
        except NetworkError as problem:
            _log.warning("no token can be checked: %s", for_the_log(problem))
            raise BearerRefused(503, "the keys that tokens are checked with cannot be had", None) from problem


def checked_requirements(
    *,
    token_use: str | None = "access",
    scopes: str | Collection[str] | None = None,
    groups: str | Collection[str] | None = None,
) -> dict[str, Any]:
    """The requirements for `check`, validated when the API is defined and not at the first token. Raises ValueError."""
    if token_use not in ("access", "id", None):
        raise ValueError(f"token_use is access or id, not {token_use!r}; None takes both")
    return {"token_use": token_use, "scopes": words(scopes, "scopes"), "groups": words(groups, "groups")}


def _token_in(authorization: str | None) -> str:
    """The token. A request without one gets a bare challenge (RFC 6750 §3.1). Raises BearerRefused."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise BearerRefused(401, "a bearer token is needed", "Bearer")
    token = token.strip()
    if not token or " " in token or len(token) > MAX_TOKEN_CHARACTERS:
        raise BearerRefused(400, "the Authorization header holds no token", _challenge("invalid_request", "no token"))
    return token


def _refusal(problem: TokenInvalid, scopes: Collection[str]) -> BearerRefused:
    if problem.claim == "scope":
        sentence = "the token lacks the scope"
        return BearerRefused(403, sentence, _challenge("insufficient_scope", sentence, scopes))
    if problem.claim == "cognito:groups":
        sentence = "the person is in none of the groups"
        return BearerRefused(403, sentence, _challenge("insufficient_scope", sentence))
    sentence = "the token has expired" if isinstance(problem, TokenExpired) else _WHY.get(problem.claim, _NOT_OURS)
    return BearerRefused(401, sentence, _challenge("invalid_token", sentence))


_NOT_OURS = "the token is not one that is accepted here"
_WHY = {
    "token_use": "this is the other kind of token: ID and access token were mixed up",
    "client_id": "the token is for another app client",
    "aud": "the token is for another app client",
    "iss": "the token is of another user pool",
    "kid": "the token is of another user pool, or made up",
}


def _challenge(error: str, sentence: str, scopes: Collection[str] = ()) -> str:
    told = f'Bearer error="{error}", error_description="{sentence}"'
    return f'{told}, scope="{" ".join(sorted(scopes))}"' if scopes else told
