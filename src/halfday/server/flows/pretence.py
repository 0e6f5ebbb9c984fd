"""People who do not exist, where a client is not to learn that: always the same, and not to be worked out from a name.

What is told of them hangs on a secret of their pool. Source: facts/api.md §6.
"""

from __future__ import annotations

import hashlib
import hmac
import string

from halfday.protocol import srp
from halfday.protocol.identifiers import make_uuid
from halfday.server.domain.confirmation import masked
from halfday.server.domain.pools import Pool
from halfday.server.flows.confirmations import Delivery
from halfday.server.flows.limits import counted_name
from halfday.server.flows.users import find_user
from halfday.server.services import Services


async def pretended_id(services: Services, pool: Pool, name: str) -> str:
    """The username under which nobody of this name is known."""
    return make_uuid((await _seed(services, pool, "id", name))[:16])


async def pretended_verifier(services: Services, pool: Pool, name: str) -> srp.Verifier:
    """Of a password that nobody knows. It costs no power modulo N, so that SRP takes no longer than for somebody."""
    salt, verifier = [await _seed(services, pool, what, name) for what in ("salt", "verifier")]
    return srp.verifier_of_nobody(salt[: srp.SALT_BYTES], verifier)


async def pretended_delivery(services: Services, pool: Pool, name: str, *, by_mail: bool = True) -> Delivery:
    """Where a code is said to have gone: to the name itself, where it is an address."""
    seed = await _seed(services, pool, "address", name)
    if not by_mail:
        return Delivery("phone_number", masked("phone_number", f"+{int.from_bytes(seed) % 10_000:04}"))
    letters = [string.ascii_lowercase[byte % 26] for byte in seed]
    return Delivery("email", masked("email", name if "@" in name else f"{letters[0]}@{letters[1]}"))


async def counted_as(services: Services, pool: Pool, name: str) -> str:
    """The username under which wrong attempts with this name are counted, whoever it is made out to be."""
    return counted_name(pool, name, await find_user(services, pool, name))


async def _seed(services: Services, pool: Pool, what: str, name: str) -> bytes:
    key = (await services.store.signing_keys.of(pool.pool_id))[0]
    return hmac.new(key.private_pem.encode(), f"{what}\n{pool.fold(name)}".encode(), hashlib.sha256).digest()
