"""Forgotten passwords: ForgotPassword, ConfirmForgotPassword, AdminResetUserPassword. Source: facts/api.md §5, §6."""

from __future__ import annotations

from halfday.protocol.errors import ServiceError
from halfday.server.domain.confirmation import Purpose
from halfday.server.domain.users import UserStatus
from halfday.server.flows import recovery as flow
from halfday.server.flows.auth_events import record
from halfday.server.flows.confirmations import check_code
from halfday.server.flows.limits import count_attempt, counted_name
from halfday.server.flows.recovery import NotRecoverable
from halfday.server.flows.users import find_user
from halfday.server.operations.code_answers import NOT_OURS_TO_SEND, delivery_shape, translated
from halfday.server.operations.lookups import check_secret_hash, the_client, the_pool, the_user, unknown_to_client
from halfday.server.operations.registry import Call, Output, operation

_CONTEXT = "AnalyticsMetadata UserContextData ClientMetadata"


@operation("cognito-idp", "ForgotPassword", honours=f"ClientId SecretHash Username {_CONTEXT}")
async def forgot_password(call: Call) -> Output:
    client, pool = await the_client(call)
    name = call.input["Username"]
    check_secret_hash(client, name, call.input.get("SecretHash"))
    user = await find_user(call.services, pool, name)
    with translated():
        await count_attempt(call.services, pool, counted_name(pool, name, user), "ForgotPassword")
        if user is None:
            if (refusal := unknown_to_client(client)) is not None:
                raise refusal
            return delivery_shape(await flow.pretended_recovery(call.services, pool, name))
        try:
            delivery = await flow.send_recovery_code(call.services, pool, user)
        except NotRecoverable as refused:
            await record(call.services, pool, user.username, "ForgotPassword", "Fail", client=client)
            if not (refused.tells and client.hide_unknown_users):
                raise
            return delivery_shape(await flow.pretended_recovery(call.services, pool, name))
    await record(call.services, pool, user.username, "ForgotPassword", "InProgress", client=client)
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
    with translated():
        counted = counted_name(pool, name, user)
        await count_attempt(call.services, pool, counted, "ConfirmForgotPassword")
        if user is None or (client.hide_unknown_users and await flow.is_sent_nothing(call.services, pool, user)):
            raise unknown_to_client(client) or await flow.pretended_refusal(call.services, pool, counted)
        flow.check_state(user)
        waiting = await check_code(call.services, pool, user.username, Purpose.PASSWORD, given["ConfirmationCode"])
        if (objection := pool.password_policy.objection_to(given["Password"])) is not None:
            raise ServiceError("InvalidPasswordException", f"Password does not conform to policy: {objection}")
        await flow.recover(call.services, pool, user, waiting, given["Password"])
    await record(call.services, pool, user.username, "ForgotPassword", "Pass", client=client)
    return {}


@operation("cognito-idp", "AdminResetUserPassword", honours="UserPoolId Username ClientMetadata")
async def admin_reset_user_password(call: Call) -> Output:
    """The password is worth nothing from now on: the person is sent a code for another."""
    pool = await the_pool(call)
    user = await the_user(call, pool)
    with translated(undelivered=NOT_OURS_TO_SEND):
        if user.enabled and user.status not in (UserStatus.CONFIRMED, UserStatus.RESET_REQUIRED):
            sentence = "User password cannot be reset in the current state."
            raise ServiceError("NotAuthorizedException", sentence)
        flow.check_state(user)
        flow.contact_of(pool, user)
        users = call.services.store.users
        await users.set_status(pool.pool_id, user.username, UserStatus.RESET_REQUIRED, now=call.now)
        await flow.send_recovery_code(call.services, pool, user)
    return {}
