"""Whether a session that was found is still valid. A session that cannot be verified is not refused.

A session is over when Cognito refuses its refresh token for good, or when its token is another person's or app
client's. For faults of the network, a key set, the settings, a store or a clock the answer is "not now", and nobody is
signed out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from halfday.client.errors import HalfdayError, NetworkError, SessionBusy, SignInNeeded, TokenInvalid
from halfday.web.http_messages import Rejection, not_now
from halfday.web.sessions import TooLong, WebSession
from halfday.web.settings import for_the_log
from halfday.web.stores import MemoryStore, StoreFailed

OF_THE_PERSON = frozenset({"aud", "client_id", "iss", "nonce", "sub", "token_use"})
"""Claims by which a session is refused for good: it is another app client's or another person's.

The token came from Cognito and was sealed here. Whatever else is wrong with it, its key, its signature or its time, is
the fault of a key set, a cache or a clock.
"""
RENEW_AGAIN_S = 60.0

_log = logging.getLogger("halfday.web")


class SessionValidity:
    """Verifies sessions. Safe to share between threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._renewed_for_keys = MemoryStore(clock=clock)

    def is_good(self, session: WebSession) -> bool:
        """Whether the session is valid. One that is over is forgotten. Raises Rejection with 503 if that is unknown."""
        try:
            if self._is_verified(session):
                return True
            session.holder.forget()
            return False
        except HalfdayError as problem:
            raise cannot_tell(problem) from problem

    def _is_verified(self, session: WebSession) -> bool:
        """False when it is over. Raises HalfdayError when that cannot be told."""
        try:
            self._verify(session)
            return True
        except SignInNeeded:
            return False
        except TokenInvalid as problem:
            if problem.claim not in OF_THE_PERSON:
                raise
            return False

    def _verify(self, session: WebSession) -> None:
        """Verifies the claims. Tokens whose key is gone are renewed: Cognito says then whether they are still good."""
        try:
            session.claims  # noqa: B018  (verifies, and renews)
        except TokenInvalid as problem:
            if problem.claim not in ("kid", "signature") or not self._may_renew(session):
                raise
            session.renew_for_its_key()
            session.claims  # noqa: B018

    def _may_renew(self, session: WebSession) -> bool:
        """Once in RENEW_AGAIN_S, so that a key set that is behind causes few requests."""
        return self._renewed_for_keys.add(session.holder.key, "tried", expires_at=self._clock() + RENEW_AGAIN_S)


def cannot_tell(problem: HalfdayError) -> Rejection:
    """The 503 for a session that cannot be checked. The reason goes to the log."""
    _log.warning("who is signed in cannot be told: %s", for_the_log(problem))
    return Rejection(not_now("Who is signed in cannot be told at the moment. Try again in a few seconds."))


def may_pass(problem: HalfdayError) -> bool:
    """Whether the same may succeed later: Cognito was out of reach, or its token could not be verified yet."""
    return isinstance(problem, (NetworkError, SessionBusy, StoreFailed)) or (
        isinstance(problem, TokenInvalid) and problem.claim not in OF_THE_PERSON
    )


def sentence_for(problem: HalfdayError) -> str:
    """The page's sentence. The person cannot mend it, but can tell whoever runs the application."""
    if isinstance(problem, TooLong):
        return (
            f"The sign-in worked, but {problem}. They grow with the groups that the person is in. "
            "Whoever runs this application can keep sessions on the server."
        )
    return "The sign-in did not succeed."


NOT_REVOKED = (
    "You are signed out in this browser, but Cognito could not be told: what was handed out before stays good until it "
    "ends, for the refresh token up to days. Change your password if somebody else may have it."
)
