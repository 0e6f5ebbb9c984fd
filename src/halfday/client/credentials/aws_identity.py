"""An identity of the identity pool and its AWS credentials, renewed when they are asked for.

A subclass says whose identity it is: a signed-in person's (`session`), a guest's, or that of somebody whom one's own
backend vouches for (`identities`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from halfday.client.connection import Connection
from halfday.client.credentials.aws_state import AwsState
from halfday.client.errors import ApiRefused, HalfdayError, NetworkError, SessionBusy, TokenInvalid
from halfday.client.token_store.token_cache import TokenCache, renew_at
from halfday.client.transport.thread_locks import ThreadLock
from halfday.protocol.credentials import Credentials

if TYPE_CHECKING:
    import boto3
    from aiobotocore.session import AioSession

    from halfday.client.transport.wire import Flow

Result = TypeVar("Result")

PUT_OFF_S = 60
"""When a renewal ahead of time has failed, it is not tried again for so long."""


class AwsIdentity:
    """An identity id and its AWS credentials. Safe to share between threads."""

    def __init__(self, connection: Connection, *, cache: TokenCache | None = None) -> None:
        self._connection = connection
        self._cache = cache
        self._lock = ThreadLock()
        self._put_off_until = 0.0

    @property
    def identity_id(self) -> str:
        """The id in the identity pool, which policies name `${cognito-identity.amazonaws.com:sub}`."""
        if self._good_identity_id() is None:
            from halfday.client.credentials import identity_pool as aws

            with self._exclusive():
                if self._good_identity_id() is None:
                    identity_id = self._run(aws.get_id(self._connection.settings, self._logins()))
                    self._set_aws(AwsState(self._place(), identity_id))
        found = self._good_identity_id()
        assert found is not None
        return found

    def credentials(self) -> Credentials:
        """AWS credentials with life left in them (token_cache.renew_at); while renewal fails, those not ended yet."""
        self._renew_ahead(self.credentials_are_old, self._fetch_credentials, self._has_good_credentials)
        found = self._aws().credentials
        assert found is not None
        return found

    def credentials_are_old(self) -> bool:
        """Whether the next credentials asked for have to be fetched."""
        state, now = self._aws(), self._connection.clock()
        if state.credentials is None or not self._has_good_credentials():
            return True
        return now >= renew_at(state.credentials.expires_at, state.received_at) and not self._is_put_off(now)

    def boto3(self, **options: object) -> boto3.Session:
        """A boto3.Session whose credentials renew themselves. `options` are boto3.Session's own."""
        from halfday.client.credentials.botocore import boto3_session

        return boto3_session(self, self._connection.settings, options)

    def aiobotocore(self, *, region_name: str | None = None) -> AioSession:
        """An aiobotocore session whose credentials renew themselves, for asyncio."""
        from halfday.client.credentials.aiobotocore import aiobotocore_session

        return aiobotocore_session(self, self._connection.settings, region_name)

    def console_link(self, *, service: str | None = None, destination: str | None = None) -> str:
        """A link, good for 15 minutes and a secret, that signs a browser in to the AWS console (`console`)."""
        from halfday.client.credentials.console import sign_in_link

        settings = self._connection.settings
        return self._run(sign_in_link(settings, self.credentials(), service=service, destination=destination))

    # --- for subclasses ----------------------------------------------------------------------------------------------

    def _logins(self) -> dict[str, str]:
        """Provider → token, as GetId takes them. Empty for a guest."""
        raise NotImplementedError

    def _aws(self) -> AwsState:
        raise NotImplementedError

    def _set_aws(self, state: AwsState) -> None:
        raise NotImplementedError

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """One renewal at a time: across threads, and across processes where the session is kept. Re-entrant."""
        with self._lock as depth, contextlib.ExitStack() as stack:
            if depth == 1:
                stack.enter_context(self._alone())
            yield

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Locks what is kept against other processes, and takes over what they have renewed. Raises SessionBusy."""
        if self._cache is None:
            yield
            return
        with exclusively(self._cache):
            self._adopt()
            yield

    def _adopt(self) -> None:
        """Takes over what is kept: another process may have renewed it."""

    def _renew_ahead(self, is_old: Callable[[], bool], renew: Callable[[], None], is_good: Callable[[], bool]) -> None:
        """Renews what is old, one thread at a time. A failure is ignored as long as the old one is still good."""
        if not is_old():
            return
        try:
            with self._exclusive():
                if is_old():
                    self._renew_or_put_off(renew, is_good)
        except SessionBusy:
            if not is_good():
                raise

    def _renew_or_put_off(self, renew: Callable[[], None], is_good: Callable[[], bool]) -> None:
        try:
            renew()
        except (NetworkError, TokenInvalid):  # a new token that cannot be verified: the clock, or keys not fetched yet
            if not is_good():
                raise
            self._put_off(self._connection.clock() + PUT_OFF_S)

    def _put_off(self, until: float) -> None:
        """Until then, nothing is renewed ahead of its end."""
        self._put_off_until = until

    def _is_put_off(self, now: float) -> bool:
        """Whether a renewal ahead is put off. A time further off than PUT_OFF_S means that the clock was set back."""
        return 0 < self._put_off_until - now <= PUT_OFF_S

    def _has_good_credentials(self) -> bool:
        """Whether the credentials at hand are of this identity pool, role and flow, and have not ended."""
        state = self._aws()
        found = state.credentials if state.place == self._place() else None
        return found is not None and self._connection.clock() < found.expires_at

    def _place(self) -> str:
        return self._connection.settings.credentials_place()

    def _good_identity_id(self) -> str | None:
        state = self._aws()
        return state.identity_id if state.place == self._place() else None

    def _fetch_credentials(self) -> None:
        """Fetches credentials. Where the kept identity id is gone or another person's, a new one is asked for, once."""
        from halfday.client.credentials import identity_pool as aws

        try:
            got = self._run(self._asked_for())
        except ApiRefused as refusal:
            if not aws.identity_is_stale(refusal):
                raise
            self._set_aws(AwsState(self._place()))
            got = self._run(self._asked_for())
        identity_id, credentials = got
        now = self._connection.clock()
        if credentials.expires_at <= now:
            sentence = (
                f"the credentials that came just now have ended already, {now - credentials.expires_at:.0f} s ago"
            )
            raise HalfdayError(sentence, hint="set this machine's clock: it is ahead, and AWS refuses what it signs")
        self._set_aws(AwsState(self._place(), identity_id, credentials, now))

    def _asked_for(self) -> Flow[tuple[str, Credentials]]:
        from halfday.client.credentials import identity_pool as aws

        return aws.credentials(self._connection.settings, self.identity_id, self._logins())

    def _run(self, flow: Flow[Result]) -> Result:
        return self._connection.transport.run(flow)


@contextlib.contextmanager
def exclusively(cache: TokenCache) -> Iterator[None]:
    """As TokenCache.locked, and raises SessionBusy."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(cache.locked())
        except TimeoutError as problem:
            hint = "another halfday renews this session: see what it does"
            raise SessionBusy(str(problem), hint=hint) from problem
        yield
