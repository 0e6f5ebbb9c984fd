"""Who signed a request, as events tell it: `requestContext.identity`, and `requestContext.authorizer.iam`.

Source: developer guide, Input format of a Lambda function for proxy integration; facts/apigateway.md §5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halfday.server.domain.aws.callers import AssumedRole, SignedCaller
from halfday.server.domain.aws.policies import Principal, PrincipalKind

_COGNITO = "cognito-identity.amazonaws.com"


def identity_of(caller: SignedCaller, access_key_id: str) -> dict[str, Any]:
    """The members of payload 1.0. Those of Cognito are there for who came by an identity pool."""
    user_id = _user_id(caller)
    return {
        "accountId": _account(caller),
        "accessKey": access_key_id,
        "caller": user_id,
        "user": user_id,
        "userArn": caller.arn,
        **_cognito_v1(caller),
    }


def iam_authorizer(caller: SignedCaller, access_key_id: str) -> dict[str, Any]:
    """The members of payload 2.0."""
    user_id, keys = _user_id(caller), _cognito_keys(caller)
    cognito = None
    if keys is not None:
        cognito = {"amr": keys["amr"], "identityId": keys["sub"][0], "identityPoolId": keys["aud"][0]}
    return {
        "accessKey": access_key_id,
        "accountId": _account(caller),
        "callerId": user_id,
        "cognitoIdentity": cognito,
        "principalOrgId": None,
        "userArn": caller.arn,
        "userId": user_id,
    }


def principal_of(caller: SignedCaller) -> Principal:
    """Who the API's own policy is asked about."""
    if not isinstance(caller, AssumedRole):
        return Principal(PrincipalKind.ROOT, caller.arn, _account(caller))
    issued = caller.credentials
    return Principal(
        PrincipalKind.ROLE_SESSION,
        caller.arn,
        issued.account,
        issuer_arn=caller.role.arn,
        user_id=issued.user_id,
        session_keys=issued.context,
    )


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


def _account(caller: SignedCaller) -> str:
    return caller.credentials.account if isinstance(caller, AssumedRole) else caller.account


def _user_id(caller: SignedCaller) -> str:
    return caller.credentials.user_id if isinstance(caller, AssumedRole) else caller.account
