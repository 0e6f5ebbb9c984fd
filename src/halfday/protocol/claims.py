"""The only maker of VerifiedClaims: signature, issuer, token use, client, time and scope, in this order.

A check is skipped only by an explicit None. Source: facts/tokens.md §9; the shape of the errors is aws-jwt-verify's.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeGuard

from halfday.protocol.jwk import Jwk
from halfday.protocol.jws import Compact, MalformedToken, read_unverified, signature_is_valid
from halfday.protocol.pickling import Picklable
from halfday.protocol.word_lists import words

_PROOF = object()
_NO_TIME_S = 2**53

LONGEST_SHOWN = 200
"""Characters of a claim or a key id that a sentence repeats."""


class VerifiedClaims(Mapping[str, Any]):
    """Claims of a token that passed `verify`. There is no other way to make one."""

    __slots__ = ("_claims", "token")

    def __init__(self, claims: dict[str, Any], token: str, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("VerifiedClaims come from halfday.protocol.claims.verify only")
        self._claims = claims
        self.token = token

    def __getitem__(self, name: str) -> Any:
        return self._claims[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self._claims.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._claims)

    def __len__(self) -> int:
        return len(self._claims)

    def __repr__(self) -> str:
        return f"VerifiedClaims(token_use={self.get('token_use')!r}, sub={self.get('sub')!r})"

    @property
    def subject(self) -> str:
        return str(self["sub"])

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(str(self.get("scope", "")).split())


class ClaimsError(Picklable, ValueError):
    """A token was refused. `claim` says what was looked at, `expected` and `actual` what was wanted and found."""

    def __init__(self, claim: str, sentence: str, *, expected: object = None, actual: object = None) -> None:
        super().__init__(sentence)
        self.claim = claim
        self.expected = expected
        self.actual = actual


class UnknownKey(ClaimsError):
    """The token's kid is not among the keys: another pool's token, or a key set that was fetched too long ago."""


def verify(
    token: str | Compact,
    keys: Mapping[str, Jwk],
    *,
    issuer: str | Collection[str] | None,
    token_use: str | None,
    client_id: str | Collection[str] | None,
    now: float | None,
    leeway_s: float = 0,
    scopes: str | Collection[str] | None = None,
    groups: str | Collection[str] | None = None,
) -> VerifiedClaims:
    """The claims, proven. Raises ClaimsError, naming the first thing that is wrong; ValueError for `scopes`, `groups`.

    `client_id` is held against `aud` of an ID token and `client_id` of an access token. Of `scopes` and of `groups` one
    is enough. Times are epoch seconds. A key by the name "" is for tokens that name none. Who has split the token
    already, to choose the keys, passes it as it is then.
    """
    compact = _split(token) if isinstance(token, str) else token
    claims = _verify_signature(compact, keys)
    _require_one_of(claims, "iss", issuer)
    _require_one_of(claims, "token_use", token_use)
    _require_one_of(claims, "client_id" if claims.get("token_use") == "access" else "aud", client_id)
    _require_time(claims, now, leeway_s)
    _require_scope(claims, scopes)
    _require_group(claims, groups)
    return VerifiedClaims(claims, compact.token, _PROOF)


def _split(token: str) -> Compact:
    try:
        return read_unverified(token)
    except MalformedToken as problem:
        raise ClaimsError("token", str(problem)) from problem


def _verify_signature(compact: Compact, keys: Mapping[str, Jwk]) -> dict[str, Any]:
    kid = compact.header.get("kid")
    key = keys.get(kid) if isinstance(kid, str) else keys.get("") if kid is None else None
    if key is None:
        sentence = f"the token was signed with key {_shown(kid)}, which is not among the pool's published keys"
        raise UnknownKey("kid", sentence, expected=sorted(keys), actual=kid)
    if not signature_is_valid(compact, key.key, key.algorithm):
        raise ClaimsError("signature", "the token's signature does not match its content")
    return compact.unverified_payload


def _require_one_of(claims: Mapping[str, Any], claim: str, expected: str | Collection[str] | None) -> None:
    if expected is None or (isinstance(expected, str) and claims.get(claim) == expected):
        return
    allowed = {expected} if isinstance(expected, str) else set(expected)
    actual = claims.get(claim)
    values = actual if claim == "aud" and isinstance(actual, list) else [actual]  # RFC 7519 §4.1.3
    if not any(isinstance(value, str) and value in allowed for value in values):
        wanted = " or ".join(sorted(allowed))
        raise ClaimsError(claim, f"{claim} is {_shown(actual)}, expected {wanted}", expected=expected, actual=actual)


def _require_time(claims: Mapping[str, Any], now: float | None, leeway_s: float) -> None:
    expires_at = claims.get("exp")
    if not _is_time(expires_at):
        raise ClaimsError("exp", "the token carries no expiry", actual=expires_at)
    if now is None:
        return
    if now >= expires_at + leeway_s:
        raise ClaimsError("exp", f"the token expired {now - expires_at:.0f} s ago", expected=now, actual=expires_at)
    not_before = claims.get("nbf", claims.get("iat"))
    if isinstance(not_before, (int, float)) and not not_before <= now + leeway_s:
        ahead_s = not_before - now if _is_time(not_before) else math.inf
        sentence = f"the token begins {ahead_s:.0f} s in the future: one of the clocks is wrong"
        raise ClaimsError("iat", sentence, expected=now, actual=not_before)


def _is_time(value: object) -> TypeGuard[float]:
    """Whether this is a number of seconds: JSON as Python reads it has NaN, Infinity and integers of any length."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _NO_TIME_S


def _require_group(claims: Mapping[str, Any], groups: str | Collection[str] | None) -> None:
    if groups is None:
        return
    held = claims.get("cognito:groups")
    missing = _missing(held if isinstance(held, list) else [], words(groups, "groups"))
    if missing is not None:
        raise ClaimsError("cognito:groups", f"group {missing} is missing", expected=groups, actual=held)


def _require_scope(claims: Mapping[str, Any], scopes: str | Collection[str] | None) -> None:
    if scopes is None:
        return
    held = str(claims.get("scope", "")).split()
    missing = _missing(held, words(scopes, "scopes"))
    if missing is not None:
        raise ClaimsError("scope", f"scope {missing} is missing", expected=scopes, actual=held)


def _missing(held: Collection[Any], wanted: frozenset[str] | None) -> str | None:
    """The wanted words, when none of them is held; None when one is."""
    if wanted is None or any(isinstance(word, str) and word in wanted for word in held):
        return None
    return " or ".join(sorted(wanted))


def _shown(value: object) -> str:
    """The value, cut: a token's values may be of any length, and error sentences are searched for causes."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
