"""A pool's signing keys: made with it or right after it, and waited for by whoever needs them first.

A pool that is created where no key pairs are ready is answered at once, and its keys are made meanwhile. If the process
ends before they are kept, they are made when they are needed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from halfday.protocol.jwk import thumbprint_kid
from halfday.server.domain.user_pools.pools import SigningKey
from halfday.server.services import Services
from halfday.server.storage.errors import Missing, Taken

log = logging.getLogger("halfday.keys")


async def keys_ready(services: Services, pool_id: str) -> list[SigningKey]:
    """Keys for a new pool, stored by nobody yet, where they are ready; else none, and `begin_keys` makes them."""
    return await _make_keys(services, pool_id) if services.key_pairs.are_ready() else []


def begin_keys(services: Services, pool_id: str) -> asyncio.Task[None]:
    """The keys of this pool are under way: the task ends when they are kept, or the pool is gone."""
    task = services.keys_under_way.get(pool_id)
    if task is None:
        task = services.keys_under_way[pool_id] = asyncio.create_task(_keep_keys(services, pool_id))
        task.add_done_callback(lambda done: _ended(services, pool_id, done))
    return task


async def keys_of(services: Services, owner: str) -> list[SigningKey]:
    """The owner's keys, waited for or made where a pool has none yet; none where there is no such pool."""
    keys = await services.store.signing_keys.of(owner)
    if keys or await services.store.pools.find(owner) is None:
        return keys
    await asyncio.shield(begin_keys(services, owner))
    return await services.store.signing_keys.of(owner)


def give_back(services: Services, keys: Iterable[SigningKey]) -> None:
    """Their pools are gone. Where nothing is kept, the next pools have these pairs, and need not wait for new ones.

    A declared pool comes back with the next reset, and finds its own.
    """
    if services.settings.ephemeral:
        declared = services.beginning.kids if services.beginning is not None else frozenset()
        services.key_pairs.give_back(private_of(key) for key in keys if key.kid not in declared)


def private_of(key: SigningKey) -> RSAPrivateKey:
    # Our own key, sealed until now: to check that its numbers fit together would take 30 ms.
    private = serialization.load_pem_private_key(key.private_pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, RSAPrivateKey):
        raise TypeError(f"signing key {key.kid} is not an RSA key")
    return private


async def _keep_keys(services: Services, pool_id: str) -> None:
    """Of two processes that make a pool's keys at once, one keeps them."""
    keys = await _make_keys(services, pool_id)
    with contextlib.suppress(Taken, Missing):
        await services.store.signing_keys.insert_for_pool(pool_id, keys)


def _ended(services: Services, pool_id: str, task: asyncio.Task[None]) -> None:
    """Whoever waited hears of a failure. If nobody did, the keys are made when they are needed."""
    services.keys_under_way.pop(pool_id, None)
    if not task.cancelled() and (problem := task.exception()) is not None:
        log.warning("the keys of a new pool were not kept: %s", type(problem).__name__)


async def _make_keys(services: Services, pool_id: str) -> list[SigningKey]:
    """ID and access tokens of a pool are signed with different ones (facts/tokens.md §1)."""
    return [await make_key(services, pool_id, use) for use in ("id", "access")]


async def make_key(services: Services, owner: str, purpose: str) -> SigningKey:
    """A new RSA key, stored by nobody yet. Others are served while it is made: check what must be unique afterwards."""
    private = await services.key_pairs.take()
    return SigningKey(owner, purpose, thumbprint_kid(private.public_key()), pem_of(private), services.clock())


def pem_of(private: RSAPrivateKey) -> str:
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()
