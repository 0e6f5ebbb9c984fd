"""Who signed a request, as events tell it: `requestContext.identity`, and `requestContext.authorizer.iam`.

Source: developer guide, Input format of a Lambda function for proxy integration; facts/apigateway.md §5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halfday.server.domain.aws.callers import AssumedRole, SignedCaller

_COGNITO = "cognito-identity.amazonaws.com"


def identity_of(caller: SignedCaller, access_key_id: str) -> dict[str, Any]:
    """The members of payload 1.0. Those of Cognito are there for who came by an identity pool."""
    user_id = caller.user_id
    return {
        "accountId": caller.account,
        "accessKey": access_key_id,
        "caller": user_id,
        "user": user_id,
        "userArn": caller.arn,
        **_cognito_v1(caller),
    }


def iam_authorizer(caller: SignedCaller, access_key_id: str) -> dict[str, Any]:
    """The members of payload 2.0."""
    user_id, keys = caller.user_id, _cognito_keys(caller)
    cognito = None
    if keys is not None:
        cognito = {"amr": keys["amr"], "identityId": keys["sub"][0], "identityPoolId": keys["aud"][0]}
    return {
        "accessKey": access_key_id,
        "accountId": caller.account,
        "callerId": user_id,
        "cognitoIdentity": cognito,
        "principalOrgId": None,
        "userArn": caller.arn,
        "userId": user_id,
    }


def _cognito_v1(caller: SignedCaller) -> dict[str, Any]:
    """An identity that signed in is known by the provider, and by the sign-in there: amr's second and third."""
    keys = _cognito_keys(caller)
    if keys is None:
        return {}
    amr = keys["amr"]
    provider = ",".join(amr[1:])
    return {
        "cognitoIdentityId": keys["sub"][0],
        "cognitoIdentityPoolId": keys["aud"][0],
        "cognitoAuthenticationType": amr[0] if amr else None,
        "cognitoAuthenticationProvider": provider or None,
    }


def _cognito_keys(caller: SignedCaller) -> dict[str, list[str]] | None:
    """The session's keys of its identity; None of a session that came another way."""
    if not isinstance(caller, AssumedRole):
        return None
    context = caller.credentials.context
    found = {name: _listed(context.get(f"{_COGNITO}:{name}", ())) for name in ("sub", "aud", "amr")}
    return found if found["sub"] and found["aud"] else None


def _listed(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
