"""Forgotten passwords: ForgotPassword, ConfirmForgotPassword, AdminResetUserPassword. Source: facts/api.md §5, §6."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from halfday.server.domain.refusals import Refused
from halfday.server.domain.users.users import UserStatus
from halfday.server.flows.account import recovery as flow
from halfday.server.operations.framework.code_answers import delivery_shape
from halfday.server.operations.framework.lookups import check_secret_hash, the_client, the_pool, the_user
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import context_of

_CONTEXT = "AnalyticsMetadata UserContextData ClientMetadata"


@operation("cognito-idp", "ForgotPassword", honours=f"ClientId SecretHash Username {_CONTEXT}")
async def forgot_password(call: Call) -> Output:
    client, pool = await the_client(call)
    name = call.input["Username"]
    check_secret_hash(client, name, call.input.get("SecretHash"))
    return delivery_shape(await flow.begin(call.services, pool, client, name, context_of(call, client)))


@operation(
    "cognito-idp",
    "ConfirmForgotPassword",
    honours=f"ClientId SecretHash Username ConfirmationCode Password {_CONTEXT}",
)
async def confirm_forgot_password(call: Call) -> Output:
    client, pool = await the_client(call)
    given, name = call.input, call.input["Username"]
    check_secret_hash(client, name, given.get("SecretHash"))
    code, password = given["ConfirmationCode"], given["Password"]
    await flow.finish(call.services, pool, client, name, code, password, context_of(call, client))
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
