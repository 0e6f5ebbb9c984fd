"""Who signed a request: found by access key id, and proven by SigV4.

A refusal is SignatureRefused, neutral; `signature_errors` says it in the words of a family of AWS's protocols.
"""

from __future__ import annotations

import hmac
import re
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.requests import Request

from halfday.protocol.sigv4_check import check_payload_form, check_scope, verify
from halfday.protocol.sigv4_claim import Claimed, Reason, SignatureRefused, parse
from halfday.server import reachability as reach
from halfday.server.clock import machine_time
from halfday.server.domain.aws.callers import Root, SignedCaller, SignedUser
from halfday.server.domain.aws.iam_users import AccessKey, LastUse
from halfday.server.domain.aws.sessions import IssuedCredentials, SessionKind
from halfday.server.flows.identity.held_policies import held_by
from halfday.server.flows.identity.session_callers import session_caller
from halfday.server.http.requests.parameters import raw_path
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

TEMPORARY_PREFIX, LASTING_PREFIX = "ASIA", "AKIA"

USE_NOTED_S = 60

_WIRE = re.compile(rb"[!-~]*")

_CLAIMED = "halfday.claimed"


def read_claim(request: Request) -> Claimed:
    """What the request says of its signer, unproven; read once a request. Raises SignatureRefused.

    Of bytes beyond ASCII, path and query get the escapes that they should have had; headers are read as UTF-8.
    """
    kept: Claimed | None = request.scope.get(_CLAIMED)
    if kept is None:
        headers = [
            (name.decode("utf-8", "surrogateescape").lower(), value.decode("utf-8", "surrogateescape"))
            for name, value in request.scope["headers"]
        ]
        query = _ascii(request.scope["query_string"])
        kept = request.scope[_CLAIMED] = parse(request.method, wire_path(request), query, headers)
    return kept


def wire_path(request: Request) -> str:
    """The path as on the wire, percent-encoded."""
    return _ascii(raw_path(request))


async def prove(
    claimed: Claimed, body: bytes, service: str, services: Services, *, body_hash: str = ""
) -> SignedCaller:
    """The proven signer of a request to this service. `body_hash` is the body's hash where it is known already.

    Credentials issued here, and access keys of IAM users, are always verified. Any other pair is the account's root:
    the one of the settings, or under relaxed signatures any pair at all, unseen, but for ids that only temporary
    credentials have and for those of access keys that were deleted here. Raises SignatureRefused.
    """
    issued = await _issued(claimed.access_key_id, services)
    check_scope(claimed, service)
    check_payload_form(claimed, service)
    signed = _Signed(claimed, body, service, services, body_hash)
    if issued is not None:
        return await _prove_session(signed, issued)
    access_key = await services.store.access_keys.find(claimed.access_key_id)
    if access_key is not None:
        return await _prove_user(signed, access_key)
    return await _prove_root(signed)


async def _issued(access_key_id: str, services: Services) -> IssuedCredentials | None:
    """All that are issued here have such an id: no other is looked for in the database."""
    if not access_key_id.startswith(TEMPORARY_PREFIX):
        return None
    return await services.store.credentials.find(access_key_id)


@dataclass(frozen=True, slots=True)
class _Signed:
    """A request, and what its signature is held against."""

    claimed: Claimed
    body: bytes = field(repr=False)
    service: str
    services: Services
    body_hash: str

    def verify(self, secret_access_key: str) -> float:
        """The server's time at which it was verified. Raises SignatureRefused.

        Who signs goes by their machine's time, wherever the server's was moved to.
        """
        verify(
            self.claimed,
            service=self.service,
            secret_access_key=secret_access_key,
            body=self.body,
            now=machine_time(self.services.clock),
            body_hash=self.body_hash,
        )
        return self.services.clock()


