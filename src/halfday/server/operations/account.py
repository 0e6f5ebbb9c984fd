"""One's own account, with one's own access token: GetUser, GlobalSignOut."""

from __future__ import annotations

from halfday.server.domain.attributes import readable
from halfday.server.domain.callers import TokenUser
from halfday.server.operations.registry import Call, Output, operation
from halfday.server.operations.user_shapes import attributes_out


@operation("cognito-idp", "GetUser", honours="AccessToken")
async def get_user(call: Call) -> Output:
    me = _me(call)
    wanted = (
        None if me.client.read_attributes is None else list(readable(me.user.all_attributes, me.client.read_attributes))
    )
    return {"Username": me.user.username, "UserAttributes": attributes_out(me.user, wanted)}


@operation("cognito-idp", "GlobalSignOut", honours="AccessToken")
async def global_sign_out(call: Call) -> Output:
    me = _me(call)
    await call.services.store.token_families.revoke_all_of(me.pool.pool_id, me.user.username)
    return {}


def _me(call: Call) -> TokenUser:
    if not isinstance(call.caller, TokenUser):
        raise TypeError("dispatch hands a TokenUser to operations that take an access token")
    return call.caller
