"""Sign-in by user name and password, without a browser and without I/O: USER_SRP_AUTH and USER_PASSWORD_AUTH.

SRP never sends the password. Of the challenges, PASSWORD_VERIFIER and NEW_PASSWORD_REQUIRED are answered; any other
becomes ChallengeRefused. Sources: facts/api.md §3, §4; facts/failures.md §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.client import wire
from halfday.client.authorization import TokenAnswer
from halfday.client.aws import call_api
from halfday.client.errors import ChallengeRefused, NetworkError
from halfday.client.settings import Settings
from halfday.protocol import srp
from halfday.protocol.identifiers import pool_name_of

RANDOM_BYTES = 128
_TARGET = "AWSCognitoIdentityProviderService"


@dataclass(frozen=True, slots=True)
class PasswordSignIn:
    """What a person gave. `new_password` answers NEW_PASSWORD_REQUIRED, which temporary passwords lead to."""

    username: str
    password: str = field(repr=False)
    new_password: str | None = field(default=None, repr=False)


def sign_in_by_srp(settings: Settings, who: PasswordSignIn, *, random: bytes, now: float) -> wire.Flow[TokenAnswer]:
    """Tokens by USER_SRP_AUTH. `random`: RANDOM_BYTES. Raises ApiRefused, ChallengeRefused."""
    pool_name = pool_name_of(settings.require("user_pool_id"))
    client = srp.ClientStart(random)
    answer = yield from _initiate(settings, "USER_SRP_AUTH", who.username, {"SRP_A": client.public})
    if answer.get("ChallengeName") != "PASSWORD_VERIFIER":
        return (yield from _finish(settings, who, answer))
    asked = answer.get("ChallengeParameters")
    try:
        responses = _prove_password(client, pool_name, who.password, asked, now)
    except (srp.SrpError, LookupError, TypeError, AttributeError) as problem:
        sentence = f"{_endpoint(settings)} asks for a password with impossible SRP numbers: {problem}"
        raise NetworkError(sentence, kind="strange_answer") from problem
    return (yield from _finish(settings, who, (yield from _respond(settings, answer, responses))))


def _prove_password(client: srp.ClientStart, pool_name: str, password: str, asked: Any, now: float) -> dict[str, str]:
    """The answer to PASSWORD_VERIFIER: a proof that the password is known, and never the password."""
    timestamp = srp.format_timestamp(now)
    signature = client.claim(
        pool_name=pool_name,
        user_id=asked["USER_ID_FOR_SRP"],
        password=password,
        salt_hex=asked["SALT"],
        srp_b_hex=asked["SRP_B"],
        secret_block_b64=asked["SECRET_BLOCK"],
        timestamp=timestamp,
    )
    return {
        "USERNAME": asked.get("USERNAME", asked["USER_ID_FOR_SRP"]),
        "PASSWORD_CLAIM_SIGNATURE": signature,
        "PASSWORD_CLAIM_SECRET_BLOCK": asked["SECRET_BLOCK"],
        "TIMESTAMP": timestamp,
    }


def sign_in_by_password(settings: Settings, who: PasswordSignIn) -> wire.Flow[TokenAnswer]:
    """Tokens by USER_PASSWORD_AUTH: the password travels, inside TLS. Needs no user_pool_id."""
    answer = yield from _initiate(settings, "USER_PASSWORD_AUTH", who.username, {"PASSWORD": who.password})
    return (yield from _finish(settings, who, answer))


def refresh_by_api(settings: Settings, refresh_token: str) -> wire.Flow[TokenAnswer]:
    """New tokens: a refresh token of the API is not always good at the OAuth endpoint.

    By GetTokensFromRefreshToken, which app clients take whether they rotate refresh tokens or not, and which needs no
    user name for a SECRET_HASH, where REFRESH_TOKEN_AUTH is refused once they rotate (API reference).
    """
    secret = {"ClientSecret": settings.client_secret} if settings.client_secret else {}
    members = {"RefreshToken": refresh_token, "ClientId": settings.require("client_id"), **secret}
    return _tokens(settings, (yield from _call(settings, "GetTokensFromRefreshToken", members)))


def revoke_by_api(settings: Settings, refresh_token: str) -> wire.Flow[None]:
    """As `authorization.revoke`, for a connection that has no domain."""
    secret = {"ClientSecret": settings.client_secret} if settings.client_secret else {}
    members = {"Token": refresh_token, "ClientId": settings.require("client_id"), **secret}
    yield from _call(settings, "RevokeToken", members)


def _initiate(settings: Settings, flow: str, username: str, parameters: Mapping[str, str]) -> wire.Flow[dict[str, Any]]:
    members = {
        "AuthFlow": flow,
        "ClientId": settings.require("client_id"),
        "AuthParameters": {"USERNAME": username, **parameters, **_secret_hash(settings, username)},
    }
    return (yield from _call(settings, "InitiateAuth", members))


def _respond(settings: Settings, asked: Mapping[str, Any], responses: Mapping[str, str]) -> wire.Flow[dict[str, Any]]:
    members = {
        "ChallengeName": asked["ChallengeName"],
        "ClientId": settings.require("client_id"),
        "ChallengeResponses": {**responses, **_secret_hash(settings, responses["USERNAME"])},
        **({"Session": asked["Session"]} if asked.get("Session") else {}),
    }
    return (yield from _call(settings, "RespondToAuthChallenge", members))


def _finish(settings: Settings, who: PasswordSignIn, answer: Mapping[str, Any]) -> wire.Flow[TokenAnswer]:
    """The tokens, after a new password where one is asked for."""
    if answer.get("ChallengeName") == "NEW_PASSWORD_REQUIRED" and who.new_password:
        username = answer.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", who.username)
        responses = {"USERNAME": username, "NEW_PASSWORD": who.new_password}
        answer = yield from _respond(settings, answer, responses)
    if answer.get("ChallengeName"):
        raise ChallengeRefused(wire.text_of(answer, "ChallengeName", _endpoint(settings)))
    return _tokens(settings, answer)


def _tokens(settings: Settings, answer: Mapping[str, Any]) -> TokenAnswer:
    endpoint = _endpoint(settings)
    result = answer.get("AuthenticationResult")
    if not isinstance(result, dict):
        sentence = f"{endpoint} answered the sign-in with neither tokens nor a challenge"
        raise NetworkError(sentence, kind="strange_answer")
    return TokenAnswer(
        access_token=wire.text_of(result, "AccessToken", endpoint),
        expires_in_s=wire.number_of({"ExpiresIn": 3600, **result}, "ExpiresIn", endpoint),
        id_token=wire.text_if_any(result, "IdToken", endpoint),
        refresh_token=wire.text_if_any(result, "RefreshToken", endpoint),
    )


def _call(settings: Settings, operation: str, members: Mapping[str, Any]) -> wire.Flow[dict[str, Any]]:
    return (yield from call_api(_endpoint(settings), f"{_TARGET}.{operation}", members))


def _endpoint(settings: Settings) -> str:
    return settings.idp_endpoint(settings.user_pool_id)


def _secret_hash(settings: Settings, username: str) -> dict[str, str]:
    if not settings.client_secret:
        return {}
    return {"SECRET_HASH": srp.secret_hash(username, settings.require("client_id"), settings.client_secret)}
