"""The challenges of sign-ins under way: each put once, for one client and one person, and answered once.

Whoever answers shows a session, an opaque text. The challenge is opened first and taken once its answer is right, so
that somebody who mistyped a code may try again. A session begins with its pool's id, in base64url:
AssociateSoftwareToken and VerifySoftwareToken are handed nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from halfday.protocol.encoding import b64url_decode, b64url_encode
from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in import challenge_records
from halfday.server.domain.sign_in.authentication_levels import Authentication
from halfday.server.domain.sign_in.challenge_records import Begun, NothingKept, Record, Unreadable
from halfday.server.domain.sign_in.codes_and_sessions import PendingChallenge, digest
from halfday.server.domain.sign_in.next_step import Proof, Refusal
from halfday.server.domain.user_pools.acr_names import name_of_level
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.users import User
from halfday.server.flows.users import NOBODY, find_user, logged
from halfday.server.services import Services
from halfday.server.storage.errors import Missing

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in under way: at which client, and what has been proven so far.

    `device_key` is the device that the person names, `context` the request's at hand. `on_pages`: it ends in an
    authorization code, and not in tokens of the API; a sign-in goes on where it began.

    `levels` are the authentication levels that the app asked for, in its order; None: it asked for no level and no
    recent sign-in, and the tokens tell no level. `shown` is what the person has completed. `auth_time`: when somebody
    signed in who now steps up.
    """

    pool: Pool
    client: AppClient
    proven: frozenset[Proof] = frozenset()
    device_key: str | None = None
    context: RequestContext = field(default_factory=RequestContext)
    on_pages: bool = False
    levels: tuple[int, ...] | None = None
    shown: Authentication = field(default_factory=Authentication)
    auth_time: float | None = None

    @property
    def acr(self) -> str | None:
        """The level that the tokens tell, if the app asked for one."""
        return None if self.levels is None else name_of_level(self.pool.acr_names, self.shown.level)


@dataclass(frozen=True, slots=True)
class OpenChallenge:
    """A challenge that may be answered: the sign-in it belongs to, what was kept for its answer, and for whom it is.

    `user` None: nobody in the pool, which the client is not to learn.
    """

    pending: PendingChallenge
    sign_in: SignIn
    user: User | None
    begun: Begun
    record: Record

    @property
    def the_user(self) -> User:
        """Raises Refused when nobody in the pool signs in."""
        if self.user is None:
            raise Refusal.WRONG.because("the session was made for somebody who does not exist")
        return self.user

    def kept(self, kind: type[K]) -> K:
        """What was kept, of the kind that this answer wants. Raises Refused."""
        if not isinstance(self.record, kind):
            raise Refusal.INVALID_SESSION.because(f"the challenge kept no {kind.__name__}")
        return self.record


async def put(
    services: Services,
    sign_in: SignIn,
    user: User,
    challenge: str,
    record: Record | None = None,
    *,
    name: str | None = None,
    pretence: bool = False,
    session: str | None = None,
) -> str:
    """The session in which `challenge` stands. `session`: a text of the caller's own, which is then the session.

    `user`: who signs in; with `pretence` they are made up for `name`. Raises Refused when they are gone.
    """
    session = new_session(services, sign_in.pool) if session is None else session
    begun = _begun(sign_in, pretence=pretence, name=name)
    pending = PendingChallenge(
        session_hash=digest(session),
        pool_id=sign_in.pool.pool_id,
        client_id=sign_in.client.client_id,
        username=user.username,
        challenge=challenge,
        expires_at=services.clock() + sign_in.client.session_validity_minutes * 60,
        memory=challenge_records.to_memory(begun, NothingKept() if record is None else record),
    )
    async with services.store.unit(pending.pool_id):
        await _check_there(services, user, pretence=pretence)
        await services.store.challenges.insert(pending)
    return session


def _begun(sign_in: SignIn, *, pretence: bool, name: str | None) -> Begun:
    return Begun(
        proven=tuple(sorted(sign_in.proven)),
        device_key=sign_in.device_key,
        on_pages=sign_in.on_pages,
        pretence=pretence,
        name=name,
        levels=sign_in.levels,
        methods=sign_in.shown.methods,
        level=sign_in.shown.level,
        auth_time=sign_in.auth_time,
    )


async def _check_there(services: Services, user: User, *, pretence: bool) -> None:
    """Whoever is made up is looked for too: the same statements run."""
    try:
        await services.store.users.check_there(user)
    except Missing as problem:
        if not pretence:
            raise Refusal.INVALID_SESSION.because("its user is gone") from problem


def new_session(services: Services, pool: Pool) -> str:
    return f"{b64url_encode(pool.pool_id.encode())}.{services.token()}{services.token()}"


