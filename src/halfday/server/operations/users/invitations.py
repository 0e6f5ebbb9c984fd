"""Users made by an administrator, and their invitations: AdminCreateUser. Source: facts/api.md §5, §8."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools.attributes import ADDRESSES
from halfday.server.domain.user_pools.message_templates import Template, invitation
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User, UserStatus
from halfday.server.flows import outgoing_mail
from halfday.server.flows.account.new_users import keep_user, new_user, taken_alias, temporary_password
from halfday.server.flows.factors.passwords import NOTHING, Compared, compared_with_hashes, set_password
from halfday.server.flows.triggers.messages import ADMIN_CREATE_USER
from halfday.server.flows.triggers.sign_up import pre_sign_up
from halfday.server.operations.framework.lookups import invalid, the_pool, the_user
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.operations.framework.request_contexts import context_of
from halfday.server.operations.users.user_shapes import alias_exists, attributes_in, user_shape
from halfday.server.storage.errors import Taken

_MEDIA = {"EMAIL": ("email", "email", "Email"), "SMS": ("phone_number", "phone number", "SMS")}


@operation(
    "cognito-idp",
    "AdminCreateUser",
    honours="UserPoolId Username UserAttributes ValidationData TemporaryPassword ForceAliasCreation MessageAction "
    "DesiredDeliveryMediums ClientMetadata",
)
async def admin_create_user(call: Call) -> Output:
    """Required attributes may still be missing: NEW_PASSWORD_REQUIRED asks for them (facts/api.md §4)."""
    pool, given = await the_pool(call), call.input
    if given.get("MessageAction") == "RESEND":
        return await _invite_again(call, pool)
    password = _password(call, pool)
    attributes = attributes_in(given.get("UserAttributes", ()))
    _check_media(given, pool, attributes)
    if password is None:
        _check_address(pool, attributes)
    transfer = given.get("ForceAliasCreation", False)
    status = UserStatus.CONFIRMED if password is None else UserStatus.FORCE_CHANGE_PASSWORD
    new = new_user(call.services, pool, given["Username"], attributes, status=status, complete=False)
    await pre_sign_up(call.services, pool, ADMIN_CREATE_USER, new.username, new.attributes, context_of(call))
    try:
        async with call.services.store.unit(pool.pool_id):
            user = await keep_user(call.services, pool, new, transfer=transfer)
            if password is not None:
                user = await _with_temporary(call, pool, user, password, at=user.created_at)
                if given.get("MessageAction") != "SUPPRESS":
                    await _invite(call, pool, user, password)
    except Taken as problem:
        taken = await taken_alias(call.services, pool, given["Username"], attributes)
        message = alias_exists(taken) if taken else "User account already exists"
        raise Refused("UsernameExistsException", message) from problem
    return {"User": user_shape(user)}


async def _invite_again(call: Call, pool: Pool) -> Output:
    """A new temporary password, for as long as a new one lives."""
    user = await _invited(call, pool)
    password = _temporary(call, pool)
    compared = await compared_with_hashes(call.services, pool, user, password)
    async with call.services.store.unit(pool.pool_id):
        user = await _with_temporary(call, pool, await _invited(call, pool), password, compared=compared)
        await _invite(call, pool, user, password)
    return {"User": user_shape(user)}


async def _invited(call: Call, pool: Pool) -> User:
    """Raises Refused for who has chosen a password already."""
    user = await the_user(call, pool)
    if user.status is not UserStatus.FORCE_CHANGE_PASSWORD:
        name = call.input["Username"]
        message = f"Resend not possible. {name} status is not FORCE_CHANGE_PASSWORD"
        raise Refused("UnsupportedUserStateException", message)
    return user


def _password(call: Call, pool: Pool) -> str | None:
    """None of somebody who signs in by codes: the pool has them, and no password was given (facts/api.md §8)."""
    if "TemporaryPassword" not in call.input and pool.passwordless:
        return None
    return _temporary(call, pool)


def _check_media(given: Mapping[str, Any], pool: Pool, attributes: Mapping[str, str]) -> None:
    """Whoever names a medium names an address for it (facts/news.md; the sentence for SMS is [inferred])."""
    if given.get("MessageAction") == "SUPPRESS":
        return
    name = given["Username"]
    by_name = {"email": "@" in name, "phone_number": name.startswith("+")} if pool.username_attributes else {}
    for medium in given.get("DesiredDeliveryMediums", ()):
        attribute, what, shown = _MEDIA[medium]
        if not (attributes.get(attribute) or by_name.get(attribute)):
            raise invalid(f"No {what} provided but desired delivery medium was {shown}")


def _check_address(pool: Pool, attributes: Mapping[str, str]) -> None:
    """Codes have to go somewhere (API reference, AdminCreateUser, UserAttributes). The sentence is [inferred]."""
    if not (pool.username_attributes or any(attributes.get(name) for name in ADDRESSES)):
        raise invalid("An email or a phone_number is required of a user without a password.")


def _temporary(call: Call, pool: Pool) -> str:
    policy = pool.password_policy
    password: str = call.input.get("TemporaryPassword") or temporary_password(policy, call.services.random(32))
    policy.check(password, told="Password did not conform with password policy")
    return password


async def _with_temporary(
    call: Call, pool: Pool, user: User, password: str, *, at: float | None = None, compared: Compared = NOTHING
) -> User:
    until = call.now + pool.password_policy.temporary_validity_days * 86400
    status = UserStatus.FORCE_CHANGE_PASSWORD
    return await set_password(
        call.services, pool, user, password, status=status, temporary_until=until, at=at, compared=compared
    )


async def _invite(call: Call, pool: Pool, user: User, password: str) -> None:
    """By SMS unless asked for e-mail, as on AWS; somebody who has no such address is not invited."""
    for medium in call.input.get("DesiredDeliveryMediums", ["SMS"]):
        attribute = "email" if medium == "EMAIL" else "phone_number"
        destination = user.attributes.get(attribute)
        if not destination:
            continue
        composed = outgoing_mail.compose(
            call.services,
            pool,
            user,
            _template(pool, medium),
            partial(invitation, username=_name(pool, user, attribute), password=password),
            context_of(call),
            purpose=ADMIN_CREATE_USER,
            attribute=attribute,
            address=destination,
            code=password,
        )
        await outgoing_mail.send(call.services, composed, lasts_s=outgoing_mail.INVITATION_LASTS_S)


def _template(pool: Pool, medium: str) -> Template:
    if medium == "EMAIL":
        return Template(pool.templates.email_invitation_subject, pool.templates.email_invitation)
    return Template(text=pool.templates.sms_invitation)


def _name(pool: Pool, user: User, attribute: str) -> str:
    """The name that they sign in with: in a pool of addresses the username is a UUID, which tells nobody.

    `attribute` is whose value the message goes to, and the first choice.
    """
    names = (user.attributes.get(a) for a in (attribute, *pool.username_attributes) if a in pool.username_attributes)
    return next(filter(None, names), user.username)
