"""Signing up: SignUp, ConfirmSignUp, ResendConfirmationCode; and AdminConfirmSignUp. Source: facts/api.md §5."""

from __future__ import annotations

from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.next_step import AFTER_CONFIRMATION, AFTER_SIGN_UP
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.flows.account import sign_up as flow
from halfday.server.flows.account.new_users import taken_alias
from halfday.server.flows.protection.auth_events import record
from halfday.server.flows.protection.limits import count_attempt, counted_name
from halfday.server.flows.sign_in import challenges
from halfday.server.flows.sign_in.challenges import SignIn
from halfday.server.flows.users import find_user
from halfday.server.operations.framework.code_answers import check_writable, delivery_shape
from halfday.server.operations.framework.lookups import (
    check_secret_hash,
    invalid,
    the_client,
    the_pool,
    the_user,
    unknown_user,
)
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import context_of
from halfday.server.operations.users.user_shapes import attributes_in
from halfday.server.storage.errors import Taken

_CONTEXT = "AnalyticsMetadata UserContextData ClientMetadata"


@operation(
    "cognito-idp", "SignUp", honours=f"ClientId SecretHash Username Password UserAttributes ValidationData {_CONTEXT}"
)
async def sign_up(call: Call) -> Output:
    """ValidationData is for triggers: without them nobody reads it, as on AWS."""
    client, pool = await the_client(call)
    given, username = call.input, call.input["Username"]
    check_secret_hash(client, username, given.get("SecretHash"))
    if pool.admin_create_user_only:
        raise Refused("NotAuthorizedException", "SignUp is not permitted for this user pool")
    attributes = attributes_in(given.get("UserAttributes", ()))
    check_writable(client, attributes)
    password, context = _password(call, pool), context_of(call, client)
    try:
        async with call.services.store.unit(pool.pool_id):
            user, delivery = await flow.sign_up(call.services, pool, client, username, password, attributes, context)
            session = await _session(call, pool, client, user, AFTER_SIGN_UP)
    except Taken as problem:
        taken = await taken_alias(call.services, pool, username, attributes)
        message = f"An account with the given {taken} already exists." if taken else "User already exists"
        raise Refused("UsernameExistsException", message) from problem
    return {"UserConfirmed": False, "UserSub": user.sub, **delivery_shape(delivery), "Session": session}


@operation(
    "cognito-idp",
    "ConfirmSignUp",
    honours=f"ClientId SecretHash Username ConfirmationCode ForceAliasCreation Session {_CONTEXT}",
)
async def confirm_sign_up(call: Call) -> Output:
    """A session comes back with which InitiateAuth(USER_AUTH) signs the person in at once: by the password that was
    given, if SignUp's session comes along, and else by the code, where people may sign in by codes.

    Source: Amplify for JavaScript sends no session and expects one; aws-amplify/amplify-android#3136.
    """
    client, pool = await the_client(call)
    given = call.input
    check_secret_hash(client, given["Username"], given.get("SecretHash"))
    user = await find_user(call.services, pool, given["Username"])
    await count_attempt(call.services, pool, counted_name(pool, given["Username"], user), "ConfirmSignUp")
    if user is None and not client.hide_unknown_users:
        raise unknown_user()
    opened = None
    if "Session" in given:
        under_way, token = SignIn(pool, client, context=context_of(call, client)), given["Session"]
        opened = await challenges.open_session(call.services, under_way, token, AFTER_SIGN_UP, name=given["Username"])
    if user is None or client.hide_unknown_users:
        name, code = given["Username"], given["ConfirmationCode"]
        user = await flow.check_sign_up_code(call.services, pool, client, user, name, code)
    force = given.get("ForceAliasCreation", False)
    async with call.services.store.unit(pool.pool_id):
        user = await flow.confirm_sign_up(call.services, pool, user, given["ConfirmationCode"], force_alias=force)
        if opened is not None:
            await challenges.take(call.services, opened)
        elif not pool.passwordless:
            return {}
        return {"Session": await _session(call, pool, client, user, AFTER_CONFIRMATION)}


@operation("cognito-idp", "ResendConfirmationCode", honours=f"ClientId SecretHash Username {_CONTEXT}")
async def resend_confirmation_code(call: Call) -> Output:
    client, pool = await the_client(call)
    name = call.input["Username"]
    check_secret_hash(client, name, call.input.get("SecretHash"))
    user = await find_user(call.services, pool, name)
    await count_attempt(call.services, pool, counted_name(pool, name, user), "ResendConfirmationCode")
    if client.hide_unknown_users:
        anybodys = await flow.answer_anybody(call.services, pool, client, user, name, context_of(call, client))
        if anybodys is None:
            raise _nothing_to_send()
        return delivery_shape(anybodys)
    if user is None:
        raise unknown_user()
    if not user.enabled:
        raise Refused("NotAuthorizedException", "User is disabled.")
    if user.status is not UserStatus.UNCONFIRMED:
        raise invalid("User is already confirmed.")
    async with call.services.store.unit(pool.pool_id):
        delivery = await flow.send_sign_up_code(call.services, pool, user, context_of(call, client), word="ResendCode")
        if delivery is None:
            raise _nothing_to_send()
        await record(call.services, pool, user.username, "ResendCode", "Pass", client=client)
    return delivery_shape(delivery)


@operation("cognito-idp", "AdminConfirmSignUp", honours="UserPoolId Username ClientMetadata")
async def admin_confirm_sign_up(call: Call) -> Output:
    user = await the_user(call, await the_pool(call))
    await flow.confirm_by_administrator(call.services, user)
    return {}


def _nothing_to_send() -> Refused:
    return invalid("Cannot resend codes. Auto verification not turned on.")


def _password(call: Call, pool: Pool) -> str | None:
    """None where people may do without one, and none was given."""
    password: str | None = call.input.get("Password")
    if password is None:
        if pool.passwordless:
            return None
        raise invalid("Missing required parameter Password")
    pool.password_policy.check(password, told="Password did not conform with policy")
    return password


async def _session(call: Call, pool: Pool, client: AppClient, user: User, stands: str) -> Any:
    """For clients that may sign in by USER_AUTH afterwards; others get none."""
    if not client.allows_flow("ALLOW_USER_AUTH"):
        return None
    return await challenges.put(call.services, SignIn(pool, client, context=context_of(call, client)), user, stands)