async def _prove_session(signed: _Signed, issued: IssuedCredentials) -> SignedCaller:
    """Checks token, signature and expiry, then that the role or user is still the one they were issued for."""
    claimed, key = signed.claimed, issued.access_key_id
    if claimed.session_token is None:
        raise SignatureRefused(Reason.UNKNOWN_KEY, logged=f"{key}: the session token was not sent along")
    if not _same(claimed.session_token, issued.session_token):
        raise SignatureRefused(Reason.TOKEN_INVALID, logged=f"{key}: the session token is not the one issued with it")
    now = signed.verify(issued.secret_access_key)
    if now >= issued.expires_at:
        raise SignatureRefused(Reason.TOKEN_EXPIRED, logged=f"{key}: expired {now - issued.expires_at:.0f} s ago")
    caller = await session_caller(signed.services, issued)
    if caller is None:
        gone = f"role {issued.role_name}" if issued.role_name else f"user {issued.user_name}"
        raise SignatureRefused(Reason.TOKEN_INVALID, logged=f"{key}: its {gone} is gone")
    if signed.service == "iam" and issued.kind is not SessionKind.ASSUMED_ROLE:
        logged = f"{key}: IAM takes no {issued.kind.value} without a second factor"
        raise SignatureRefused(Reason.TOKEN_INVALID, logged=logged)
    return caller


async def _prove_user(signed: _Signed, access_key: AccessKey) -> SignedUser:
    key, services = access_key.access_key_id, signed.services
    if not access_key.active:
        raise SignatureRefused(Reason.UNKNOWN_KEY, logged=f"{key}: the access key is inactive")
    if signed.claimed.session_token is not None:
        raise SignatureRefused(Reason.TOKEN_INVALID, logged=f"{key}: an access key takes no session token")
    now = signed.verify(access_key.secret_access_key)
    user = await services.store.iam_users.find(access_key.account, access_key.user_name)
    if user is None:
        raise SignatureRefused(Reason.UNKNOWN_KEY, logged=f"{key}: its user {access_key.user_name} is gone")
    await _note_use(signed, key, now)
    return SignedUser(user, await held_by(services, user))


async def _note_use(signed: _Signed, access_key_id: str, now: float) -> None:
    """GetAccessKeyLastUsed tells of this use, or of one a minute before. A busy database is no reason to refuse."""
    uses, region = signed.services.store.last_uses, signed.claimed.scope.region
    with suppress(Busy):
        last = await uses.find(access_key_id)
        if last is None or now - last.used_at >= USE_NOTED_S or (last.region, last.service) != (region, signed.service):
            await uses.put(LastUse(access_key_id, now, region, signed.service))


async def secret_behind(caller: SignedCaller, claimed: Claimed, services: Services) -> str | None:
    """The secret that a proven signature was made with; None where a dummy pair was taken as the root's, unchecked."""
    if caller.credentials is not None:
        return caller.credentials.secret_access_key
    if isinstance(caller, SignedUser):
        access_key = await services.store.access_keys.find(claimed.access_key_id)
        return None if access_key is None else access_key.secret_access_key
    return None if caller.taken_unseen else services.settings.root_secret_access_key


def _objection_to_dummy(claimed: Claimed, services: Services) -> str | None:
    opens_object = claimed.scope.service == "s3" and claimed.message.method in ("GET", "HEAD")
    return reach.objection_to_dummy_keys(services.settings, claimed.message.headers, opens_object=opens_object)


async def _prove_root(signed: _Signed) -> Root:
    services, claimed = signed.services, signed.claimed
    settings, key = services.settings, claimed.access_key_id
    objection = _objection_to_dummy(claimed, services)
    if key.startswith(LASTING_PREFIX) and await services.store.retired_access_keys.has(key):
        raise SignatureRefused(Reason.UNKNOWN_KEY, logged=f"{key}: the access key was deleted")
    if objection is None and not key.startswith(TEMPORARY_PREFIX):
        return Root(settings.account_id, taken_unseen=True)
    if not settings.root_access_key_id or not _same(key, settings.root_access_key_id):
        why = f"; a dummy pair will not do: {objection}" if objection else ""
        logged = f"the key was not issued here, expired long ago, or is not the root's{why}"
        raise SignatureRefused(Reason.UNKNOWN_KEY, logged=logged)
    if claimed.session_token is not None:
        raise SignatureRefused(Reason.TOKEN_INVALID, logged="the root's key takes no session token")
    signed.verify(settings.root_secret_access_key)
    return Root(settings.account_id)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))


def _ascii(raw: bytes) -> str:
    if _WIRE.fullmatch(raw):
        return raw.decode("ascii")
    return "".join(chr(byte) if 32 < byte < 127 else f"%{byte:02X}" for byte in raw)