async def sign_in_of(services: Services, session: str, challenge: str, context: RequestContext) -> SignIn:
    """The sign-in that a session belongs to, by the session alone. Raises Refused."""
    try:
        pool_id = b64url_decode(session.partition(".")[0]).decode()
    except ValueError:
        pool_id = ""
    pending = await services.store.challenges.find(pool_id, digest(session))
    client = None if pending is None else await services.store.app_clients.find(pending.client_id)
    if pending is None or client is None or pending.challenge != challenge:
        raise Refusal.INVALID_SESSION.because("the session is unknown, used up, or another challenge's")
    pool = await services.store.pools.get(pool_id)
    return SignIn(pool, client, context=replace(context, client_id=client.client_id))


async def open_session(
    services: Services, sign_in: SignIn, session: str, challenge: str, *, name: str | None = None
) -> OpenChallenge:
    """The challenge that stands in the session. `name`: whom the answer names; it has to be the one. Raises Refused."""
    pending = await services.store.challenges.find(sign_in.pool.pool_id, digest(session))
    return await _opened(services, sign_in, pending, challenge, name)


async def open_newest(services: Services, sign_in: SignIn, challenge: str, name: str) -> OpenChallenge:
    """The challenge in the newest sign-in of this person here, for answers that may come without their session."""
    user = await find_user(services, sign_in.pool, name)
    if user is None:
        raise Refusal.INVALID_SESSION.because(NOBODY)
    key = (sign_in.pool.pool_id, sign_in.client.client_id, user.username, challenge)
    return await _opened(services, sign_in, await services.store.challenges.latest_of(*key), challenge, name)


async def _opened(
    services: Services, sign_in: SignIn, pending: PendingChallenge | None, challenge: str, name: str | None
) -> OpenChallenge:
    if pending is None or pending.client_id != sign_in.client.client_id or pending.challenge != challenge:
        raise Refusal.INVALID_SESSION.because("the session is unknown, used up, or another client's or challenge's")
    begun, record = _read(pending)
    if begun.on_pages != sign_in.on_pages:
        raise Refusal.INVALID_SESSION.because("the sign-in began on the pages and not over the API, or vice versa")
    if name is not None:
        await _check_name(services, sign_in.pool, pending, begun, name)
    if services.clock() >= pending.expires_at:
        raise Refusal.EXPIRED_SESSION.because("the session has expired")
    user = await _user_of(services, pending, begun)
    told = bool(begun.proven) or not sign_in.client.hide_unknown_users  # else `advance` says it, once a proof is there
    if user is not None and not user.enabled and told:
        raise Refusal.DISABLED.because(f"{logged(user)} is disabled")
    return OpenChallenge(pending, _gone_on_with(sign_in, begun), user, begun, record)


def _gone_on_with(sign_in: SignIn, begun: Begun) -> SignIn:
    return replace(
        sign_in,
        proven=frozenset(begun.proven),
        device_key=begun.device_key or sign_in.device_key,
        levels=begun.levels,
        shown=Authentication(begun.methods, begun.level),
        auth_time=begun.auth_time,
    )


def _read(pending: PendingChallenge) -> tuple[Begun, Record]:
    """Raises Refused for a row that another version wrote, with less in it than this one keeps."""
    try:
        return challenge_records.from_memory(pending.challenge, pending.memory)
    except Unreadable as problem:
        raise Refusal.EXPIRED_SESSION.because(f"another version kept it: {problem}") from problem


async def _user_of(services: Services, pending: PendingChallenge, begun: Begun) -> User | None:
    """None in a pretence, also where somebody has taken the name since. As much is read there as of somebody."""
    user = await services.store.users.find(pending.pool_id, pending.username)
    if user is None:
        services.store.users.read_nobody()
    if begun.pretence:
        return None
    if user is None:
        raise Refusal.INVALID_SESSION.because("its user is gone")
    return user


async def _check_name(services: Services, pool: Pool, pending: PendingChallenge, begun: Begun, name: str) -> None:
    """The answer names whoever signs in, in any of their names; a pretence is for the name it began with."""
    if name == pending.username:
        return
    named = await find_user(services, pool, name)
    if begun.pretence:
        same = pool.fold(name) == pool.fold(begun.name or "")
    else:
        same = named is not None and named.username == pending.username
    if not same:
        raise Refusal.INVALID_SESSION.because("the session is not of whom the answer names")


@asynccontextmanager
async def answered(services: Services, opened: OpenChallenge, *, right_or_wrong: bool = False) -> AsyncIterator[None]:
    """The challenge is taken together with what its answer brings about within: both are kept, or neither.

    `right_or_wrong`: it is taken also where the answer is refused. Of two answers at once, one is refused. Raises
    Refused.
    """
    try:
        async with services.store.unit(opened.pending.pool_id):
            await take(services, opened)
            yield
    except Refused:
        if right_or_wrong:
            await services.store.challenges.take(opened.pending.pool_id, opened.pending.session_hash)
        raise


async def take(services: Services, opened: OpenChallenge) -> None:
    """The challenge is answered, and gone. Of two answers at once, one is refused. Raises Refused."""
    pending = opened.pending
    if await services.store.challenges.take(pending.pool_id, pending.session_hash) is None:
        raise Refusal.INVALID_SESSION.because("the session was answered meanwhile")
