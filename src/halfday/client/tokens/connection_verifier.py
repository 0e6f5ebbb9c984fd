"""The tokens of one connection: its own, which its sign-in brought, and anybody's, held against its user pool.

Nothing in a token chooses whom to trust. Tokens from anywhere are held against the pool that is set. Where no pool is
set, the first token that this connection's own sign-in brought may name it; from then on that pool is as good as set.
The check itself is `TokenVerifier`'s. Source: facts/tokens.md §9.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from halfday.client.errors import TokenExpired, TokenInvalid
from halfday.client.settings import Settings
from halfday.client.settings_loading import load_settings
from halfday.client.token_store.cache_files import cache_dir
from halfday.client.token_store.key_files import KeyFiles
from halfday.client.tokens.key_sets import KeySets
from halfday.client.tokens.token_verifier import Expected, TokenVerifier, Words, claimed_issuer, token_invalid
from halfday.client.transport.blocking import Transport
from halfday.protocol.claims import ClaimsError, VerifiedClaims
from halfday.protocol.endpoints import pool_of_issuer
from halfday.protocol.identifiers import POOL_ID_PATTERN
from halfday.protocol.jws import MalformedToken, read_unverified
from halfday.protocol.urls import is_loopback
from halfday.protocol.word_lists import words

LEEWAY_S = 60.0
"""Clocks of laptops are off (facts/failures.md 4.1)."""

Pool = tuple[str, TokenVerifier]
"""A pool id, and what verifies the pool's tokens."""


class ConnectionVerifier:
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
        self._new_key_sets: Callable[[], KeySets] = lambda: KeySets(transport, clock, key_files)
        self._trusted: Pool | None = self._pool(settings.user_pool_id) if settings.user_pool_id else None
        self._claimed: Pool | None = None
        self.times_of_own_tokens = True
        """Whether own tokens are held against the clock. False for a caller that counts from when they came."""

    @property
    def pool_id(self) -> str | None:
        """The one pool whose tokens are accepted: the one that is set, or that our own sign-in proved."""
        return self._trusted[0] if self._trusted else None

    def prefetch(self) -> None:
        """Fetches the pool's keys now, so that the first token does not wait. Raises NetworkError, SettingsError."""
        self._require_pool()[1].prefetch()

    def can_verify(self, token: str) -> bool:
        """Whether the token is verified, or refused, without a request: its key is at hand, or it names none."""
        try:
            kid = read_unverified(token).header.get("kid")
        except MalformedToken:
            return True
        return self._trusted is not None and self._trusted[1].has_key(kid)

    def verify_id_token(
        self,
        token: str,
        *,
        nonce: str | None = None,
        subject: str | None = None,
        just_received: bool = False,
        by_clock: bool | None = None,
    ) -> VerifiedClaims:
        """The claims of an ID token that our own sign-in or renewal brought. `nonce`, `subject`: held against it.

        One that was `just_received` and has expired tells that this machine's clock is wrong. `by_clock`: whether its
        times are looked at; `times_of_own_tokens` unless said.
        """
        try:
            claims = self.verify_own(token, token_use="id", by_clock=by_clock)
        except TokenExpired as expired:
            if just_received and isinstance(expired.__cause__, ClaimsError):
                raise token_invalid(expired.__cause__, {"just_received": ""}) from expired.__cause__
            raise
        _require(claims, "nonce", nonce)
        _require(claims, "sub", subject)
        return claims

    def verify_own(self, token: str, *, token_use: str, by_clock: bool | None = None) -> VerifiedClaims:
        """The claims of a token that came to us from the token endpoint. Raises TokenInvalid, NetworkError."""
        now = self._clock() if (self.times_of_own_tokens if by_clock is None else by_clock) else None
        client_id = self._settings.require("client_id")
        try:
            pool = self._trusted or self._claimed_pool(token)
            claims = self._check(token, pool, now=now, token_use=token_use, client_id=client_id, leeway_s=LEEWAY_S)
        except ClaimsError as problem:
            raise token_invalid(problem) from problem
        if self._trusted is None:
            self._trusted = pool
        return claims

    def verify(
        self,
        token: str,
        *,
        token_use: str | None,
        scopes: Words = None,
        groups: Words = None,
        leeway_s: float = LEEWAY_S,
        client_id: Words = None,
    ) -> VerifiedClaims:
        """The claims of anybody's token. Of `scopes` and of `groups` one is enough.

        `client_id`: whose tokens are taken, instead of the app client that is set. Raises TokenInvalid, saying what is
        wrong, NetworkError, SettingsError without a pool, and ValueError for what no token can be held against.
        """
        callers = words(client_id, "client_id") or self._settings.require("client_id")
        wanted = {"token_use": token_use, "client_id": callers, "scopes": scopes, "groups": groups}
        pool = self._require_pool()
        try:
            return self._check(token, pool, now=self._clock(), leeway_s=leeway_s, **wanted)
        except ClaimsError as problem:
            raise token_invalid(problem) from problem

    def _check(self, token: str, pool: Pool, *, now: float | None, **wanted: Any) -> VerifiedClaims:
        """In `iss` the token may spell loopback in another way than the settings do."""
        pool_id, verifier = pool
        issuer, here = claimed_issuer(token), f"{self._settings.idp_endpoint(pool_id)}/{pool_id}"
        expected = Expected(pool_id, endpoint=self._settings.idp_endpoint(pool_id), **wanted)
        issuers = expected.issuers | ({issuer} if same_place(issuer, here) else set())
        return verifier.check(token, expected, issuers=issuers, now=now)

    def _require_pool(self) -> Pool:
        """The pool that is set, or that our own sign-in proved. Raises SettingsError without one."""
        return self._trusted or self._pool(self._settings.require("user_pool_id"))

    def _pool(self, pool_id: str) -> Pool:
        """A pool with room for its keys. What its tokens have to be is said at each check: without it none is taken."""
        expected = Expected(pool_id, client_id=(), token_use=None, endpoint=self._settings.idp_endpoint(pool_id))
        return pool_id, TokenVerifier(pools=(expected,), clock=self._clock, key_sets=self._new_key_sets())

    def _claimed_pool(self, token: str) -> Pool:
        """The pool that an own token names. Room is kept for the keys of one such pool, the last."""
        pool_id, claimed = self._claimed_pool_id(claimed_issuer(token)), self._claimed
        if claimed is None or claimed[0] != pool_id:
            claimed = self._claimed = self._pool(pool_id)
        return claimed

    def _claimed_pool_id(self, issuer: str) -> str:
        """The pool id in an own token's `iss`, if that is AWS's or lies on our own endpoint. Raises ClaimsError."""
        pool_id = pool_of_issuer(issuer)
        if pool_id is None:
            last = issuer.rpartition("/")[2]
            if POOL_ID_PATTERN.fullmatch(last) and same_place(issuer, f"{self._settings.idp_endpoint(last)}/{last}"):
                pool_id = last
        if pool_id is None or not POOL_ID_PATTERN.fullmatch(pool_id):
            sentence = f"iss is {issuer!r}, which is no user pool of AWS's nor of our endpoint"
            raise ClaimsError("iss", sentence, actual=issuer)
        return pool_id


