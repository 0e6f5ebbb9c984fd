"""One's own attributes: UpdateUserAttributes, DeleteUserAttributes, and the codes that verify addresses.

Source: facts/api.md §5; API reference.
"""

from __future__ import annotations

from halfday.server.domain.aws.callers import TokenUser
from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.app_clients import check_writable
from halfday.server.domain.user_pools.attributes import ADDRESSES, check_attributes
from halfday.server.domain.users.confirmation import Purpose
from halfday.server.flows.account import own_attributes as flow
from halfday.server.flows.account.confirmations import check_code
from halfday.server.flows.account.new_users import taken_alias
from halfday.server.flows.protection.limits import count_attempt
from halfday.server.operations.framework.code_answers import delivery_shape, details
from halfday.server.operations.framework.lookups import invalid, the_caller
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import context_of
from halfday.server.operations.users.user_shapes import alias_exists, attributes_in
from halfday.server.storage.errors import Taken

_PURPOSES = {"email": Purpose.EMAIL, "phone_number": Purpose.PHONE_NUMBER}


@operation("cognito-idp", "UpdateUserAttributes", honours="AccessToken UserAttributes ClientMetadata")
async def update_user_attributes(call: Call) -> Output:
    """A blank value deletes its attribute. A new address is unverified, and a code goes there if the pool verifies."""
    me, changes = the_caller(call), attributes_in(call.input["UserAttributes"])
    _check(me, changes)
    try:
        if any(changes.get(name) for name in ADDRESSES):
            await count_attempt(call.services, me.pool, me.user.username, "UpdateUserAttributes")
        sent = await flow.update(call.services, me.pool, me.user, changes, context_of(call, me.client))
    except Taken as problem:
        taken = await taken_alias(call.services, me.pool, me.user.username, changes)
        raise Refused("AliasExistsException", alias_exists(taken or "alias")) from problem
    return {"CodeDeliveryDetailsList": [details(delivery) for delivery in sent]}


@operation("cognito-idp", "DeleteUserAttributes", honours="AccessToken UserAttributeNames")
async def delete_user_attributes(call: Call) -> Output:
    me = the_caller(call)
    blank = dict.fromkeys(call.input["UserAttributeNames"], "")
    _check(me, blank)
    await flow.update(call.services, me.pool, me.user, blank, context_of(call, me.client))
    return {}


@operation("cognito-idp", "GetUserAttributeVerificationCode", honours="AccessToken AttributeName ClientMetadata")
async def get_user_attribute_verification_code(call: Call) -> Output:
    me, name = the_caller(call), call.input["AttributeName"]
    _purpose(name)
    await count_attempt(call.services, me.pool, me.user.username, "GetUserAttributeVerificationCode")
    delivery = await flow.send_again(call.services, me.pool, me.user, name, context_of(call, me.client))
    if delivery is None:
        raise invalid(f"User does not have a {name} to send a code to.")
    return delivery_shape(delivery)


@operation("cognito-idp", "VerifyUserAttribute", honours="AccessToken AttributeName Code")
async def verify_user_attribute(call: Call) -> Output:
    """Where the address was another user's alias it is theirs no more (facts/api.md §5)."""
    me, name = the_caller(call), call.input["AttributeName"]
    purpose = _purpose(name)
    await count_attempt(call.services, me.pool, me.user.username, "VerifyUserAttribute")
    waiting = await check_code(call.services, me.pool, me.user.username, purpose, call.input["Code"])
    try:
        await flow.verify(call.services, me.pool, me.user, waiting)
    except Taken as problem:
        raise Refused("AliasExistsException", alias_exists(name)) from problem
    return {}


def _check(me: TokenUser, changes: dict[str, str]) -> None:
    check_writable(me.client, changes)
    check_attributes(me.pool.schema, changes, creating=False)


def _purpose(attribute: str) -> Purpose:
    if attribute not in _PURPOSES:
        raise invalid(f"{attribute} is not an attribute that is verified by a code: email and phone_number are.")
    return _PURPOSES[attribute]
