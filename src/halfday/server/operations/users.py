"""Users by an administrator: AdminCreateUser, AdminGetUser, AdminSetUserPassword, AdminDisableUser …, ListUsers."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.protocol.errors import ServiceError
from halfday.server.domain.attributes import AttributeRefused, check_attributes
from halfday.server.domain.pools import Pool
from halfday.server.domain.user_filter import FilterRefused, parse_filter
from halfday.server.domain.users import User, UserStatus, aliases_of
from halfday.server.flows.passwords import set_password
from halfday.server.flows.sign_up import UsernameRefused, create_user, temporary_password
from halfday.server.flows.users import find_user
from halfday.server.operations import paging
from halfday.server.operations.lookups import invalid, the_pool, the_user
from halfday.server.operations.registry import Call, Output, operation
from halfday.server.operations.user_shapes import attributes_in, user_shape
from halfday.server.outside.messages import Message
from halfday.server.storage.database import Taken


@operation(
    "cognito-idp",
    "AdminCreateUser",
    honours="UserPoolId Username UserAttributes TemporaryPassword MessageAction DesiredDeliveryMediums",
)
async def admin_create_user(call: Call) -> Output:
    pool, given = await the_pool(call), call.input
    if given.get("MessageAction") == "RESEND":
        raise invalid("Halfday does not honour MessageAction RESEND yet, and so refuses it.")
    password = given.get("TemporaryPassword") or temporary_password(pool.password_policy, call.services.random(32))
    if (objection := pool.password_policy.objection_to(password)) is not None:
        message = f"Password did not conform with password policy: {objection}"
        raise ServiceError("InvalidPasswordException", message)
    attributes = attributes_in(given.get("UserAttributes", ()))
    try:
        user = await create_user(call.services, pool, given["Username"], attributes)
    except UsernameRefused as refused:
        raise invalid(str(refused)) from refused
    except AttributeRefused as refused:
        raise invalid(_conformity(refused)) from refused
    except Taken as problem:
        taken = await _taken_alias(call, pool, given["Username"], attributes)
        message = _alias_exists(taken) if taken else "User account already exists"
        raise ServiceError("UsernameExistsException", message) from problem
    until = call.now + pool.password_policy.temporary_validity_days * 86400
    user = await set_password(
        call.services, pool, user, password, status=UserStatus.FORCE_CHANGE_PASSWORD, temporary_until=until
    )
    if given.get("MessageAction") != "SUPPRESS":
        await _invite(call, pool, user, password)
    return {"User": user_shape(user)}


@operation("cognito-idp", "AdminGetUser", honours="UserPoolId Username")
async def admin_get_user(call: Call) -> Output:
    user = await the_user(call, await the_pool(call))
    shape = user_shape(user)
    shape["UserAttributes"] = shape.pop("Attributes")
    return shape


@operation("cognito-idp", "AdminSetUserPassword", honours="UserPoolId Username Password Permanent")
async def admin_set_user_password(call: Call) -> Output:
    pool = await the_pool(call)
    user, password = await the_user(call, pool), call.input["Password"]
    if (objection := pool.password_policy.objection_to(password)) is not None:
        raise ServiceError("InvalidPasswordException", f"Password does not conform to policy: {objection}")
    permanent = call.input.get("Permanent", False)
    status = UserStatus.CONFIRMED if permanent else UserStatus.FORCE_CHANGE_PASSWORD
    until = 0.0 if permanent else call.now + pool.password_policy.temporary_validity_days * 86400
    await set_password(call.services, pool, user, password, status=status, temporary_until=until)
    return {}


@operation("cognito-idp", "AdminUpdateUserAttributes", honours="UserPoolId Username UserAttributes")
async def admin_update_user_attributes(call: Call) -> Output:
    """A blank value deletes its attribute (API reference, AdminUpdateUserAttributes)."""
    pool = await the_pool(call)
    user = await the_user(call, pool)
    changes = attributes_in(call.input["UserAttributes"])
    try:
        check_attributes(pool.schema, changes, creating=False)
    except AttributeRefused as refused:
        raise invalid(_conformity(refused)) from refused
    attributes = {name: value for name, value in {**user.attributes, **changes}.items() if value}
    aliases = aliases_of(pool, attributes)
    try:
        await call.services.store.users.set_attributes(user, attributes, aliases, now=call.now)
    except Taken as problem:
        taken = await _taken_alias(call, pool, user.username, attributes)
        raise ServiceError("AliasExistsException", _alias_exists(taken or "alias")) from problem
    return {}


@operation("cognito-idp", "AdminDeleteUserAttributes", honours="UserPoolId Username UserAttributeNames")
async def admin_delete_user_attributes(call: Call) -> Output:
    pool = await the_pool(call)
    user = await the_user(call, pool)
    blank = dict.fromkeys(call.input["UserAttributeNames"], "")
    try:
        check_attributes(pool.schema, blank, creating=False)
    except AttributeRefused as refused:
        raise invalid(_conformity(refused)) from refused
    attributes = {name: value for name, value in user.attributes.items() if name not in blank}
    await call.services.store.users.set_attributes(user, attributes, aliases_of(pool, attributes), now=call.now)
    return {}


@operation("cognito-idp", "AdminEnableUser", honours="UserPoolId Username")
async def admin_enable_user(call: Call) -> Output:
    return await _set_enabled(call, True)


@operation("cognito-idp", "AdminDisableUser", honours="UserPoolId Username")
async def admin_disable_user(call: Call) -> Output:
    """Tokens out there end with it, and do not come back with AdminEnableUser (facts/tokens.md §5)."""
    return await _set_enabled(call, False)


@operation("cognito-idp", "AdminDeleteUser", honours="UserPoolId Username")
async def admin_delete_user(call: Call) -> Output:
    user = await the_user(call, await the_pool(call))
    await call.services.store.users.delete(user.pool_id, user.username)
    return {}


@operation("cognito-idp", "AdminUserGlobalSignOut", honours="UserPoolId Username")
async def admin_user_global_sign_out(call: Call) -> Output:
    user = await the_user(call, await the_pool(call))
    await call.services.store.token_families.revoke_all_of(user.pool_id, user.username)
    return {}


@operation("cognito-idp", "ListUsers", honours="UserPoolId AttributesToGet Limit PaginationToken Filter")
async def list_users(call: Call) -> Output:
    pool, limit = await the_pool(call), call.input.get("Limit") or 60
    start = paging.after(call.input.get("PaginationToken"))
    try:
        only = parse_filter(call.input.get("Filter", ""))
    except FilterRefused as refused:
        raise invalid(str(refused)) from refused
    users = await call.services.store.users.page(pool.pool_id, limit=limit + 1, after=start, only=only)
    shown, token = paging.cut(users, limit, lambda user: user.username)
    wanted = call.input.get("AttributesToGet")
    return paging.page("Users", [user_shape(user, wanted) for user in shown], "PaginationToken", token)


async def _set_enabled(call: Call, enabled: bool) -> Output:
    user = await the_user(call, await the_pool(call))
    await call.services.store.users.set_enabled(user.pool_id, user.username, enabled, now=call.now)
    if not enabled:
        await call.services.store.token_families.revoke_all_of(user.pool_id, user.username)
    return {}


async def _invite(call: Call, pool: Pool, user: User, password: str) -> None:
    """By SMS unless asked for e-mail, as on AWS; somebody who has no such address is not invited."""
    text = f"Your username is {user.username} and temporary password is {password}. "
    for medium in call.input.get("DesiredDeliveryMediums", ["SMS"]):
        destination = user.attributes.get("email" if medium == "EMAIL" else "phone_number")
        if destination:
            message = Message(
                pool.pool_id,
                user.username,
                medium,
                destination,
                "Your temporary password",
                text,
                call.now,
                purpose="AdminCreateUser",
                code=password,
            )
            await call.services.messages.send(message)


async def _taken_alias(call: Call, pool: Pool, username: str, attributes: Mapping[str, str]) -> str | None:
    """The attribute by which another user goes under one of these names already."""
    kinds = (*pool.username_attributes, *pool.alias_attributes)
    for name in filter(None, (username, *map(attributes.get, kinds))):
        owner = await find_user(call.services, pool, name)
        if owner is not None and owner.username != pool.fold(username):
            return aliases_of(pool, owner.attributes).get(pool.fold(name))
    return None


def _alias_exists(attribute: str) -> str:
    return f"An account with the given {attribute} already exists."


def _conformity(refused: AttributeRefused) -> str:
    """The sentences that name a format stand alone; the schema's are AWS's list, one a line (facts/api.md §5)."""
    if all(sentence.endswith("format.") for sentence in refused.sentences):
        return refused.sentences[0]
    if all(sentence.endswith("cannot be updated.") for sentence in refused.sentences):
        return "".join(f"{sentence}\n" for sentence in refused.sentences)
    return "Attributes did not conform to the schema: " + "".join(f"{sentence}\n" for sentence in refused.sentences)
