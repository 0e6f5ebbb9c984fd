"""Attributes changed by the person: a new address is unverified until its code comes back."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.server.domain.confirmation import Confirmation, Purpose
from halfday.server.domain.pools import Pool
from halfday.server.domain.users import User, aliases_of
from halfday.server.flows.confirmations import Delivery, no_such_code, send_code, use_up
from halfday.server.services import Services

_PURPOSES = {"email": Purpose.EMAIL, "phone_number": Purpose.PHONE_NUMBER}


async def update(services: Services, pool: Pool, user: User, changes: Mapping[str, str]) -> list[Delivery]:
    """The changes take effect, but for addresses that the pool wants verified before; codes go to the new addresses.

    An address that is said to be verified in the same breath, as an administrator may, is believed and sent no code.
    Raises Taken, when an address is another user's name; DeliveryFailed.
    """
    moved = {name for name in _PURPOSES if changes.get(name) and changes[name] != user.attributes.get(name)}
    moved = {name for name in moved if f"{name}_verified" not in changes}
    later = {name for name in moved if name in pool.verify_before_update and user.attributes.get(name)}
    at_once = {name: value for name, value in changes.items() if name not in later}
    merged = {**user.attributes, **at_once, **{f"{name}_verified": "false" for name in moved - later}}
    attributes = {name: value for name, value in merged.items() if value}
    aliases = aliases_of(pool, attributes)
    await services.store.users.set_attributes(user, attributes, aliases, now=services.clock())
    changed = await services.store.users.get(user.pool_id, user.username)
    to_tell = [name for name in _PURPOSES if name in moved and (name in later or name in pool.auto_verified_attributes)]
    return [await _send(services, pool, changed, name, changes[name] if name in later else None) for name in to_tell]


async def verify(services: Services, pool: Pool, user: User, waiting: Confirmation) -> None:
    """The address that the code went to is the person's: verified, and the attribute's value if it waited for that.

    Raises CodeRefused, also when the attribute has another value since.
    """
    name = waiting.attribute
    if not waiting.is_new and user.attributes.get(name) != waiting.address:
        raise no_such_code(f"the code went to another {name} than {user.username} has now")
    await use_up(services, waiting)
    attributes = {**user.attributes, name: waiting.address, f"{name}_verified": "true"}
    aliases = aliases_of(pool, attributes)
    await services.store.users.set_attributes(user, attributes, aliases, now=services.clock(), transfer=True)


async def _send(services: Services, pool: Pool, user: User, name: str, address: str | None) -> Delivery:
    purpose = _PURPOSES[name]
    return await send_code(services, pool, user, purpose, name, word="UpdateUserAttribute", address=address)
