"""A token in, VerifiedClaims out: finds the pool and its keys, then asks `protocol.claims.verify`.

Keys are fetched once and kept. An unknown kid makes them be fetched again, once per PENALTY_S, so that a flood of
forged tokens is no flood of requests. Source: facts/tokens.md §9.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from halfday.client import wire
from halfday.client.errors import TokenInvalid
from halfday.client.settings import Settings, is_loopback, load_settings
from halfday.client.transport import Transport
from halfday.protocol import claims as protocol_claims
from halfday.protocol.claims import ClaimsError, UnknownKey, VerifiedClaims
from halfday.protocol.endpoints import aws_issuer, jwks_url, pool_of_issuer
from halfday.protocol.identifiers import POOL_ID_PATTERN, region_of_pool
from halfday.protocol.jwk import Jwk, parse_jwks
from halfday.protocol.jws import MalformedToken, read_unverified

PENALTY_S = 10.0
LEEWAY_S = 60.0
"""Clocks of laptops are off (facts/failures.md 4.1)."""

_HINTS = {
    "exp": "sign in again; right after a sign-in this means that this machine's clock is ahead",
    "iat": "set this machine's clock: it is behind",
    "aud": "the token is another app client's: check client_id",
    "client_id": "the token is another app client's: check client_id",
    "token_use": "this is the other kind of token: an ID token says who, an access token says what is allowed",
    "iss": "the token is of another user pool: check user_pool_id",
    "nonce": "the answer does not belong to this sign-in: sign in again",
    "sub": "the answer belongs to another person: sign in again",
    "kid": "the token is of another user pool, or was made up: check user_pool_id",
    "scope": "ask for the scope at sign-in, and enable it for the app client",
}


class Verifier:
    """Verifies tokens of one connection's user pool. Safe to share between threads."""

    def __init__(self, settings: Settings, transport: Transport, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, dict[str, Jwk]] = {}
        self._fetched_at: dict[str, float] = {}

    def verify_id_token(self, token: str, *, nonce: str | None = None, subject: str | None = None) -> VerifiedClaims:
        """The claims of an ID token for our app client. `nonce` and `subject` are held against it when given."""
        found = self.verify(token, token_use="id")
        _require(found, "nonce", nonce)
        _require(found, "sub", subject)
        return found

    def verify(self, token: str, *, token_use: str | None, scopes: Collection[str] | None = None) -> VerifiedClaims:
        """Raises TokenInvalid, saying what is wrong; NetworkError when the keys cannot be had."""
        try:
            pool_id, issuers = self._pool_of(token)
            return self._verify(token, pool_id, issuers, token_use, scopes)
        except ClaimsError as problem:
            hint = _HINTS.get(problem.claim, "")
            raise TokenInvalid(f"the token was not accepted: {problem}", claim=problem.claim, hint=hint) from problem

    def _verify(
        self, token: str, pool_id: str, issuers: Collection[str], token_use: str | None, scopes: Collection[str] | None
    ) -> VerifiedClaims:
        def attempt(keys: Mapping[str, Jwk]) -> VerifiedClaims:
            return protocol_claims.verify(
                token,
                keys,
                issuer=issuers,
                token_use=token_use,
                client_id=self._settings.require("client_id"),
                now=self._clock(),
                leeway_s=LEEWAY_S,
                scopes=scopes,
            )

        try:
            return attempt(self._keys_of(pool_id))
        except UnknownKey:
            return attempt(self._keys_of(pool_id, stale=True))

    def _pool_of(self, token: str) -> tuple[str, frozenset[str]]:
        """The pool whose keys count, and the issuers that are its own. Nothing in the token is believed yet."""
        try:
            issuer = str(read_unverified(token).unverified_payload.get("iss", ""))
        except MalformedToken as problem:
            raise ClaimsError("token", str(problem)) from problem
        pool_id = self._settings.user_pool_id or self._claimed_pool(issuer)
        here = f"{self._settings.idp_endpoint(pool_id)}/{pool_id}"
        updated = f"https://issuer-cognito-idp.{region_of_pool(pool_id)}.amazonaws.com/{pool_id}"
        accepted = {aws_issuer(pool_id), updated, here}
        if same_place(issuer, here):
            accepted.add(issuer)
        return pool_id, frozenset(accepted)

    def _claimed_pool(self, issuer: str) -> str:
        """Without user_pool_id: the pool that `iss` names, if it is AWS's form or lies on our own endpoint."""
        pool_id = pool_of_issuer(issuer)
        if pool_id is None:
            last = issuer.rpartition("/")[2]
            if POOL_ID_PATTERN.match(last) and same_place(issuer, f"{self._settings.idp_endpoint(last)}/{last}"):
                pool_id = last
        if pool_id is None:
            sentence = f"iss is {issuer!r}, which is no user pool of AWS's nor of our endpoint"
            raise ClaimsError("iss", sentence, actual=issuer)
        return pool_id

    def _keys_of(self, pool_id: str, *, stale: bool = False) -> dict[str, Jwk]:
        """The pool's keys; `stale` asks for newer ones than are kept, and is granted once per PENALTY_S."""
        with self._lock:
            kept = self._keys.get(pool_id)
            too_soon = self._clock() - self._fetched_at.get(pool_id, 0) < PENALTY_S
            if kept is not None and (not stale or too_soon):
                return kept
            url = jwks_url(self._settings.idp_endpoint(pool_id), pool_id)
            self._keys[pool_id] = self._transport.run(_fetch_keys(url))
            self._fetched_at[pool_id] = self._clock()
            return self._keys[pool_id]


def verify(
    token: str, *, token_use: str | None = "id", scopes: Collection[str] | None = None, **connection: object
) -> VerifiedClaims:
    """Verifies one token. `connection`: user_pool_id, client_id and what else Cognito() takes.

    For more than one token keep a Cognito and use its `verify`, which keeps the keys.
    """
    return Verifier(load_settings(connection), Transport()).verify(token, token_use=token_use, scopes=scopes)


def same_place(one: str, other: str) -> bool:
    """Whether two URLs are equal, every spelling of loopback being one host."""
    first, second = urlsplit(one), urlsplit(other)
    if is_loopback(first.hostname) and is_loopback(second.hostname):
        return (first.scheme, _port(one), first.path) == (second.scheme, _port(other), second.path)
    return one == other


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        return -1


def _require(found: VerifiedClaims, claim: str, expected: str | None) -> None:
    if expected is not None and found.get(claim) != expected:
        raise TokenInvalid(f"the token's {claim} is not the one expected", claim=claim, hint=_HINTS[claim])


def _fetch_keys(url: str) -> wire.Flow[dict[str, Jwk]]:
    request = wire.Request("GET", url, {"Accept": "application/json"})
    response = yield request
    wire.raise_for_fault(request, response)
    try:
        return parse_jwks(response.json())
    except ValueError as problem:
        raise wire.unusable(request, response) from problem
