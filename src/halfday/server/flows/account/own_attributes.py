"""Attributes changed by the person: a new address is unverified until its code comes back."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.user_pools.attributes import ADDRESSES, changed
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.confirmation import Confirmation, Purpose
from halfday.server.domain.users.users import User, aliases_in
from halfday.server.flows.account.confirmations import Delivery, no_such_code, redeem, send_code
from halfday.server.flows.account.new_users import taken_alias
from halfday.server.flows.users import logged
from halfday.server.services import Services
from halfday.server.storage.errors import Taken

_PURPOSES = {"email": Purpose.EMAIL, "phone_number": Purpose.PHONE_NUMBER}


async def update(
    services: Services, pool: Pool, user: User, changes: Mapping[str, str], context: RequestContext
) -> list[Delivery]:
    """The changes take effect, but for addresses that the pool wants verified before; codes go to the new addresses.

    An address that is said to be verified in the same breath, as an administrator may, is believed and sent no code.
    Raises Taken, when an address is another user's name.
    """
    async with services.store.unit(pool.pool_id):
        user = await services.store.users.get(pool.pool_id, user.username)
        return await _updated(services, pool, user, changes, context)


async def _updated(
    services: Services, pool: Pool, user: User, changes: Mapping[str, str], context: RequestContext
) -> list[Delivery]:
    """Within the unit in which `user` was read."""
    moved = {name for name in ADDRESSES if changes.get(name) and changes[name] != user.attributes.get(name)}
    moved = {name for name in moved if changes.get(f"{name}_verified") != "true"}
    later = {name: changes[name] for name in moved if name in pool.verify_before_update and user.attributes.get(name)}
    if pool.username_attributes and await taken_alias(services, pool, user.username, later):
        raise Taken("an address that is to be verified is another user's name")
    attributes = changed(
        user.attributes, {n: v for n, v in changes.items() if n.removesuffix("_verified") not in later}
    )
    updated = await _set(services, pool, user, attributes)
    to_tell = [name for name in ADDRESSES if name in moved and (name in later or name in pool.auto_verified_attributes)]
    return [await _send(services, pool, updated, name, later.get(name), context) for name in to_tell]


async def send_again(services: Services, pool: Pool, user: User, name: str, context: RequestContext) -> Delivery | None:
    """Another code, to the new address that waits for one, else to the one that the person has; None without either."""
    purpose = _PURPOSES[name]
    waiting = await services.store.confirmations.find(pool.pool_id, user.username, purpose)
    pending = waiting is not None and waiting.is_new and services.clock() < waiting.expires_at
    address = waiting.address if waiting is not None and pending else None
    if address is None and not user.attributes.get(name):
        return None
    word = "VerifyUserAttribute"
    return await send_code(services, pool, user, purpose, name, word=word, context=context, address=address)


async def verify(services: Services, pool: Pool, user: User, waiting: Confirmation) -> None:
    """The address that the code went to is the person's: verified, and the attribute's value if it waited for that.

    Where it is another user's alias it is theirs no more; in a pool of username attributes nobody loses their name.
    Raises Refused, also when the attribute has another value since; Taken.
    """
    name = waiting.attribute
    async with services.store.unit(pool.pool_id):
        user = await services.store.users.get(pool.pool_id, user.username)
        if not waiting.is_new and user.attributes.get(name) != waiting.address:
            raise no_such_code(f"the code went to another {name} than {logged(user)} has now")
        await redeem(services, waiting)
        attributes = {**user.attributes, name: waiting.address, f"{name}_verified": "true"}
        await _set(services, pool, user, attributes, transfer=not pool.username_attributes)


async def _set(
    services: Services, pool: Pool, user: User, attributes: Mapping[str, str], *, transfer: bool = False
) -> User:
    """Within the unit in which the attributes were made of those that stand."""
    now = services.clock()
    return await services.store.users.change(
        user.pool_id,
        user.username,
        lambda known: known.with_attributes(attributes, at=now),
        aliases=aliases_in(pool),
        transfer=transfer,
    )


async def _send(
    services: Services, pool: Pool, user: User, name: str, address: str | None, context: RequestContext
) -> Delivery:
    purpose = _PURPOSES[name]
    word = "UpdateUserAttribute"
    return await send_code(services, pool, user, purpose, name, word=word, context=context, address=address)
