"""Bearer tokens of an API: verified, and what RFC 6750 §3 has answered when they are not good enough."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Collection

from halfday.client.connection import Connection, connect
from halfday.client.errors import NetworkError, TokenExpired, TokenInvalid
from halfday.client.settings import load_settings
from halfday.client.verifier import Verifier
from halfday.protocol.claims import VerifiedClaims
from halfday.protocol.jws import MalformedToken, read_unverified
from halfday.web.words import known

_log = logging.getLogger("halfday.web")


class BearerRefused(Exception):
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
        client_ids: Collection[str] = (),
        clock: Callable[[], float] = time.time,
        connection: Connection | None = None,
        **settings: object,
    ) -> None:
        """Of the app client that is set, and of `client_ids`: the callers, who seldom are the API's own client."""
        self._connection = connection or connect(load_settings(known(settings)), clock=clock)
        own = self._connection.settings
        ids = [*client_ids] if client_ids and not own.client_id else [own.require("client_id"), *client_ids]
        self._verifiers = {client_id: self._verifier_for(client_id) for client_id in ids}

    def check(
        self,
        authorization: str | None,
        *,
        token_use: str | None = "access",
        scopes: Collection[str] | None = None,
        groups: Collection[str] | None = None,
    ) -> VerifiedClaims:
        """The claims of the Authorization header's token. Of `scopes`, and of `groups`, one is enough.

        Raises BearerRefused.
        """
        token = _token_in(authorization)
        try:
            return self._verifier_of(token).verify(token, token_use=token_use, scopes=scopes, groups=groups)
        except TokenInvalid as problem:
            _log.info("token refused: %s; %s", problem, problem.hint)
            raise _refusal(problem, scopes) from problem
        except NetworkError as problem:
            _log.warning("no token can be checked: %s; %s", problem, problem.hint)
            raise BearerRefused(503, "the keys that tokens are checked with cannot be had", None) from problem

    def _verifier_for(self, client_id: str) -> Verifier:
        connection = self._connection
        if client_id == connection.settings.client_id:
            return connection.verifier
        settings = dataclasses.replace(connection.settings, client_id=client_id)
        return Verifier(settings, connection.transport, clock=connection.clock)

    def _verifier_of(self, token: str) -> Verifier:
        """By what the token says of itself, which is believed only to choose among ours."""
        try:
            payload = read_unverified(token).unverified_payload
        except MalformedToken:
            payload = {}
        claimed = payload.get("client_id" if payload.get("token_use") == "access" else "aud")
        first = next(iter(self._verifiers.values()))
        return self._verifiers.get(claimed, first) if isinstance(claimed, str) else first


def _token_in(authorization: str | None) -> str:
    """A request without a token is told only how to come again (RFC 6750 §3.1)."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise BearerRefused(401, "a bearer token is needed", "Bearer")
    token = token.strip()
    if not token or " " in token:
        raise BearerRefused(400, "the Authorization header holds no token", _challenge("invalid_request", "no token"))
    return token


def _refusal(problem: TokenInvalid, scopes: Collection[str] | None) -> BearerRefused:
    if problem.claim == "scope":
        sentence = "the token lacks the scope"
        return BearerRefused(403, sentence, _challenge("insufficient_scope", sentence, scopes or ()))
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
