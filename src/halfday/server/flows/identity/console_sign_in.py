"""The console's sign-in with temporary credentials: a sign-in token for them, and who has signed in by one.

A token is good for 15 minutes, as often as it is shown within them, and as long as the session behind it stands.
Source: IAM user guide, Enable custom identity broker access to the AWS console; facts/failures.md §7.12.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import Any

from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.domain.aws.sessions import IssuedCredentials, SessionKind
from halfday.server.domain.refusals import Refused
from halfday.server.flows.identity.sealed_texts import seal, unseal
from halfday.server.flows.identity.session_callers import session_caller
from halfday.server.services import Services

LIFETIME_S = 900
SHORTEST_SESSION_S, LONGEST_SESSION_S = 900, 43_200
_PURPOSE = "console sign-in"


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    caller: SignedCaller
    ends_at: float


async def signin_token(services: Services, session: str, duration: str | None) -> str:
    """A token for the session that these credentials, as JSON, are of. Raises Refused, with AWS's sentence.

    SessionDuration lengthens the console's session beyond the credentials', of roles that were assumed with long-term
    credentials; of others it is refused.
    """
    issued = await _issued(services, session)
    ends_at = issued.expires_at
    if duration is not None:
        if issued.kind is not SessionKind.ASSUMED_ROLE or issued.chained:
            raise _invalid("credentials", f"SessionDuration with {issued.kind.value}, chained: {issued.chained}")
        ends_at = services.clock() + _seconds(duration)
    return seal(services, _PURPOSE, [issued.access_key_id, ends_at], lifetime_s=LIFETIME_S)


async def session_by(services: Services, token: str) -> ConsoleSession | None:
    """Who signs in by this token; None when it is none, or too old, or when the session has ended meanwhile."""
    said = unseal(services, _PURPOSE, token)
    if said is None:
        return None
    access_key_id, ends_at = said
    issued = await services.store.credentials.find(access_key_id)
    if issued is None or services.clock() >= issued.expires_at:
        return None
    caller = await session_caller(services, issued)
    return None if caller is None else ConsoleSession(caller, ends_at)


async def _issued(services: Services, session: str) -> IssuedCredentials:
    """The credentials, once key and token have proven to be theirs. Those of GetSessionToken open no console."""
    given = _members(session)
    issued = await services.store.credentials.find(given["sessionId"])
    if issued is None or issued.kind is SessionKind.OWN_SESSION:
        raise _invalid("credentials", "there are no such credentials, or none that open a console")
    proven = _same(given["sessionKey"], issued.secret_access_key) & _same(given["sessionToken"], issued.session_token)
    if not proven or services.clock() >= issued.expires_at or await session_caller(services, issued) is None:
        raise _invalid("credentials", "key or token are others, or the session has ended")
    return issued


def _members(session: str) -> dict[str, str]:
    try:
        read: Any = json.loads(session)
    except (ValueError, RecursionError):
        read = None
    names = ("sessionId", "sessionKey", "sessionToken")
    if not isinstance(read, dict) or not all(isinstance(read.get(name), str) for name in names):
        raise _invalid("Session", f"it is no JSON object with {', '.join(names)}")
    return {name: read[name] for name in names}


def _seconds(duration: str) -> int:
    seconds = int(duration) if duration.isascii() and duration.isdigit() and len(duration) < 10 else 0
    if not SHORTEST_SESSION_S <= seconds <= LONGEST_SESSION_S:
        raise _invalid("SessionDuration", f"it is not between {SHORTEST_SESSION_S} and {LONGEST_SESSION_S} seconds")
    return seconds


def _invalid(parameter: str, detail: str) -> Refused:
    """AWS's sentence of credentials [seen]; of other parameters it is [inferred]."""
    return Refused("ValidationError", f"HTTP Status 400 - Invalid {parameter} parameter", detail)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
