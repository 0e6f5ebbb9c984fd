"""Tokens checked by whoever receives them: one user pool or several, with what each is expected to have issued.

    verifier = TokenVerifier("eu-west-1_Ab12Cd34E", client_id="…", token_use="access", scopes=["orders/read"])
    claims = verifier.verify(token)

The level is aws-jwt-verify's. Source: facts/tokens.md §9.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from halfday.client.tokens.key_sets import KeySets
from halfday.client.tokens.verifier import Words, claimed_issuer, token_invalid
from halfday.client.transport.blocking import Transport
from halfday.protocol import claims as protocol_claims
from halfday.protocol.claims import ClaimsError, UnknownKey, VerifiedClaims
from halfday.protocol.endpoints import api_url, aws_issuers, jwks_url
from halfday.protocol.identifiers import region_of_pool
from halfday.protocol.word_lists import words


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
        **options: Any,
    ) -> None:
        """Of one pool, or of several as `pools`. Raises ValueError for a pool without client_id or token_use."""
        if user_pool_id is not None:
            if client_id == "" or token_use == "":
                raise ValueError("client_id and token_use have to be said; None skips the check")
            pools = (*pools, Expected(user_pool_id, client_id, token_use, **options))
        if not pools:
            raise ValueError("a verifier needs a user pool")
        self._pools = tuple(pools)
        self._clock = clock
        self._key_sets = KeySets(transport or Transport(), clock)

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

    def verify(self, token: str, **changed: Any) -> VerifiedClaims:
        """The claims. `changed`: client_id, token_use, scopes, groups or leeway_s, for this token alone.

        Raises TokenInvalid (TokenExpired for one that was good), and NetworkError when keys cannot be had.
        """
        try:
            expected = replace(self._pool_of(token), **changed)
            return self._verified(token, expected)
        except ClaimsError as problem:
            raise token_invalid(problem) from problem

    def _verified(self, token: str, expected: Expected) -> VerifiedClaims:
        def attempt(keys: Mapping[str, Any]) -> VerifiedClaims:
            return protocol_claims.verify(
                token,
                keys,
                issuer=expected.issuers,
                token_use=expected.token_use,
                client_id=expected.client_id,
                now=self._clock(),
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
        """By the token's own `iss`, which is believed only to choose among our pools."""
        issuer = claimed_issuer(token)
        for pool in self._pools:
            if issuer in pool.issuers:
                return pool
        known = sorted(set().union(*(pool.issuers for pool in self._pools)))
        raise ClaimsError("iss", f"iss is {issuer!r}, which is none of our pools", expected=known, actual=issuer)
