"""A token in, VerifiedClaims out: finds the pool and its keys, then asks `protocol.claims.verify`.

Where the keys come from, and how often, is `key_sets`' business. Source: facts/tokens.md §9.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from halfday.client.errors import TokenExpired, TokenInvalid
from halfday.client.key_files import KeyFiles
from halfday.client.key_sets import KeySets
from halfday.client.settings import Settings, is_loopback, load_settings
from halfday.client.transport import Transport
from halfday.protocol import claims as protocol_claims
from halfday.protocol.claims import ClaimsError, UnknownKey, VerifiedClaims
from halfday.protocol.endpoints import aws_issuers, jwks_url, pool_of_issuer
from halfday.protocol.identifiers import POOL_ID_PATTERN
from halfday.protocol.jwk import Jwk
from halfday.protocol.jws import MalformedToken, read_unverified

LEEWAY_S = 60.0
"""Clocks of laptops are off (facts/failures.md 4.1)."""


class Verifier:
    """Verifies tokens of one connection's user pool. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        *,
        clock: Callable[[], float] = time.time,
        key_files: KeyFiles | None = None,
    ) -> None:
        """`key_files`: where key sets outlive the program."""
        self._settings = settings
        self._clock = clock
        self._key_sets = KeySets(transport, clock, key_files)

    def prefetch(self) -> None:
        """Fetches the pool's keys now, so that the first token waits for nothing. Raises NetworkError."""
        self._key_sets.keys(self._keys_url(self._settings.require("user_pool_id")))

    def verify_id_token(
        self, token: str, *, nonce: str | None = None, subject: str | None = None, just_received: bool = False
    ) -> VerifiedClaims:
        """The claims of an ID token for our app client. `nonce` and `subject` are held against it when given.

        One that was `just_received` and has expired tells that this machine's clock is wrong.
        """
        try:
            found = self.verify(token, token_use="id")
        except TokenExpired as expired:
            if just_received and isinstance(expired.__cause__, ClaimsError):
                raise token_invalid(expired.__cause__, {"just_received": ""}) from expired.__cause__
            raise
        _require(found, "nonce", nonce)
        _require(found, "sub", subject)
        return found

    def verify(
        self,
        token: str,
        *,
        token_use: str | None,
        scopes: Collection[str] | None = None,
        groups: Collection[str] | None = None,
        leeway_s: float = LEEWAY_S,
    ) -> VerifiedClaims:
        """Of `scopes` and of `groups` one is enough. Raises TokenInvalid, saying what is wrong, and NetworkError."""
        try:
            pool_id, issuers = self._pool_of(token)
            return self._verify(
                token, pool_id, issuers, token_use=token_use, scopes=scopes, groups=groups, leeway_s=leeway_s
            )
        except ClaimsError as problem:
            raise token_invalid(problem) from problem

    def _verify(
        self, token: str, pool_id: str, issuers: Collection[str], *, leeway_s: float, **wanted: Any
    ) -> VerifiedClaims:
        def attempt(keys: Mapping[str, Jwk]) -> VerifiedClaims:
            return protocol_claims.verify(
                token,
                keys,
                issuer=issuers,
                client_id=self._settings.require("client_id"),
                now=self._clock(),
                leeway_s=leeway_s,
                **wanted,
            )

        url = self._keys_url(pool_id)
        keys = self._key_sets.keys(url)
        try:
            return attempt(keys)
        except UnknownKey:
            return attempt(self._key_sets.newer_keys(url, keys))

    def _pool_of(self, token: str) -> tuple[str, frozenset[str]]:
        """The pool whose keys count, and the issuers that are its own. Nothing in the token is believed yet."""
        try:
            issuer = str(read_unverified(token).unverified_payload.get("iss", ""))
        except MalformedToken as problem:
            raise ClaimsError("token", str(problem)) from problem
        pool_id = self._settings.user_pool_id or self._claimed_pool(issuer)
        here = f"{self._settings.idp_endpoint(pool_id)}/{pool_id}"
        accepted = {*aws_issuers(pool_id), here}
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

    def _keys_url(self, pool_id: str) -> str:
        return jwks_url(self._settings.idp_endpoint(pool_id), pool_id)


def verify(
    token: str, *, token_use: str | None = "id", scopes: Collection[str] | None = None, **connection: object
) -> VerifiedClaims:
    """Verifies one token. `connection`: user_pool_id, client_id and what else Cognito() takes.

    For more than one token keep a Cognito and use its `verify`, which keeps the keys.
    """
    return Verifier(load_settings(connection), Transport()).verify(token, token_use=token_use, scopes=scopes)


def token_invalid(problem: ClaimsError, facts: Mapping[str, str] | None = None) -> TokenInvalid:
    """What was wrong with a token, with what to change; one that has only expired is a TokenExpired."""
    kind = TokenExpired if problem.claim == "exp" else TokenInvalid
    return kind(
        f"the token was not accepted: {problem}",
        claim=problem.claim,
        expected=problem.expected,
        actual=problem.actual,
        facts=facts,
    )


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
        sentence = f"the token's {claim} is not the one expected"
        raise TokenInvalid(sentence, claim=claim, expected=expected, actual=found.get(claim))