def for_connection(settings: Settings, transport: Transport, clock: Callable[[], float]) -> ConnectionVerifier:
    """A verifier whose key sets outlive the program, in the folder of kept sessions."""
    return ConnectionVerifier(settings, transport, clock=clock, key_files=KeyFiles(cache_dir(), clock))


def verify(token: str, *, token_use: str | None = "id", scopes: Words = None, **connection: object) -> VerifiedClaims:
    """Verifies one token. `connection`: user_pool_id, client_id and what else Cognito() takes.

    For more than one token keep a Cognito and use its `verify`, which keeps the keys.
    """
    settings = load_settings(connection)
    transport = Transport.within(settings.timeout_s)
    try:
        return ConnectionVerifier(settings, transport).verify(token, token_use=token_use, scopes=scopes)
    finally:
        transport.close()


def same_place(one: str, other: str) -> bool:
    """Whether two URLs are equal, every spelling of loopback being one host."""
    place = _place_on_loopback(one)
    return one == other or (place is not None and place == _place_on_loopback(other))


def _place_on_loopback(url: str) -> tuple[str, int | None, str] | None:
    """Scheme, port and path; None for what is elsewhere or no URL."""
    try:
        parts = urlsplit(url)
        return (parts.scheme, parts.port, parts.path) if is_loopback(parts.hostname) else None
    except ValueError:
        return None


def _require(claims: VerifiedClaims, name: str, expected: str | None) -> None:
    if expected is not None and claims.get(name) != expected:
        sentence = f"the token's {name} is not the one expected"
        raise TokenInvalid(sentence, claim=name, expected=expected, actual=claims.get(name))
