"""Tokens checked by whoever receives them: one user pool or several, with what each is expected to have issued.

    verifier = TokenVerifier("eu-west-1_Ab12Cd34E", client_id="…", token_use="access", scopes=["orders/read"])
    claims = verifier.verify(token)

`TokenVerifier.check` is the core of every verification in the client: `connection_verifier` is built upon it. The level
is aws-jwt-verify's. Source: facts/tokens.md §9.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from halfday.client.errors import TokenExpired, TokenInvalid
from halfday.client.settings import LONGEST_TIMEOUT_S
from halfday.client.tokens.key_sets import KeySets
from halfday.client.transport.blocking import Transport
from halfday.protocol import claims as protocol_claims
from halfday.protocol.claims import ClaimsError, UnknownKey, VerifiedClaims
from halfday.protocol.endpoints import api_url, aws_issuers, jwks_url
from halfday.protocol.identifiers import region_of_pool
from halfday.protocol.jwk import Jwk
from halfday.protocol.jws import MalformedToken, read_unverified
from halfday.protocol.word_lists import words

Words = str | Collection[str] | None
"""Of several words one is enough; a text is one word; None skips the check (`protocol.word_lists`)."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a pool's tokens have to be. None skips a check, and has to be said for client_id and token_use.

    `endpoint`: where the pool answers, when that is not AWS; its issuer is then ENDPOINT/POOL as well.
    Raises ValueError for what no token can be held against.
    """

    user_pool_id: str
    client_id: Words
    token_use: str | None
    scopes: Words = None
    groups: Words = None
    leeway_s: float = 0
    endpoint: str | None = None

    def __post_init__(self) -> None:
        region_of_pool(self.user_pool_id)
        for name in ("client_id", "scopes", "groups"):
            words(getattr(self, name), name)
        if self.token_use not in ("id", "access", None):
            raise ValueError(f"token_use is id or access, not {self.token_use!r}; None skips the check")

    @property
    def issuers(self) -> frozenset[str]:
        own = {f"{self.endpoint.rstrip('/')}/{self.user_pool_id}"} if self.endpoint else set()
        return aws_issuers(self.user_pool_id) | own

    @property
    def keys_url(self) -> str:
        region = region_of_pool(self.user_pool_id)
        return jwks_url((self.endpoint or api_url("cognito-idp", region)).rstrip("/"), self.user_pool_id)


class TokenVerifier:
    """Safe to share between threads. Keys are fetched at the first token, or by `prefetch`."""

    def __init__(
        self,
        user_pool_id: str | None = None,
        *,
        client_id: Words = "",
        token_use: str | None = "",
        pools: Collection[Expected] = (),
        clock: Callable[[], float] = time.time,
        transport: Transport | None = None,
        key_sets: KeySets | None = None,
        timeout: float | None = None,
        **options: Any,
    ) -> None:
        """Of one pool, or of several as `pools`. Raises ValueError for a pool without client_id or token_use.

        `timeout`: seconds within which a pool's keys have to be here, once it is connected to (30).
        """
        if user_pool_id is not None:
            if client_id == "" or token_use == "":
                raise ValueError("client_id and token_use have to be said; None skips the check")
            pools = (*pools, Expected(user_pool_id, client_id, token_use, **options))
        if not pools:
            raise ValueError("a verifier needs a user pool")
        if timeout is not None and (transport is not None or key_sets is not None):
            raise ValueError("timeout goes with a transport of the verifier's own; the one given has its own")
        self._pools = tuple(pools)
        self._clock = clock
        self._key_sets = key_sets or KeySets(transport or _transport(timeout), clock)

    def prefetch(self) -> None:
        """Fetches the keys of every pool now. Raises NetworkError."""
        for pool in self._pools:
            self._key_sets.keys(pool.keys_url)

    def use_keys(self, jwks: Mapping[str, object], user_pool_id: str | None = None) -> None:
        """Keys that came with the deployment, so that nothing is fetched for kids that are among them.

        Raises ValueError for what is no key set, and for a pool that is none of ours.
        """
        urls = [pool.keys_url for pool in self._pools if user_pool_id in (None, pool.user_pool_id)]
        if not urls:
            raise ValueError(f"{user_pool_id} is none of the verifier's pools")
        for url in urls:
            self._key_sets.put(url, jwks)

    def has_key(self, kid: object) -> bool:
        """Whether a token with this kid can be checked without fetching anything."""
        return isinstance(kid, str) and any(kid in self._key_sets.at_hand(pool.keys_url) for pool in self._pools)

    def verify(self, token: str, **changed: Any) -> VerifiedClaims:
        """The claims. `changed`: client_id, token_use, scopes, groups or leeway_s, for this token alone.

        Raises TokenInvalid (TokenExpired for one that was good), and NetworkError when keys cannot be had.
        """
        try:
            pool = self._pool_of(token)
            return self.check(token, replace(pool, **changed), issuers=pool.issuers, now=self._clock())
        except ClaimsError as problem:
            raise token_invalid(problem) from problem

    def check(self, token: str, expected: Expected, *, issuers: Collection[str], now: float | None) -> VerifiedClaims:
        """The claims of a token that is as `expected` and was issued by one of `issuers`. `now` of None skips times.

        A kid that is not among the pool's keys has them fetched anew, once. Raises ClaimsError, NetworkError.
        """

        def attempt(keys: Mapping[str, Jwk]) -> VerifiedClaims:
            return protocol_claims.verify(
                token,
                keys,
                issuer=issuers,
                token_use=expected.token_use,
                client_id=expected.client_id,
                now=now,
                leeway_s=expected.leeway_s,
                scopes=expected.scopes,
                groups=expected.groups,
            )

        keys = self._key_sets.keys(expected.keys_url)
        try:
            return attempt(keys)
        except UnknownKey:
            return attempt(self._key_sets.newer_keys(expected.keys_url, keys))

    def _pool_of(self, token: str) -> Expected:
        """The pool that the token's own `iss` names, which is believed only to choose among our pools."""
        issuer = claimed_issuer(token)
        for pool in self._pools:
            if issuer in pool.issuers:
                return pool
        known = sorted(set().union(*(pool.issuers for pool in self._pools)))
        raise ClaimsError("iss", f"iss is {issuer!r}, which is none of our pools", expected=known, actual=issuer)


def _transport(timeout: float | None) -> Transport:
    if timeout is not None and not 0 < timeout <= LONGEST_TIMEOUT_S:
        raise ValueError(f"timeout {timeout!r} is no number of seconds to wait")
    return Transport.within(timeout)


def claimed_issuer(token: str) -> str:
    """What the token says of its issuer, to be held against the pools that are ours. Raises ClaimsError."""
    if not isinstance(token, str):
        raise ClaimsError("token", f"a token is text, not {type(token).__name__}")
    try:
        issuer = read_unverified(token).unverified_payload.get("iss")
    except MalformedToken as problem:
        raise ClaimsError("token", str(problem)) from problem
    if not isinstance(issuer, str):
        raise ClaimsError("iss", "iss is no text", actual=issuer)
    return issuer


def token_invalid(problem: ClaimsError, facts: Mapping[str, str] | None = None) -> TokenInvalid:
    """The client's error for a refused token, with what to change. A token that has only expired is a TokenExpired."""
    kind = TokenExpired if problem.claim == "exp" else TokenInvalid
    return kind(
        f"the token was not accepted: {problem}",
        claim=problem.claim,
        expected=problem.expected,
        actual=problem.actual,
        facts=facts,
    )
