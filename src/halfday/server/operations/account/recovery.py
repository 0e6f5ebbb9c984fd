"""Forgotten passwords: ForgotPassword, ConfirmForgotPassword, AdminResetUserPassword. Source: facts/api.md §5, §6."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from halfday.server.domain.refusals import Refused
from halfday.server.domain.users.confirmation import Purpose
from halfday.server.domain.users.users import UserStatus
from halfday.server.flows.account import recovery as flow
from halfday.server.flows.account.confirmations import checked, wrong_code
from halfday.server.flows.protection.auth_events import record
from halfday.server.flows.protection.limits import count_attempt, counted_name
from halfday.server.flows.users import find_user
from halfday.server.operations.framework.code_answers import delivery_shape
from halfday.server.operations.framework.lookups import check_secret_hash, the_client, the_pool, the_user, unknown_user
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import context_of

_CONTEXT = "AnalyticsMetadata UserContextData ClientMetadata"


@operation("cognito-idp", "ForgotPassword", honours=f"ClientId SecretHash Username {_CONTEXT}")
async def forgot_password(call: Call) -> Output:
    client, pool = await the_client(call)
    name = call.input["Username"]
    check_secret_hash(client, name, call.input.get("SecretHash"))
    if pool.recovery == ("admin_only",):  # moto's sentence, for whoever is asked for
        raise Refused("NotAuthorizedException", "Contact administrator to reset password.")
    user = await find_user(call.services, pool, name)
    await count_attempt(call.services, pool, counted_name(pool, name, user), "ForgotPassword")
    if client.hide_unknown_users:
        context = context_of(call, client)
        return delivery_shape(await flow.answer_anybody(call.services, pool, client, user, name, context))
    if user is None:
        raise unknown_user()
    try:
        async with call.services.store.unit(pool.pool_id):
            delivery = await flow.send_recovery_code(call.services, pool, user, context_of(call, client))
            await record(call.services, pool, user.username, "ForgotPassword", "InProgress", client=client)
    except Refused:
        await record(call.services, pool, user.username, "ForgotPassword", "Fail", client=client)
        raise
    return delivery_shape(delivery)


@operation(
    "cognito-idp",
    "ConfirmForgotPassword",
    honours=f"ClientId SecretHash Username ConfirmationCode Password {_CONTEXT}",
)
async def confirm_forgot_password(call: Call) -> Output:
    """The code is looked at first, then the password: a better one may follow with the same code."""
    client, pool = await the_client(call)
    given, name = call.input, call.input["Username"]
    check_secret_hash(client, name, given.get("SecretHash"))
    user = await find_user(call.services, pool, name)
    await count_attempt(call.services, pool, counted_name(pool, name, user), "ConfirmForgotPassword")
    if client.hide_unknown_users:
        kept, is_theirs = await flow.waiting_for(call.services, pool, user, name)
    elif user is None:
        raise unknown_user()
    else:
        flow.check_state(user)
        kept = await call.services.store.confirmations.find(pool.pool_id, user.username, Purpose.PASSWORD)
        is_theirs = True
    waiting = checked(call.services, kept, given["ConfirmationCode"])
    if user is None or not is_theirs:
        raise wrong_code("the code was sent to nobody")
    async with call.services.store.unit(pool.pool_id):
        await flow.recover(call.services, pool, user, waiting, given["Password"])
        await record(call.services, pool, user.username, "ForgotPassword", "Pass", client=client)
    return {}


@operation("cognito-idp", "AdminResetUserPassword", honours="UserPoolId Username ClientMetadata")
async def admin_reset_user_password(call: Call) -> Output:
    """The password is worth nothing from now on: the person is sent a code for another."""
    pool = await the_pool(call)
    async with call.services.store.unit(pool.pool_id):
        user = await the_user(call, pool)
        if user.enabled and user.status not in (UserStatus.CONFIRMED, UserStatus.RESET_REQUIRED):
            sentence = "User password cannot be reset in the current state."
            raise Refused("NotAuthorizedException", sentence)
        await flow.send_recovery_code(call.services, pool, user, context_of(call))
        change = partial(replace, status=UserStatus.RESET_REQUIRED, modified_at=call.now)
        await call.services.store.users.change(pool.pool_id, user.username, change)
    return {}
