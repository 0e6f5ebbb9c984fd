"""`Cognito` and `Session` for asyncio: what is at hand is returned at once, and a request is made in a thread.

The blocking classes do the work, under the same locks, so that tasks, threads and processes that share a kept session
renew it once. Of the tasks of one session one at a time uses a thread; the others wait and hold none (`loops`). Several
running loops may share a session. `sign_in` asks the person on the loop, and holds no thread while it waits.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from halfday.client.cognito import Cognito
from halfday.client.connection import Connection
from halfday.client.credentials.aws_identity import AwsIdentity
from halfday.client.identities import DeveloperIdentity, Guest
from halfday.client.machine import Machine
from halfday.client.oauth.authorization import AuthorizationRequest
from halfday.client.session import Session
from halfday.client.settings import Settings
from halfday.client.signed_out import Remaining, SignedOut
from halfday.client.transport.loops import OneAtATime, from_a_thread
from halfday.client.user_pool.dialogue import AskAsync, carry_async, no_answer
from halfday.client.user_pool.sign_in_requests import SignInOptions
from halfday.protocol.claims import VerifiedClaims
from halfday.protocol.credentials import Credentials

if TYPE_CHECKING:
    from typing import Self, Unpack

    from aiobotocore.session import AioSession

    from halfday.client.http_auth.api_auth import ApiOptions
    from halfday.client.http_auth.httpx_auth import HttpxAuth

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
Blocking = TypeVar("Blocking", bound=AwsIdentity)
Vouch = Callable[[], tuple[str, str] | Awaitable[tuple[str, str]]]


class _Awaited(Generic[Blocking]):
    """An identity and its AWS credentials, as `AwsIdentity`."""

    def __init__(self, blocking: Blocking) -> None:
        self.blocking = blocking
        self._one_at_a_time = OneAtATime()

    def __repr__(self) -> str:
        return f"Async{self.blocking!r}"

    async def identity_id(self) -> str:
        return await self._in_a_thread(lambda: self.blocking.identity_id)

    async def credentials(self) -> Credentials:
        """As Session.credentials: with life left in them."""
        return await self._fresh(self.blocking.credentials_are_old, self.blocking.credentials)

    def credentials_are_old(self) -> bool:
        return self.blocking.credentials_are_old()

    def aiobotocore(self, *, region_name: str | None = None) -> AioSession:
        """As Session.aiobotocore: nothing is asked for before the first request is signed."""
        return self.blocking.aiobotocore(region_name=region_name)

    async def console_link(self, *, service: str | None = None, destination: str | None = None) -> str:
        """As Session.console_link."""
        return await self._in_a_thread(lambda: self.blocking.console_link(service=service, destination=destination))

    async def _fresh(self, is_old: Callable[[], bool], get: Callable[[], Result]) -> Result:
        """What `get` returns: at once, or in a thread when it has to make a request."""
        return await self._in_a_thread(get) if is_old() else get()

    async def _in_a_thread(self, work: Callable[[], Result]) -> Result:
        return await self._one_at_a_time.in_a_thread(work)


class AsyncSession(_Awaited[Session]):
    """A `Session` whose members are awaited. Made by AsyncCognito, or of a Session: AsyncSession(session)."""

    @property
    def subject(self) -> str:
        return self.blocking.subject

    @property
    def pool_id(self) -> str | None:
        return self.blocking.pool_id

    @property
    def refresh_token(self) -> str | None:
        return self.blocking.refresh_token

    @property
    def device_key(self) -> str | None:
        return self.blocking.device_key

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

    def tokens_are_old(self) -> bool:
        return self.blocking.tokens_are_old()

    def httpx_auth(self, origin: str | None = None, **options: Unpack[ApiOptions]) -> HttpxAuth:
        """As Session.httpx_auth, for httpx.AsyncClient."""
        return self.blocking.httpx_auth(origin, **options)

    async def renew(self) -> None:
        await self._in_a_thread(self.blocking.renew)

    async def revoke(self) -> None:
        await self._in_a_thread(self.blocking.revoke)

    def remaining(self) -> Remaining:
        """As Session.remaining."""
        return self.blocking.remaining()

    async def logout(self, logout_uri: str | None = None) -> SignedOut:
        return await self._in_a_thread(lambda: self.blocking.logout(logout_uri))


class AsyncGuest(_Awaited[Guest]):
    """Made by AsyncCognito.guest()."""

    async def forget(self) -> None:
        """As Guest.forget."""
        await self._in_a_thread(self.blocking.forget)


class AsyncDeveloperIdentity(_Awaited[DeveloperIdentity]):
    """Made by AsyncCognito.developer()."""


class AsyncMachine:
    """A `Machine` whose members are awaited. Made by AsyncCognito.client_credentials()."""

    def __init__(self, blocking: Machine) -> None:
        self.blocking = blocking

    def __repr__(self) -> str:
        return f"Async{self.blocking!r}"

    @property
    def access_expires_at(self) -> float:
        return self.blocking.access_expires_at

    def tokens_are_old(self) -> bool:
        return self.blocking.tokens_are_old()

    async def access_token(self) -> str:
        return await asyncio.to_thread(lambda: self.blocking.access_token)

    async def claims(self) -> VerifiedClaims:
        """As Machine.claims."""
        return await asyncio.to_thread(lambda: self.blocking.claims)

    async def renew(self) -> None:
        await asyncio.to_thread(self.blocking.renew)


def _session_by(
    method: Callable[Concatenate[Cognito, Arguments], Session],
) -> Callable[Concatenate[AsyncCognito, Arguments], Coroutine[Any, Any, AsyncSession]]:
    """Cognito's method of the same name and arguments, in a thread."""

    @functools.wraps(method)
    async def awaited(cognito: AsyncCognito, /, *args: Arguments.args, **options: Arguments.kwargs) -> AsyncSession:
        return AsyncSession(await asyncio.to_thread(method, cognito.blocking, *args, **options))

    return awaited


