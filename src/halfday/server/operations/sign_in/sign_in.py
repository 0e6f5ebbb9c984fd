"""Signing in: InitiateAuth, AdminInitiateAuth, RespondToAuthChallenge, AdminRespondToAuthChallenge.

How each challenge is answered is in `challenge_answers`. Source: facts/api.md §4.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.codes_and_sessions import digest
from halfday.server.domain.sign_in.next_step import Challenge
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.flows.sign_in import custom_auth, first_factors, from_sign_up, srp
from halfday.server.flows.sign_in.challenges import SignIn
from halfday.server.flows.sign_in.sign_in import Challenged, Outcome
from halfday.server.flows.tokens.tokens import refresh
from halfday.server.flows.users import find_user
from halfday.server.operations.framework.lookups import check_secret_hash, invalid, the_client, the_client_of, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import before_sign_in, context_of
from halfday.server.operations.sign_in import challenge_answers, levels
from halfday.server.operations.sign_in.outcomes import answer_of, tokens_shape
from halfday.server.operations.sign_in.parameters import Parameters, required, required_name

Start = Callable[[Call, SignIn, Parameters], Awaitable[Outcome]]

_PUBLIC_FLOWS = {
    "USER_SRP_AUTH": "ALLOW_USER_SRP_AUTH",
    "USER_PASSWORD_AUTH": "ALLOW_USER_PASSWORD_AUTH",
    "USER_AUTH": "ALLOW_USER_AUTH",
    "CUSTOM_AUTH": "ALLOW_CUSTOM_AUTH",
    "REFRESH_TOKEN_AUTH": "ALLOW_REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN": "ALLOW_REFRESH_TOKEN_AUTH",
}
_ADMIN_FLOWS = {
    **{name: flag for name, flag in _PUBLIC_FLOWS.items() if name != "USER_PASSWORD_AUTH"},
    "ADMIN_USER_PASSWORD_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ADMIN_NO_SRP_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
}


@operation(
    "cognito-idp",
    "InitiateAuth",
    honours="AuthFlow AuthParameters ClientId ClientMetadata UserContextData AnalyticsMetadata Session",
)
async def initiate_auth(call: Call) -> Output:
    client, pool = await the_client(call)
    return await _initiate(call, pool, client, _PUBLIC_FLOWS)


@operation(
    "cognito-idp",
    "AdminInitiateAuth",
    honours="UserPoolId ClientId AuthFlow AuthParameters ClientMetadata ContextData AnalyticsMetadata Session",
)
async def admin_initiate_auth(call: Call) -> Output:
    pool = await the_pool(call)
    return await _initiate(call, pool, await the_client_of(call, pool), _ADMIN_FLOWS)


@operation(
    "cognito-idp",
    "RespondToAuthChallenge",
    honours="ClientId ChallengeName Session ChallengeResponses ClientMetadata UserContextData AnalyticsMetadata",
)
async def respond_to_auth_challenge(call: Call) -> Output:
    client, pool = await the_client(call)
    return await challenge_answers.respond(call, _under_way(call, pool, client))


@operation(
    "cognito-idp",
    "AdminRespondToAuthChallenge",
    honours="UserPoolId ClientId ChallengeName Session ChallengeResponses ClientMetadata ContextData AnalyticsMetadata",
)
async def admin_respond_to_auth_challenge(call: Call) -> Output:
    pool = await the_pool(call)
    return await challenge_answers.respond(call, _under_way(call, pool, await the_client_of(call, pool)))


def _under_way(call: Call, pool: Pool, client: AppClient) -> SignIn:
    return SignIn(pool, client, context=context_of(call, client))


async def _initiate(call: Call, pool: Pool, client: AppClient, flows: Mapping[str, str]) -> Output:
    name, parameters = call.input["AuthFlow"], call.input.get("AuthParameters", {})
    if name not in flows:
        raise invalid("Initiate Auth method not supported.")
    if not client.allows_flow(flows[name]):
        raise invalid(f"{name} flow not enabled for this client")
    if "Session" in call.input and name != "USER_AUTH":
        raise invalid("Session is taken with the flow USER_AUTH only.")
    if name.startswith("REFRESH_TOKEN"):
        return await _refresh(call, pool, client, parameters)
    check_secret_hash(client, required_name(parameters), parameters.get("SECRET_HASH"))
    context = before_sign_in(context_of(call, client))
    if name != "USER_AUTH":
        levels.refuse_elsewhere("the flow USER_AUTH", parameters)
    sign_in = SignIn(pool, client, device_key=parameters.get("DEVICE_KEY"), context=context)
    starts: dict[str, Start] = {"USER_SRP_AUTH": _by_srp, "USER_AUTH": _by_choice, "CUSTOM_AUTH": _by_triggers}
    return await answer_of(call, await starts.get(name, _by_password)(call, sign_in, parameters))


async def _by_password(call: Call, sign_in: SignIn, parameters: Parameters) -> Outcome:
    name, password = parameters["USERNAME"], required(parameters, "PASSWORD")
    return await first_factors.prove_password(call.services, sign_in, name, password)


async def _by_srp(call: Call, sign_in: SignIn, parameters: Parameters) -> Outcome:
    """The secret block is the session: no other is handed out (facts/api.md §4)."""
    srp_a = required(parameters, "SRP_A")
    await first_factors.announce(call.services, sign_in, parameters["USERNAME"])
    challenge = await srp.start_srp(call.services, sign_in, parameters["USERNAME"], srp_a)
    return Challenged(Challenge.PASSWORD_VERIFIER, None, challenge)


async def _by_triggers(call: Call, sign_in: SignIn, parameters: Parameters) -> Outcome:
    starts_with_srp = parameters.get("CHALLENGE_NAME") == "SRP_A"
    srp_a = required(parameters, "SRP_A") if starts_with_srp else None
    await first_factors.announce(call.services, sign_in, parameters["USERNAME"])
    return await custom_auth.begin(call.services, sign_in, parameters["USERNAME"], srp_a=srp_a)


async def _by_choice(call: Call, sign_in: SignIn, parameters: Parameters) -> Outcome:
    """The preferred challenge where the person has it, begun at once if its answer is there; else a choice."""
    name, preferred = parameters["USERNAME"], parameters.get("PREFERRED_CHALLENGE")
    if "Session" in call.input:
        levels.refuse_elsewhere("a sign-in that begins", parameters)
        return await from_sign_up.sign_in_confirmed(call.services, sign_in, call.input["Session"], name)
    sign_in = levels.with_levels(sign_in, parameters)
    if (stepped := await levels.from_token(call, sign_in, parameters)) is not None:
        return stepped
    await first_factors.announce(call.services, sign_in, name)
    user = await find_user(call.services, sign_in.pool, name)
    offered = await first_factors.choices(call.services, sign_in, user, name)
    if preferred not in offered:
        return await first_factors.offer(call.services, sign_in, user, name)
    if preferred == Challenge.PASSWORD and "PASSWORD" in parameters:
        return await first_factors.prove_password(call.services, sign_in, name, parameters["PASSWORD"], announced=True)
    if preferred == Challenge.PASSWORD_SRP and "SRP_A" in parameters:
        return await srp.challenge(call.services, sign_in, name, parameters["SRP_A"])
    return await first_factors.start_first(call.services, sign_in, user, name, Challenge(preferred))


async def _refresh(call: Call, pool: Pool, client: AppClient, parameters: Parameters) -> Output:
    token = required(parameters, "REFRESH_TOKEN")
    if client.secrets:
        await _check_secret_of_refresh(call, pool, client, token, parameters)
    context, device_key = before_sign_in(context_of(call, client)), parameters.get("DEVICE_KEY")
    tokens = await refresh(call.services, pool, client, token, context, device_key=device_key)
    return tokens_shape(tokens)


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
        raise Refused("NotAuthorizedException", message)
