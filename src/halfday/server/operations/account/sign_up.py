"""Signing up: SignUp, ConfirmSignUp, ResendConfirmationCode; and AdminConfirmSignUp. Source: facts/api.md §5."""

from __future__ import annotations

from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import UserStatus
from halfday.server.flows.account import sign_up as account
from halfday.server.flows.sign_in import from_sign_up as flow
from halfday.server.flows.sign_in.challenges import SignIn
from halfday.server.flows.triggers import sign_up as triggers
from halfday.server.operations.framework.code_answers import delivery_shape
from halfday.server.operations.framework.lookups import check_secret_hash, the_client, the_pool, the_user
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import context_of
from halfday.server.operations.users.user_shapes import attributes_in

_CONTEXT = "AnalyticsMetadata UserContextData ClientMetadata"


@operation(
    "cognito-idp", "SignUp", honours=f"ClientId SecretHash Username Password UserAttributes ValidationData {_CONTEXT}"
)
async def sign_up(call: Call) -> Output:
    client, pool = await the_client(call)
    given, username = call.input, call.input["Username"]
    check_secret_hash(client, username, given.get("SecretHash"))
    attributes = attributes_in(given.get("UserAttributes", ()))
    sign_in = _sign_in(call, pool, client)
    made = await flow.sign_up(call.services, sign_in, username, given.get("Password"), attributes)
    return {
        "UserConfirmed": made.user.status is UserStatus.CONFIRMED,
        "UserSub": made.user.sub,
        **delivery_shape(made.delivery),
        "Session": None if made.user.status is UserStatus.CONFIRMED else made.session,
    }


@operation(
    "cognito-idp",
    "ConfirmSignUp",
    honours=f"ClientId SecretHash Username ConfirmationCode ForceAliasCreation Session {_CONTEXT}",
)
async def confirm_sign_up(call: Call) -> Output:
    """A session comes back with which InitiateAuth(USER_AUTH) signs the person in at once."""
    client, pool = await the_client(call)
    given, name = call.input, call.input["Username"]
    check_secret_hash(client, name, given.get("SecretHash"))
    session = await flow.confirm(
        call.services,
        _sign_in(call, pool, client),
        name,
        given["ConfirmationCode"],
        session=given.get("Session"),
        force_alias=given.get("ForceAliasCreation", False),
    )
    return {} if session is None else {"Session": session}


@operation("cognito-idp", "ResendConfirmationCode", honours=f"ClientId SecretHash Username {_CONTEXT}")
async def resend_confirmation_code(call: Call) -> Output:
    client, pool = await the_client(call)
    name = call.input["Username"]
    check_secret_hash(client, name, call.input.get("SecretHash"))
    return delivery_shape(await account.resend_code(call.services, pool, client, name, context_of(call, client)))


@operation("cognito-idp", "AdminConfirmSignUp", honours="UserPoolId Username ClientMetadata")
async def admin_confirm_sign_up(call: Call) -> Output:
    pool = await the_pool(call)
    user = await the_user(call, pool)
    confirmed = await account.confirm_by_administrator(call.services, user)
    await triggers.post_confirmation(call.services, pool, confirmed, context_of(call))
    return {}


def _sign_in(call: Call, pool: Pool, client: AppClient) -> SignIn:
    return SignIn(pool, client, context=context_of(call, client))
