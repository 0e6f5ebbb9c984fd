"""Signing in: InitiateAuth, AdminInitiateAuth, RespondToAuthChallenge, AdminRespondToAuthChallenge.

Flows so far: passwords, SRP and refresh tokens; the state machine's other doors come with their issue. Source:
facts/api.md §4.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from halfday.protocol.errors import ServiceError
from halfday.protocol.srp import SrpError
from halfday.server.domain.app_clients import AppClient
from halfday.server.domain.grants import digest
from halfday.server.domain.pools import Pool
from halfday.server.domain.sign_in import (
    NEW_PASSWORD_REQUIRED,
    PASSWORD_VERIFIER,
    SignInRefused,
    challenge_after_password,
)
from halfday.server.domain.users import User, UserStatus
from halfday.server.flows import sign_in as flow
from halfday.server.flows.tokens import SignedIn, TokenRefused, Tokens, issue, refresh
from halfday.server.operations.lookups import check_secret_hash, invalid, the_client, the_client_of, the_pool
from halfday.server.operations.registry import Call, Output, operation

Parameters = Mapping[str, str]

_PUBLIC_FLOWS = {
    "USER_SRP_AUTH": "ALLOW_USER_SRP_AUTH",
    "USER_PASSWORD_AUTH": "ALLOW_USER_PASSWORD_AUTH",
    "REFRESH_TOKEN_AUTH": "ALLOW_REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN": "ALLOW_REFRESH_TOKEN_AUTH",
}
_ADMIN_FLOWS = {
    **{name: flag for name, flag in _PUBLIC_FLOWS.items() if name != "USER_PASSWORD_AUTH"},
    "ADMIN_USER_PASSWORD_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ADMIN_NO_SRP_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
}
_NOT_BUILT = ("CUSTOM_AUTH", "USER_AUTH")


@operation("cognito-idp", "InitiateAuth", honours="AuthFlow AuthParameters ClientId ClientMetadata UserContextData")
async def initiate_auth(call: Call) -> Output:
    """ClientMetadata is for triggers, UserContextData for risk analysis: without them nobody reads it, as on AWS."""
    client, pool = await the_client(call)
    return await _initiate(call, pool, client, _PUBLIC_FLOWS)


@operation(
    "cognito-idp",
    "AdminInitiateAuth",
    honours="UserPoolId ClientId AuthFlow AuthParameters ClientMetadata ContextData",
)
async def admin_initiate_auth(call: Call) -> Output:
    pool = await the_pool(call)
    return await _initiate(call, pool, await the_client_of(call, pool), _ADMIN_FLOWS)


@operation(
    "cognito-idp",
    "RespondToAuthChallenge",
    honours="ClientId ChallengeName Session ChallengeResponses ClientMetadata UserContextData",
)
async def respond_to_auth_challenge(call: Call) -> Output:
    client, pool = await the_client(call)
    return await _respond(call, pool, client)


@operation(
    "cognito-idp",
    "AdminRespondToAuthChallenge",
    honours="UserPoolId ClientId ChallengeName Session ChallengeResponses ClientMetadata ContextData",
)
async def admin_respond_to_auth_challenge(call: Call) -> Output:
    pool = await the_pool(call)
    return await _respond(call, pool, await the_client_of(call, pool))


async def _initiate(call: Call, pool: Pool, client: AppClient, flows: Mapping[str, str]) -> Output:
    name, parameters = call.input["AuthFlow"], call.input.get("AuthParameters", {})
    if name in _NOT_BUILT:
        raise invalid(f"Halfday does not answer AuthFlow {name} yet, and so refuses it.")
    if name not in flows:
        raise invalid("Initiate Auth method not supported.")
    if not client.allows_flow(flows[name]):
        raise invalid(f"{name} flow not enabled for this client")
    if parameters.get("DEVICE_KEY"):
        raise invalid("Halfday does not honour DEVICE_KEY yet, and so refuses it.")
    with_flow: dict[str, Callable[[Call, Pool, AppClient, Parameters], Awaitable[Output]]] = {
        "USER_SRP_AUTH": _start_srp,
        "REFRESH_TOKEN_AUTH": _refresh,
        "REFRESH_TOKEN": _refresh,
    }
    try:
        return await with_flow.get(name, _by_password)(call, pool, client, parameters)
    except SignInRefused as refused:
        raise _translated(refused) from refused


async def _respond(call: Call, pool: Pool, client: AppClient) -> Output:
    answers = {
        PASSWORD_VERIFIER: _finish_srp,
        NEW_PASSWORD_REQUIRED: _new_password,
    }
    name, responses = call.input["ChallengeName"], call.input.get("ChallengeResponses", {})
    if name not in answers:
        raise invalid(f"Halfday does not answer the challenge {name} yet, and so refuses it.")
    username = _required(responses, "USERNAME")
    check_secret_hash(client, username, responses.get("SECRET_HASH"))
    try:
        return await answers[name](call, pool, client, responses)
    except SignInRefused as refused:
        raise _translated(refused) from refused


async def _by_password(call: Call, pool: Pool, client: AppClient, parameters: Parameters) -> Output:
    username = _required(parameters, "USERNAME")
    password = _required(parameters, "PASSWORD")
    check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    user = await flow.check_password(call.services, pool, client, username, password)
    return await _next(call, pool, client, user)


async def _start_srp(call: Call, pool: Pool, client: AppClient, parameters: Parameters) -> Output:
    username = _required(parameters, "USERNAME")
    srp_a = _required(parameters, "SRP_A")
    check_secret_hash(client, username, parameters.get("SECRET_HASH"))
    try:
        challenge = await flow.start_srp(call.services, pool, client, username, srp_a)
    except SrpError as problem:
        raise invalid("SRP_A is not a valid public value.") from problem
    return {"ChallengeName": PASSWORD_VERIFIER, "ChallengeParameters": challenge}


async def _finish_srp(call: Call, pool: Pool, client: AppClient, responses: Parameters) -> Output:
    user = await flow.finish_srp(
        call.services,
        pool,
        client,
        _required(responses, "USERNAME"),
        secret_block=_required(responses, "PASSWORD_CLAIM_SECRET_BLOCK"),
        signature=_required(responses, "PASSWORD_CLAIM_SIGNATURE"),
        timestamp=_required(responses, "TIMESTAMP"),
    )
    return await _next(call, pool, client, user)


async def _new_password(call: Call, pool: Pool, client: AppClient, responses: Parameters) -> Output:
    """The policy is looked at first, so that a password that is too weak can be bettered in the same session."""
    if any(name.startswith("userAttributes.") for name in responses):
        raise invalid("Halfday does not honour userAttributes of NEW_PASSWORD_REQUIRED yet, and so refuses it.")
    password = _required(responses, "NEW_PASSWORD")
    if "Session" not in call.input:
        raise invalid("Missing required parameter Session")
    if (objection := pool.password_policy.objection_to(password)) is not None:
        raise ServiceError("InvalidPasswordException", f"Password does not conform to policy: {objection}")
    session, name = call.input["Session"], _required(responses, "USERNAME")
    user = await flow.take_challenge(call.services, pool, client, session, NEW_PASSWORD_REQUIRED, name=name)
    user = await flow.set_password(call.services, pool, user, password, status=UserStatus.CONFIRMED)
    return await _next(call, pool, client, user)


async def _refresh(call: Call, pool: Pool, client: AppClient, parameters: Parameters) -> Output:
    token = _required(parameters, "REFRESH_TOKEN")
    if client.secrets:
        await _check_secret_of_refresh(call, pool, client, token, parameters)
    try:
        return _authenticated(await refresh(call.services, pool, client, token))
    except TokenRefused as refused:
        raise ServiceError("NotAuthorizedException", str(refused), detail=refused.detail) from refused


async def _check_secret_of_refresh(
    call: Call, pool: Pool, client: AppClient, token: str, parameters: Parameters
) -> None:
    """On refresh the hash is made with the username bound to the token, or its sub (facts/tokens.md §5)."""
    presented = parameters.get("SECRET_HASH")
    family = await call.services.store.token_families.find_by_refresh_token(pool.pool_id, digest(token))
    user = await call.services.store.users.find(pool.pool_id, family.username) if family else None
    names = (user.username, user.sub) if user else ("",)
    if presented is None or not any(client.secret_hash_matches(presented, name) for name in names):
        message = f"SecretHash does not match for the client: {client.client_id}"
        raise ServiceError("NotAuthorizedException", message)


async def _next(call: Call, pool: Pool, client: AppClient, user: User) -> Output:
    """The challenge that still stands, or tokens."""
    challenge = challenge_after_password(user)
    if challenge is None:
        return _authenticated(await issue(call.services, SignedIn(pool, client, user)))
    session = await flow.start_challenge(call.services, pool, client, user, challenge)
    parameters = {
        "USER_ID_FOR_SRP": user.username,
        "requiredAttributes": "[]",
        "userAttributes": json.dumps(user.attributes),
    }
    return {"ChallengeName": challenge, "Session": session, "ChallengeParameters": parameters}


def _authenticated(tokens: Tokens) -> dict[str, Any]:
    """ChallengeParameters is there, and empty: clients look for it (facts/api.md §4)."""
    result = {
        "AccessToken": tokens.access_token,
        "ExpiresIn": tokens.expires_in,
        "TokenType": "Bearer",
        "RefreshToken": tokens.refresh_token,
        "IdToken": tokens.id_token,
    }
    return {"ChallengeParameters": {}, "AuthenticationResult": result}


def _required(parameters: Parameters, name: str) -> str:
    if not parameters.get(name):
        raise invalid(f"Missing required parameter {name}")
    return parameters[name]


def _translated(refused: SignInRefused) -> ServiceError:
    return ServiceError(refused.refusal.code, refused.refusal.sentence, detail=refused.detail)
