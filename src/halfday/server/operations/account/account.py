"""A user's own account, by their access token: GetUser, ChangePassword, DeleteUser, GlobalSignOut."""

from __future__ import annotations

from halfday.server.domain.sign_in.next_step import Refusal
from halfday.server.domain.user_pools.attributes import readable
from halfday.server.domain.users.users import UserStatus
from halfday.server.flows.factors.passwords import check_password, compared_with_hashes, set_password
from halfday.server.flows.protection.auth_events import record
from halfday.server.flows.protection.limits import count_attempt
from halfday.server.operations.framework.lookups import invalid, the_caller
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.users.user_shapes import attributes_out, mfa_shape


@operation("cognito-idp", "GetUser", honours="AccessToken")
async def get_user(call: Call) -> Output:
    me = the_caller(call)
    wanted = (
        None if me.client.read_attributes is None else list(readable(me.user.all_attributes, me.client.read_attributes))
    )
    return {"Username": me.user.username, "UserAttributes": attributes_out(me.user, wanted), **mfa_shape(me.user)}


@operation("cognito-idp", "ChangePassword", honours="PreviousPassword ProposedPassword AccessToken")
async def change_password(call: Call) -> Output:
    """The old password is checked first, then the policy. Other sessions go on, as on AWS.

    A user who signs in by codes only has no old password and sets a first one. A user of an external provider may not.
    """
    me, given = the_caller(call), call.input
    await count_attempt(call.services, me.pool, me.user.username, "ChangePassword")
    if me.user.status is UserStatus.RESET_REQUIRED:
        raise Refusal.RESET_REQUIRED.because("who knows the former password chooses no new one by it")
    proven = me.user
    has_none = not me.user.srp_verifier and me.user.status is not UserStatus.EXTERNAL_PROVIDER
    if "PreviousPassword" in given:
        username = me.user.username
        proven = await check_password(call.services, me.pool, me.client, username, given["PreviousPassword"])
    elif not has_none:
        raise invalid("Missing required parameter PreviousPassword")
    compared = await compared_with_hashes(call.services, me.pool, proven, given["ProposedPassword"])
    async with call.services.store.unit(me.pool.pool_id):
        await set_password(
            call.services,
            me.pool,
            proven,
            given["ProposedPassword"],
            status=UserStatus.CONFIRMED,
            in_place=True,
            compared=compared,
        )
        await record(call.services, me.pool, me.user.username, "PasswordChange", "Pass", client=me.client)
    return {}


@operation("cognito-idp", "DeleteUser", honours="AccessToken")
async def delete_user(call: Call) -> Output:
    me = the_caller(call)
    await call.services.store.users.delete(me.pool.pool_id, me.user.username)
    return {}


@operation("cognito-idp", "GlobalSignOut", honours="AccessToken")
async def global_sign_out(call: Call) -> Output:
    me = the_caller(call)
    await call.services.store.token_families.revoke_all_of(me.pool.pool_id, me.user.username)
    return {}
