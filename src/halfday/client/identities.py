"""Identities without a sign-in at a user pool: guests, and people whom one's own backend vouches for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from halfday.client.connection import Connection
from halfday.client.credentials.aws_identity import AwsIdentity
from halfday.client.credentials.aws_state import AwsState, read_aws_state
from halfday.client.token_store.token_cache import TokenCache

DEVELOPER_PROVIDER = "cognito-identity.amazonaws.com"


class Guest(AwsIdentity):
    """Made by Cognito.guest(). With a cache this machine stays the same guest, and its credentials are kept."""

    def __init__(self, connection: Connection, *, cache: TokenCache | None = None) -> None:
        super().__init__(connection, cache=cache)
        self._state = _kept(cache)

    def __repr__(self) -> str:
        return f"Guest(kept={self._cache is not None})"

    def forget(self) -> None:
        """The next identity asked for is another guest's."""
        with self._exclusive():
            self._state = AwsState()
            if self._cache is not None:
                self._cache.forget()

    def _logins(self) -> dict[str, str]:
        return {}

    def _aws(self) -> AwsState:
        return self._state

    def _set_aws(self, state: AwsState) -> None:
        self._state = state
        if self._cache is not None:
            self._cache.save({"aws": _record(state)})

    def _adopt(self) -> None:
        """Takes over the kept guest: of ten programs that begin at once, only one may ask for a new guest."""
        self._state = _kept(self._cache)


class DeveloperIdentity(AwsIdentity):
    """Made by Cognito.developer(). `vouch` returns (identity id, token). It is called when they are needed."""

    def __init__(self, connection: Connection, vouch: Callable[[], tuple[str, str]]) -> None:
        super().__init__(connection)
        self._vouch = vouch
        self._state = AwsState()

    def _logins(self) -> dict[str, str]:
        """The token that GetOpenIdTokenForDeveloperIdentity gave the backend, for the identity that it names."""
        identity_id, token = self._vouch()
        if self._state.identity_id != identity_id:
            self._state = AwsState(self._place(), identity_id)
        return {DEVELOPER_PROVIDER: token}

    @property
    def identity_id(self) -> str:
        """The id that the backend says. The identity pool is not asked for it."""
        if self._good_identity_id() is None:
            with self._exclusive():
                self._logins()
        return str(self._state.identity_id)

    def _aws(self) -> AwsState:
        return self._state

    def _set_aws(self, state: AwsState) -> None:
        self._state = state


def _kept(cache: TokenCache | None) -> AwsState:
    record = cache.load() if cache is not None else None
    try:
        return read_aws_state(record["aws"]) if record else AwsState()
    except (KeyError, TypeError):
        return AwsState()


def _record(state: AwsState) -> dict[str, object]:
    return dataclasses.asdict(state)
