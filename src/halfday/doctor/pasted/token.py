"""What a pasted token says of itself. It is read and not verified, and never repeated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from halfday.client.causes.catalogue import Symptom
from halfday.client.oauth.explanation import ago, span
from halfday.protocol.jws import MalformedToken, read_unverified

_TOKEN = re.compile(r"^(?:Authorization: *)?(?:Bearer +)?(?P<token>eyJ[\w-]+\.[\w-]+\.[\w-]*)$", re.IGNORECASE)
_ENCRYPTED_PARTS = 5
_COGNITO_ISSUER = re.compile(r"^https?://\S+/(?P<pool>[a-z]{2}(?:-[a-z]+)+-\d_\w+)$")


def read_token(text: str, *, now: float) -> Symptom | None:
    """What a bare token is: its kind, its pool and client, and whether its time is over."""
    text = text.strip().strip("'\"")
    if text.startswith("eyJ") and text.count(".") == _ENCRYPTED_PARTS - 1 and not re.search(r"\s", text):
        return Symptom("verify", facts={"pasted_refresh_token": ""})
    found = _TOKEN.match(text)
    if found is None:
        return None
    try:
        claims = read_unverified(found["token"]).unverified_payload
    except MalformedToken:
        return Symptom("verify", "token", "the token was cut")
    return _of_claims(claims, now)


def _of_claims(claims: Mapping[str, Any], now: float) -> Symptom:
    pool = _COGNITO_ISSUER.match(str(claims.get("iss", "")))
    if pool is None:
        return Symptom("elsewhere", facts={"provider": "", "whose": "another provider's"})
    facts = {"pasted_token": _kind(claims), "pool": pool["pool"]}
    client = claims.get("client_id") or claims.get("aud")
    if isinstance(client, str):
        facts["client"] = client
    ends_at = claims.get("exp")
    if isinstance(ends_at, (int, float)):
        over = ends_at <= now
        facts["expired" if over else "good_for"] = ago(now - ends_at) if over else span(ends_at - now)
    return Symptom("verify", facts=facts)


def _kind(claims: Mapping[str, Any]) -> str:
    kind = str(claims.get("token_use", ""))
    return f"an {'ID' if kind == 'id' else kind} token" if kind in ("id", "access") else "a token"
