"""Who signed a request: found by access key id, and proven by SigV4.

A refusal is SignatureRefused, neutral; `signature_errors` says it in the words of a family of AWS's protocols.
"""

from __future__ import annotations

import hmac
import re

from starlette.requests import Request

from halfday.protocol.sigv4_check import check_payload_form, check_scope, verify
from halfday.protocol.sigv4_claim import Claimed, Reason, SignatureRefused, parse
from halfday.server import reachability as reach
from halfday.server.clock import machine_time
from halfday.server.domain.aws.callers import AssumedRole, Root, SignedCaller
from halfday.server.domain.aws.roles import IssuedCredentials
from halfday.server.http.requests.parameters import raw_path
from halfday.server.services import Services

TEMPORARY_PREFIX = "ASIA"

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

    Credentials issued here are always verified. Any other pair is the account's root: the one of the settings, or
    under relaxed signatures any pair at all, unseen, but for ids that only temporary credentials have.
    Raises SignatureRefused.
    """
    issued = await services.store.credentials.find(claimed.access_key_id)
    check_scope(claimed, service)
    check_payload_form(claimed, service)
    if issued is not None:
        return await _prove_role(claimed, body, service, issued, services, body_hash)
    return _prove_root(claimed, body, service, services, body_hash)


async def _prove_role(
    claimed: Claimed, body: bytes, service: str, issued: IssuedCredentials, services: Services, body_hash: str
) -> AssumedRole:
    """Checks token, signature and expiry, then that the role is still the one that the credentials were issued for."""
    key = claimed.access_key_id
    if claimed.session_token is None:
        raise SignatureRefused(Reason.UNKNOWN_KEY, logged=f"{key}: the session token was not sent along")
    if not _same(claimed.session_token, issued.session_token):
        raise SignatureRefused(Reason.TOKEN_INVALID, logged=f"{key}: the session token is not the one issued with it")
    now = services.clock()
    secret = issued.secret_access_key
    _verify(claimed, service, secret, body, services, body_hash)
    if now >= issued.expires_at:
        raise SignatureRefused(Reason.TOKEN_EXPIRED, logged=f"{key}: expired {now - issued.expires_at:.0f} s ago")
    role = await services.store.roles.find(issued.account, issued.role_name)
    if role is None or role.role_id != issued.role_id:
        raise SignatureRefused(Reason.TOKEN_INVALID, logged=f"{key}: its role {issued.role_name} is gone")
    return AssumedRole(issued, role)


def secret_behind(caller: SignedCaller, claimed: Claimed, services: Services) -> str | None:
    """The secret that a proven signature was made with; None where a dummy pair was taken as the root's, unchecked."""
    if isinstance(caller, AssumedRole):
        return caller.credentials.secret_access_key
    objection = _objection_to_dummy(claimed, services)
    return None if _is_dummy(claimed, objection) else services.settings.root_secret_access_key


def _is_dummy(claimed: Claimed, objection: str | None) -> bool:
    """Whether the request counts as the root's only because of where it came from."""
    return objection is None and not claimed.access_key_id.startswith(TEMPORARY_PREFIX)


def _objection_to_dummy(claimed: Claimed, services: Services) -> str | None:
    opens_object = claimed.scope.service == "s3" and claimed.message.method in ("GET", "HEAD")
    return reach.objection_to_dummy_keys(services.settings, claimed.message.headers, opens_object=opens_object)


def _prove_root(claimed: Claimed, body: bytes, service: str, services: Services, body_hash: str) -> Root:
    settings, key = services.settings, claimed.access_key_id
    objection = _objection_to_dummy(claimed, services)
    if _is_dummy(claimed, objection):
        return Root(settings.account_id)
    if not settings.root_access_key_id or not _same(key, settings.root_access_key_id):
        why = f"; a dummy pair will not do: {objection}" if objection else ""
        logged = f"the key was not issued here, expired long ago, or is not the root's{why}"
        raise SignatureRefused(Reason.UNKNOWN_KEY, logged=logged)
    if claimed.session_token is not None:
        raise SignatureRefused(Reason.TOKEN_INVALID, logged="the root's key takes no session token")
    secret = settings.root_secret_access_key
    _verify(claimed, service, secret, body, services, body_hash)
    return Root(settings.account_id)


def _verify(claimed: Claimed, service: str, secret: str, body: bytes, services: Services, body_hash: str) -> None:
    """Raises SignatureRefused. Who signs goes by their machine's time, wherever the server's was moved to."""
    now = machine_time(services.clock)
    verify(claimed, service=service, secret_access_key=secret, body=body, now=now, body_hash=body_hash)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))


def _ascii(raw: bytes) -> str:
    if _WIRE.fullmatch(raw):
        return raw.decode("ascii")
    return "".join(chr(byte) if 32 < byte < 127 else f"%{byte:02X}" for byte in raw)
