"""The sessions of sign-ins under way: opaque, for one client, one person and one challenge, and answered once.

A session is looked at first and used up once its answer is right, so that somebody who mistyped a code may try again.
It begins with its pool's id, in base64url: AssociateSoftwareToken and VerifySoftwareToken are handed nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.codes_and_sessions import PendingChallenge, digest
from halfday.server.domain.sign_in.next_step import Proof, Refusal, SignInRefused
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User
from halfday.server.flows.users import NOBODY, find_user, logged
from halfday.server.services import Services
from halfday.server.storage.errors import Missing


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in under way: at which client, what has been proven, and what was said along the way.

    `device_key` is the device that the person names, `metadata` the ClientMetadata of the request at hand. `on_pages`:
    it ends in an authorization code, and not in tokens of the API; a session goes on where it began.
    """

    pool: Pool
    client: AppClient
    proven: frozenset[Proof] = frozenset()
    device_key: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    on_pages: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A session that holds: its challenge, the sign-in it belongs to, and for whom. None: a pretence of somebody."""

    pending: PendingChallenge
    sign_in: SignIn
    user: User | None

    @property
    def memory(self) -> dict[str, Any]:
        return self.pending.memory

    @property
    def the_user(self) -> User:
        """Raises SignInRefused when the session was a pretence."""
        if self.user is None:
            raise SignInRefused(Refusal.WRONG, "the session was made for somebody who does not exist")
        return self.user


async def start(
    services: Services,
    sign_in: SignIn,
    username: str,
    challenge: str,
    memory: Mapping[str, Any] | None = None,
    *,
    of: User | None,
    session: str | None = None,
) -> str:
    """A session in which `challenge` stands. `session`: a text of the caller's own, which is then the session.

    `of`: who is signing in, made up or not; None where nobody is made up. Raises SignInRefused when they are gone.
    """
    session = new_session(services, sign_in.pool) if session is None else session
    known = {"proven": sorted(sign_in.proven), "device_key": sign_in.device_key, "on_pages": sign_in.on_pages}
    pending = PendingChallenge(
        session_hash=digest(session),
        pool_id=sign_in.pool.pool_id,
        client_id=sign_in.client.client_id,
        username=username,
        challenge=challenge,
        expires_at=services.clock() + sign_in.client.session_validity_minutes * 60,
        memory={**known, **(memory or {})},
    )
    async with services.store.unit(pending.pool_id):
        if of is not None:
            await _check_there(services, of, pretended=bool(pending.memory.get("pretence")))
        await services.store.challenges.insert(pending)
    return session


async def _check_there(services: Services, user: User, *, pretended: bool) -> None:
    """It is looked at for whoever is made up too: the same statements run."""
    try:
        await services.store.users.check_there(user)
    except Missing as problem:
        if not pretended:
            raise SignInRefused(Refusal.INVALID_SESSION, "its user is gone") from problem


def new_session(services: Services, pool: Pool) -> str:
    return f"{b64url_encode(pool.pool_id.encode())}.{services.token()}{services.token()}"


async def sign_in_of(services: Services, session: str, challenge: str) -> SignIn:
    """The sign-in that a session belongs to, by the session alone. Raises SignInRefused."""
    try:
        pool_id = b64url_decode(session.partition(".")[0]).decode()
    except ValueError:
        pool_id = ""
    pending = await services.store.challenges.find(pool_id, digest(session))
    client = None if pending is None else await services.store.app_clients.find(pending.client_id)
    if pending is None or client is None or pending.challenge != challenge:
        raise SignInRefused(Refusal.INVALID_SESSION, "the session is unknown, used up, or another challenge's")
    return SignIn(await services.store.pools.get(pool_id), client)


async def look(
    services: Services, sign_in: SignIn, session: str, challenge: str, *, name: str | None = None
) -> Session:
    """What stands in the session. `name`: whom the answer names; it has to be the one. Raises SignInRefused."""
    pending = await services.store.challenges.find(sign_in.pool.pool_id, digest(session))
    return await _opened(services, sign_in, pending, challenge, name)


async def look_by_name(services: Services, sign_in: SignIn, challenge: str, name: str) -> Session:
    """What stands in the newest sign-in of this person here, for answers that may come without their session."""
    user = await find_user(services, sign_in.pool, name)
    if user is None:
        raise SignInRefused(Refusal.INVALID_SESSION, NOBODY)
    key = (sign_in.pool.pool_id, sign_in.client.client_id, user.username, challenge)
    return await _opened(services, sign_in, await services.store.challenges.latest_of(*key), challenge, name)


async def _opened(
    services: Services, sign_in: SignIn, pending: PendingChallenge | None, challenge: str, name: str | None
) -> Session:
    if pending is None or pending.client_id != sign_in.client.client_id or pending.challenge != challenge:
        raise SignInRefused(
            Refusal.INVALID_SESSION, "the session is unknown, used up, or another client's or challenge's"
        )
    if pending.memory.get("on_pages", False) != sign_in.on_pages:
        raise SignInRefused(
            Refusal.INVALID_SESSION, "the sign-in began on the pages and not over the API, or vice versa"
        )
    if name is not None:
        await _check_name(services, sign_in.pool, pending, name)
    if services.clock() >= pending.expires_at:
        raise SignInRefused(Refusal.EXPIRED_SESSION, "the session has expired")
    user = await services.store.users.find(sign_in.pool.pool_id, pending.username)
    if user is None:
        services.store.users.read_nobody()
    if pending.memory.get("pretence"):
        user = None  # also where somebody has taken the name since
    elif user is None:
        raise SignInRefused(Refusal.INVALID_SESSION, "its user is gone")
    proven = frozenset(map(Proof, pending.memory["proven"]))
    told = bool(proven) or not sign_in.client.hide_unknown_users  # else `advance` says it, once something is proven
    if user is not None and not user.enabled and told:
        raise SignInRefused(Refusal.DISABLED, f"{logged(user)} is disabled")
    device_key = pending.memory["device_key"] or sign_in.device_key
    return Session(pending, replace(sign_in, proven=proven, device_key=device_key), user)


async def _check_name(services: Services, pool: Pool, pending: PendingChallenge, name: str) -> None:
    """The answer names whoever the session is for, in any of their names; a pretence is for the name it began with."""
    if name == pending.username:
        return
    named = await find_user(services, pool, name)
    if pending.memory.get("pretence"):
        same = pool.fold(name) == pool.fold(pending.memory["name"])
    else:
        same = named is not None and named.username == pending.username
    if not same:
        raise SignInRefused(Refusal.INVALID_SESSION, "the session is not of whom the answer names")


@asynccontextmanager
async def answered(services: Services, session: Session, *, right_or_wrong: bool = False) -> AsyncIterator[None]:
    """The session is used up together with what its answer brings about within: both are kept, or neither.

    `right_or_wrong`: it is used up also where the answer is refused. Of two answers at once, one is refused. Raises
    SignInRefused.
    """
    try:
        async with services.store.unit(session.pending.pool_id):
            await use_up(services, session)
            yield
    except Refused:
        if right_or_wrong:
            await services.store.challenges.take(session.pending.pool_id, session.pending.session_hash)
        raise


async def use_up(services: Services, session: Session) -> None:
    """Of two answers at once, one is refused. Raises SignInRefused."""
    pending = session.pending
    if await services.store.challenges.take(pending.pool_id, pending.session_hash) is None:
        raise SignInRefused(Refusal.INVALID_SESSION, "the session was answered meanwhile")
