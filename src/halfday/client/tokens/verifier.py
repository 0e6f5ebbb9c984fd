"""A token in, VerifiedClaims out: says which pool's keys and issuers count, then asks `protocol.claims.verify`.

Nothing in a token chooses whom to trust. Tokens from anywhere are held against the pool that is set. Where none is set,
tokens that this connection was handed by its own sign-in may name it, once: from then on it is as good as set.
Where the keys come from, and how often, is `key_sets`' business. Source: facts/tokens.md §9.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from halfday.client.errors import TokenExpired, TokenInvalid
from halfday.client.settings import Settings, is_loopback, load_settings
from halfday.client.token_store.key_files import KeyFiles
from halfday.client.tokens.key_sets import KeySets
from halfday.client.transport.blocking import Transport
from halfday.protocol import claims as protocol_claims
from halfday.protocol.claims import ClaimsError, UnknownKey, VerifiedClaims
from halfday.protocol.endpoints import aws_issuers, jwks_url, pool_of_issuer
from halfday.protocol.identifiers import POOL_ID_PATTERN
from halfday.protocol.jwk import Jwk
from halfday.protocol.jws import MalformedToken, read_unverified
from halfday.protocol.word_lists import words

LEEWAY_S = 60.0
"""Clocks of laptops are off (facts/failures.md 4.1)."""

Words = str | Collection[str] | None
"""Of several words one is enough; a text is one word; None skips the check (`protocol.claims.words`)."""


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
        self._new_key_sets: Callable[[], KeySets] = lambda: KeySets(transport, clock, key_files)
        self._key_sets = self._new_key_sets()
        self._claimed: tuple[str, KeySets] | None = None
        self._proven_pool: str | None = None
        self.times_of_own_tokens = True
        """False for who reckons them from when a token came, so that a clock that was set wrong ends no session."""

    @property
    def pool_id(self) -> str | None:
        """The one pool whose tokens are accepted: the one that is set, or that our own sign-in proved."""
        return self._settings.user_pool_id or self._proven_pool

    def prefetch(self) -> None:
        """Fetches the pool's keys now, so that the first token waits for nothing. Raises NetworkError."""
        self._key_sets.keys(self._keys_url(self._settings.require("user_pool_id")))

    def can_verify(self, token: str) -> bool:
        """Whether nothing has to be asked for, whatever comes of it: the token's key is at hand, or it has none."""
        pool_id = self.pool_id
        try:
            kid = read_unverified(token).header.get("kid")
        except MalformedToken:
            return True
        return pool_id is not None and isinstance(kid, str) and kid in self._key_sets.at_hand(self._keys_url(pool_id))

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
            found = self.verify_own(token, token_use="id", by_clock=by_clock)
        except TokenExpired as expired:
            if just_received and isinstance(expired.__cause__, ClaimsError):
                raise token_invalid(expired.__cause__, {"just_received": ""}) from expired.__cause__
            raise
        _require(found, "nonce", nonce)
        _require(found, "sub", subject)
        return found

    def verify_own(self, token: str, *, token_use: str, by_clock: bool | None = None) -> VerifiedClaims:
        """The claims of a token that came to us from the token endpoint. Raises TokenInvalid, NetworkError."""
        now = self._clock() if (self.times_of_own_tokens if by_clock is None else by_clock) else None
        try:
            pool_id, sets = (self.pool_id, self._key_sets) if self.pool_id else self._claim_of(token)
            wanted = {"token_use": token_use, "client_id": self._settings.require("client_id"), "leeway_s": LEEWAY_S}
            found = self._verify(token, pool_id, sets, now=now, **wanted)
        except ClaimsError as problem:
            raise token_invalid(problem) from problem
        if self.pool_id is None:
            self._key_sets, self._proven_pool = sets, pool_id
        return found

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

        `client_id`: whose tokens are taken, instead of the app client that is set.
        Raises TokenInvalid, saying what is wrong, NetworkError, and SettingsError without a pool.
        """
        wanted = {"token_use": token_use, "scopes": scopes, "groups": groups, "leeway_s": leeway_s}
        wanted["client_id"] = words(client_id, "client_id") or self._settings.require("client_id")
        pool_id = self.pool_id or self._settings.require("user_pool_id")
        try:
            return self._verify(token, pool_id, self._key_sets, now=self._clock(), **wanted)
        except ClaimsError as problem:
            raise token_invalid(problem) from problem

    def _verify(self, token: str, pool_id: str, sets: KeySets, **wanted: Any) -> VerifiedClaims:
        issuers = self._issuers(token, pool_id)

        def attempt(keys: Mapping[str, Jwk]) -> VerifiedClaims:
            return protocol_claims.verify(token, keys, issuer=issuers, **wanted)

        url = self._keys_url(pool_id)
        keys = sets.keys(url)
        try:
            return attempt(keys)
        except UnknownKey:
            return attempt(sets.newer_keys(url, keys))

    def _issuers(self, token: str, pool_id: str) -> frozenset[str]:
        """The issuers that are the pool's own, in the token's spelling of loopback too."""
        issuer, here = claimed_issuer(token), f"{self._settings.idp_endpoint(pool_id)}/{pool_id}"
        spelt = {issuer} if same_place(issuer, here) else set()
        return frozenset({*aws_issuers(pool_id), here, *spelt})

    def _claim_of(self, token: str) -> tuple[str, KeySets]:
        """The pool that an own token names, with a place for its keys. There is one place, for whichever was last."""
        pool_id, claimed = self._claimed_pool(claimed_issuer(token)), self._claimed
        if claimed is None or claimed[0] != pool_id:
            claimed = self._claimed = pool_id, self._new_key_sets()
        return claimed

    def _claimed_pool(self, issuer: str) -> str:
        """The pool that an own token's `iss` names, if it is AWS's form or lies on our own endpoint."""
        pool_id = pool_of_issuer(issuer)
        if pool_id is None:
            last = issuer.rpartition("/")[2]
            if POOL_ID_PATTERN.fullmatch(last) and same_place(issuer, f"{self._settings.idp_endpoint(last)}/{last}"):
                pool_id = last
        if pool_id is None or not POOL_ID_PATTERN.fullmatch(pool_id):
            sentence = f"iss is {issuer!r}, which is no user pool of AWS's nor of our endpoint"
            raise ClaimsError("iss", sentence, actual=issuer)
        return pool_id

    def _keys_url(self, pool_id: str) -> str:
        return jwks_url(self._settings.idp_endpoint(pool_id), pool_id)


def verify(token: str, *, token_use: str | None = "id", scopes: Words = None, **connection: object) -> VerifiedClaims:
    """Verifies one token. `connection`: user_pool_id, client_id and what else Cognito() takes.

    For more than one token keep a Cognito and use its `verify`, which keeps the keys.
    """
    return Verifier(load_settings(connection), Transport()).verify(token, token_use=token_use, scopes=scopes)


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
    place = _place_on_loopback(one)
    return one == other or (place is not None and place == _place_on_loopback(other))


def _place_on_loopback(url: str) -> tuple[str, int | None, str] | None:
    """Scheme, port and path; None for what is elsewhere or no URL."""
    try:
        parts = urlsplit(url)
        return (parts.scheme, parts.port, parts.path) if is_loopback(parts.hostname) else None
    except ValueError:
        return None


def _require(found: VerifiedClaims, claim: str, expected: str | None) -> None:
    if expected is not None and found.get(claim) != expected:
        sentence = f"the token's {claim} is not the one expected"
        raise TokenInvalid(sentence, claim=claim, expected=expected, actual=found.get(claim))
