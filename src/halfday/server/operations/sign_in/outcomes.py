"""What InitiateAuth and RespondToAuthChallenge answer: the next challenge, or tokens. Source: facts/api.md §4."""

from __future__ import annotations

from typing import Any

from halfday.server.flows.factors.devices import NewDevice
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome, finish
from halfday.server.flows.tokens.tokens import Tokens
from halfday.server.operations.framework.registry import Call


async def answer_of(call: Call, outcome: Outcome) -> dict[str, Any]:
    """The answer's members. A sign-in that has passed gets its tokens here."""
    if isinstance(outcome, Challenged):
        return {
            "ChallengeName": outcome.name,
            "Session": outcome.session,
            "ChallengeParameters": outcome.parameters,
            "AvailableChallenges": list(outcome.available) or None,
        }
    return tokens_shape(*await finish(call.services, outcome))


def tokens_shape(tokens: Tokens, device: NewDevice | None = None) -> dict[str, Any]:
    """ChallengeParameters is there, and empty: clients look for it (facts/api.md §4)."""
    metadata = device and {"DeviceKey": device.device_key, "DeviceGroupKey": device.group_key}
    result = {
        "AccessToken": tokens.access_token,
        "ExpiresIn": tokens.expires_in,
        "TokenType": "Bearer",
        "RefreshToken": tokens.refresh_token,
        "IdToken": tokens.id_token,
        "NewDeviceMetadata": metadata,
    }
    return {"ChallengeParameters": {}, "AuthenticationResult": result}
