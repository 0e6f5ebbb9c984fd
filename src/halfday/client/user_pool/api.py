"""A user pool's JSON API without I/O, as far as an app client may ask without AWS keys: calls, tokens, refresh, revoke.

Source: facts/api.md §3, §4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from halfday.client.errors import NetworkError
from halfday.client.oauth.authorization import TokenAnswer
from halfday.client.settings import Settings
from halfday.client.transport import wire
from halfday.client.transport.aws_json import call_api
from halfday.protocol import srp

_TARGET = "AWSCognitoIdentityProviderService"


def call(settings: Settings, operation: str, members: Mapping[str, Any]) -> wire.Flow[dict[str, Any]]:
    """One operation, unsigned. Raises ApiRefused, ServerFault, NetworkError."""
    return (yield from call_api(endpoint(settings), f"{_TARGET}.{operation}", members))


def endpoint(settings: Settings) -> str:
    return settings.idp_endpoint(settings.user_pool_id)


def secret_hash(settings: Settings, username: str) -> dict[str, str]:
    """SECRET_HASH for the name as the same request sends it; nothing where the app client has no secret."""
    if not settings.client_secret:
        return {}
    return {"SECRET_HASH": srp.secret_hash(username, settings.require("client_id"), settings.client_secret)}


def tokens_of(settings: Settings, answer: Mapping[str, Any]) -> TokenAnswer:
    """The tokens in an AuthenticationResult. Raises NetworkError when there are none."""
    url, result = endpoint(settings), answer.get("AuthenticationResult")
    if not isinstance(result, dict):
        sentence = f"{url} answered the sign-in with neither tokens nor a challenge"
        raise NetworkError(sentence, kind="strange_answer")
    return TokenAnswer(
        access_token=wire.text_of(result, "AccessToken", url),
        expires_in_s=wire.number_of({"ExpiresIn": 3600, **result}, "ExpiresIn", url),
        id_token=wire.text_if_any(result, "IdToken", url),
        refresh_token=wire.text_if_any(result, "RefreshToken", url),
    )


def refresh(settings: Settings, refresh_token: str, *, device_key: str | None = None) -> wire.Flow[TokenAnswer]:
    """New tokens: a refresh token of the API is not always good at the OAuth endpoint.

    By GetTokensFromRefreshToken, which app clients take whether they rotate refresh tokens or not, and which needs no
    user name for a SECRET_HASH, where REFRESH_TOKEN_AUTH is refused once they rotate (API reference). `device_key`:
    the device that the tokens were handed out with; without it they are refused (facts/failures.md 3.5).
    """
    device = {"DeviceKey": device_key} if device_key else {}
    members = {"RefreshToken": refresh_token, **_client(settings), **device}
    return tokens_of(settings, (yield from call(settings, "GetTokensFromRefreshToken", members)))


def revoke(settings: Settings, refresh_token: str) -> wire.Flow[None]:
    """As `authorization.revoke`, for a connection that has no domain."""
    yield from call(settings, "RevokeToken", {"Token": refresh_token, **_client(settings)})


def _client(settings: Settings) -> dict[str, str]:
    secret = {"ClientSecret": settings.client_secret} if settings.client_secret else {}
    return {"ClientId": settings.require("client_id"), **secret}