class AsyncCognito:
    """`Cognito` for asyncio, with the same settings. What only computes is not awaited: `begin`, `logout_url` …"""

    def __init__(self, **settings: object) -> None:
        self.blocking = Cognito(**settings)  # type: ignore[arg-type]

    async def __aenter__(self) -> Self:
        """`async with AsyncCognito(…) as cognito:` closes its connections at the end."""
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """As Cognito.close."""
        await asyncio.to_thread(self.blocking.close)

    @property
    def connection(self) -> Connection:
        return self.blocking.connection

    @property
    def settings(self) -> Settings:
        return self.blocking.settings

    @property
    def session(self) -> AsyncSession:
        """The kept session. Raises SignInNeeded."""
        return AsyncSession(self.blocking.session)

    exchange = _session_by(Cognito.exchange)
    login = _session_by(Cognito.login)  # type: ignore[arg-type]  # mypy fears an **extra that is called self
    """When the task is cancelled, the listener stays until its timeout."""
    resume = _session_by(Cognito.resume)

    async def sign_in(
        self,
        username: str,
        password: str | None = None,
        answer: AskAsync | None = None,
        *,
        new_password: str | None = None,
        flow: str | None = None,
        srp: bool | None = None,
        preferred: str | None = None,
        remember_device: bool | str = False,
        client_metadata: Mapping[str, str] | None = None,
        keep: bool = False,
    ) -> AsyncSession:
        """As Cognito.sign_in; `answer` is called on the loop and may be a coroutine function."""
        given = SignInOptions.of(
            self.settings,
            username,
            password,
            new_password=new_password,
            flow=flow,
            srp=srp,
            preferred=preferred,
            remember_device=remember_device,
            client_metadata=client_metadata,
            can_ask=answer is not None,
        )
        dialogue = await asyncio.to_thread(self.blocking._begin_sign_in, given)
        signed_in = await carry_async(dialogue, self.connection.transport.send, answer or no_answer)
        return AsyncSession(await asyncio.to_thread(self.blocking._end_sign_in, given, signed_in, keep=keep))

    def begin(self, redirect_uri: str | None = None, **extra: str) -> AuthorizationRequest:
        """As Cognito.begin."""
        return self.blocking.begin(redirect_uri, **extra)

    def logout_url(self, logout_uri: str) -> str:
        """As Cognito.logout_url."""
        return self.blocking.logout_url(logout_uri)

    def guest(self, *, keep: bool = False) -> AsyncGuest:
        """As Cognito.guest."""
        return AsyncGuest(self.blocking.guest(keep=keep))

    def developer(self, vouch: Vouch) -> AsyncDeveloperIdentity:
        """As Cognito.developer; `vouch` may be a coroutine function, and is then called on the loop that asks."""
        return AsyncDeveloperIdentity(self.blocking.developer(from_a_thread(vouch)))

    async def client_credentials(self, scopes: str | Sequence[str] = ()) -> AsyncMachine:
        """As Cognito.client_credentials."""
        return AsyncMachine(await asyncio.to_thread(self.blocking.client_credentials, scopes))

    async def verify(
        self,
        token: str,
        *,
        token_use: str | None = "id",
        scopes: Collection[str] | None = None,
        groups: Collection[str] | None = None,
    ) -> VerifiedClaims:
        """As Cognito.verify."""
        verify = self.blocking.verify
        return await asyncio.to_thread(verify, token, token_use=token_use, scopes=scopes, groups=groups)
