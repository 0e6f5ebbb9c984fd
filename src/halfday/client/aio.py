"""The same session for asyncio: what is at hand is answered at once, what has to be asked for is asked in a thread.

The work is the blocking session's, over the same flows and under the same locks, so that tasks, threads and processes
that share a kept session renew it once. Of the tasks of one session one at a time goes to a thread; the others wait
without holding any.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeVar

from halfday.client.authorization import AuthorizationRequest, TokenAnswer
from halfday.client.cognito import Cognito
from halfday.client.session import Session
from halfday.client.settings import Settings
from halfday.protocol.claims import VerifiedClaims
from halfday.protocol.credentials import Credentials

if TYPE_CHECKING:
    from aiobotocore.session import AioSession

Result = TypeVar("Result")


class AsyncSession:
    """A `Session` whose members are awaited. Made by AsyncCognito, or of a Session: AsyncSession(session)."""

    def __init__(self, session: Session) -> None:
        self.blocking = session
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return f"Async{self.blocking!r}"

    @property
    def subject(self) -> str:
        return self.blocking.subject

    @property
    def access_expires_at(self) -> float:
        return self.blocking.access_expires_at

    async def claims(self) -> VerifiedClaims:
        """As Session.claims: verified, renewed when they are old."""
        return await self._in_a_thread(lambda: self.blocking.claims)

    async def id_token(self) -> str:
        return await self._fresh(self.blocking.tokens_are_old, lambda: self.blocking.id_token)

    async def access_token(self) -> str:
        return await self._fresh(self.blocking.tokens_are_old, lambda: self.blocking.access_token)

    async def identity_id(self) -> str:
        return await self._in_a_thread(lambda: self.blocking.identity_id)

    async def credentials(self) -> Credentials:
        """As Session.credentials: with life left in them."""
        return await self._fresh(self.blocking.credentials_are_old, self.blocking.credentials)

    def aiobotocore(self, *, region_name: str | None = None) -> AioSession:
        """As Session.aiobotocore: nothing is asked for before the first request is signed."""
        return self.blocking.aiobotocore(region_name=region_name)

    async def console_link(self, *, service: str | None = None, destination: str | None = None) -> str:
        """As Session.console_link."""
        return await self._in_a_thread(lambda: self.blocking.console_link(service=service, destination=destination))

    async def renew(self) -> None:
        await self._in_a_thread(self.blocking.renew)

    async def revoke(self) -> None:
        await self._in_a_thread(self.blocking.revoke)

    async def logout(self, logout_uri: str | None = None) -> str | None:
        return await self._in_a_thread(lambda: self.blocking.logout(logout_uri))

    async def _fresh(self, is_old: Callable[[], bool], get: Callable[[], Result]) -> Result:
        """At once, when nothing has to be asked for: no thread is taken for what is only looked up."""
        return await self._in_a_thread(get) if is_old() else get()

    async def _in_a_thread(self, work: Callable[[], Result]) -> Result:
        async with self._lock:
            return await asyncio.to_thread(work)


class AsyncCognito:
    """`Cognito` for asyncio, with the same settings. What only computes stays as it is: `begin`, `logout_url`."""

    def __init__(self, **settings: object) -> None:
        self.blocking = Cognito(**settings)  # type: ignore[arg-type]

    @property
    def settings(self) -> Settings:
        return self.blocking.settings

    @property
    def session(self) -> AsyncSession:
        """The kept session. Raises SignInNeeded."""
        return AsyncSession(self.blocking.session)

    def begin(self, redirect_uri: str | None = None, **extra: str) -> AuthorizationRequest:
        return self.blocking.begin(redirect_uri, **extra)

    def logout_url(self, logout_uri: str) -> str:
        return self.blocking.logout_url(logout_uri)

    async def exchange(self, code: str, redirect_uri: str | None = None, **options: object) -> AsyncSession:
        """As Cognito.exchange."""
        return await _session(lambda: self.blocking.exchange(code, redirect_uri, **options))  # type: ignore[arg-type]

    async def login(self, redirect_uri: str | None = None, **options: object) -> AsyncSession:
        """As Cognito.login. A task that is cancelled leaves the listener until its time is over."""
        return await _session(lambda: self.blocking.login(redirect_uri, **options))  # type: ignore[arg-type]

    async def sign_in(self, username: str, password: str, **options: object) -> AsyncSession:
        """As Cognito.sign_in."""
        return await _session(lambda: self.blocking.sign_in(username, password, **options))  # type: ignore[arg-type]

    async def client_credentials(self) -> TokenAnswer:
        return await asyncio.to_thread(self.blocking.client_credentials)

    async def verify(
        self, token: str, *, token_use: str | None = "id", scopes: Collection[str] | None = None
    ) -> VerifiedClaims:
        return await asyncio.to_thread(lambda: self.blocking.verify(token, token_use=token_use, scopes=scopes))


async def _session(make: Callable[[], Session]) -> AsyncSession:
    return AsyncSession(await asyncio.to_thread(make))
