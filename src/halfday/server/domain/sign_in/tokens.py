"""The claims of ID and access tokens. Source: facts/tokens.md §2, §3."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from halfday.protocol.encoding import b64url_encode
from halfday.server.domain.sign_in.codes_and_sessions import TokenFamily
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.attributes import readable, within_scopes
from halfday.server.domain.users.users import Group, User, preferred_role

API_SCOPE = "aws.cognito.signin.user.admin"
_BOOLEAN_CLAIMS = ("email_verified", "phone_number_verified")


@dataclass(frozen=True, slots=True)
class Minting:
    """What all claims of one issue of tokens have in common. Times are epoch seconds."""

    issuer: str
    client: AppClient
    now: float


def id_claims(minting: Minting, family: TokenFamily, user: User, groups: list[Group], *, jti: str) -> dict[str, Any]:
    client = minting.client
    visible = readable(user.all_attributes, client.read_attributes)
    if family.from_oauth:
        visible = within_scopes(visible, family.scopes)
    return {
        **{name: _claim(name, value) for name, value in visible.items()},
        **_identities(user),
        **_groups(groups, roles_too=True),
        **_common(minting, family, user, "id", client.validity.id_s, jti),
        **_level(family),
        "cognito:username": user.username,
        "aud": client.client_id,
        **({"nonce": family.nonce} if family.nonce else {}),
    }


def access_claims(
    minting: Minting, family: TokenFamily, user: User, groups: list[Group], *, jti: str
) -> dict[str, Any]:
    client = minting.client
    return {
        **_groups(groups, roles_too=False),
        **_common(minting, family, user, "access", client.validity.access_s, jti),
        **_level(family),
        **({"aud": family.resource} if family.resource else {}),
        **({"version": 2} if family.from_oauth else {}),
        **({"device_key": family.device_key} if family.device_key else {}),
        "client_id": client.client_id,
        "scope": " ".join(family.scopes),
        "username": user.username,
    }


def at_hash(access_token: str) -> str:
    """The left half of the token's SHA-256 (OpenID Connect Core §3.1.3.6). API sign-ins have none (facts/news.md)."""
    digest = hashlib.sha256(access_token.encode("ascii")).digest()
    return b64url_encode(digest[: len(digest) // 2])


def machine_claims(minting: Minting, scopes: Iterable[str], *, jti: str) -> dict[str, Any]:
    """The access token of client_credentials: no user, and the client is its own subject."""
    client, now = minting.client, int(minting.now)
    return {
        "sub": client.client_id,
        "token_use": "access",
        "scope": " ".join(scopes),
        "auth_time": now,
        "iss": minting.issuer,
        "exp": now + client.validity.access_s,
        "iat": now,
        "version": 2,
        "jti": jti,
        "client_id": client.client_id,
    }


def user_info(user: User, client: AppClient, scopes: Iterable[str]) -> dict[str, str]:
    """The userInfo answer: every value a string, `username` beside them (facts/oauth.md §4)."""
    visible = within_scopes(readable(user.all_attributes, client.read_attributes), tuple(scopes))
    identities = {"identities": identities_text(user)} if user.identities else {}
    return {**visible, **identities, "username": user.username}


def identities_text(user: User) -> str:
    """The `identities` attribute: JSON text in which `primary` is a boolean and `dateCreated` a number."""
    return json.dumps(list(user.identities), separators=(",", ":"))


def _common(
    minting: Minting, family: TokenFamily, user: User, token_use: str, lifetime_s: int, jti: str
) -> dict[str, Any]:
    now = int(minting.now)
    client = minting.client
    traced = client.token_revocation or client.rotation_grace_s is not None
    revocable = {"origin_jti": family.origin_jti, "jti": jti} if traced else {}
    return {
        "sub": user.sub,
        "iss": minting.issuer,
        **revocable,
        "event_id": family.event_id,
        "token_use": token_use,
        "auth_time": int(family.auth_time),
        "exp": now + lifetime_s,
        "iat": now,
    }


def _level(family: TokenFamily) -> dict[str, Any]:
    """`acr` and `amr`, where the sign-in was asked for a level or a recent one; the same after a refresh."""
    return {} if family.acr is None else {"acr": family.acr, "amr": family.authentication.amr}


def _claim(name: str, value: str) -> Any:
    if name in _BOOLEAN_CLAIMS:
        return value == "true"
    if name == "updated_at":
        return int(float(value))
    if name == "address":
        return {"formatted": value}
    return value


def _identities(user: User) -> Mapping[str, Any]:
    if not user.identities:
        return {}
    spelt = [{**i, "primary": str(i["primary"]).lower(), "dateCreated": str(i["dateCreated"])} for i in user.identities]
    return {"identities": spelt}


def _groups(groups: list[Group], *, roles_too: bool) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    if groups:
        claims["cognito:groups"] = [group.name for group in groups]
    roles = list(dict.fromkeys(group.role_arn for group in groups if group.role_arn))
    if roles_too and roles:
        claims["cognito:roles"] = roles
        if (preferred := preferred_role(groups)) is not None:
            claims["cognito:preferred_role"] = preferred
    return claims
