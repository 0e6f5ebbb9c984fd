"""Passkeys: one registered by somebody signed in, and one shown in place of a password.

Source: facts/api.md §4.2; Web Authentication Level 3 §7. The order of the checks of a registration is [inferred].
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from halfday.protocol.encoding import b64url_encode
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in import passkeys as rules
from halfday.server.domain.sign_in.authentication_levels import Method, passkey_method
from halfday.server.domain.sign_in.challenge_records import (
    REGISTRATION,
    Begun,
    PasskeyRegistration,
    PasskeyRequest,
    Unreadable,
    from_memory,
    to_memory,
)
from halfday.server.domain.sign_in.codes_and_sessions import PendingChallenge, digest
from halfday.server.domain.sign_in.next_step import Challenge, Refusal
from halfday.server.domain.sign_in.passkeys import Reason
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.factors import Passkey
from halfday.server.domain.users.users import User
from halfday.server.flows.users import logged
from halfday.server.services import Services
from halfday.server.storage.errors import Stale, Taken

if TYPE_CHECKING:
    from fido2.webauthn import AuthenticationResponse

_CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey that was shown. `verified`: the authenticator verified the person, by a finger or a PIN."""

    verified: bool
    method: Method


async def start_registration(services: Services, pool: Pool, client: AppClient, user: User) -> dict[str, Any]:
    """CredentialCreationOptions, with a challenge that is good for this client and person, once. Raises Refused.

    A pool lets people register passkeys when WEB_AUTHN is one of its first factors [inferred].
    """
    if Challenge.WEB_AUTHN not in pool.first_factors:
        raise Reason.NOT_ENABLED.because(f"WEB_AUTHN is no first factor of {pool.pool_id}")
    party = await _relying_party_id(services, pool)
    if party is None:
        raise Reason.NOT_CONFIGURED.because(f"{pool.pool_id} has no relying party id and no domain")
    passkeys = await _with_room(services, pool, user)
    challenge = b64url_encode(services.random(_CHALLENGE_BYTES))
    await services.store.challenges.insert(
        PendingChallenge(
            session_hash=digest(challenge),
            pool_id=pool.pool_id,
            client_id=client.client_id,
            username=user.username,
            challenge=REGISTRATION,
            expires_at=services.clock() + rules.REGISTRATION_LIFETIME_S,
            memory=to_memory(Begun(), PasskeyRegistration(party)),
        )
    )
    return rules.creation_options(
        user,
        challenge,
        relying_party_id=party,
        user_verification=rules.user_verification(pool, user),
        passkeys=passkeys,
    )


async def complete_registration(
    services: Services, pool: Pool, client: AppClient, user: User, credential: Any
) -> Passkey:
    """The passkey, kept. `credential` is a RegistrationResponseJSON. Raises Refused.

    Once the challenge is known to be this person's at this client it is used up, whatever else is wrong. The limit is
    looked at before: botocore asks again after a LimitExceededException.
    """
    from halfday.server.outside import webauthn

    if Challenge.WEB_AUTHN not in pool.first_factors:
        raise Reason.NOT_ENABLED.because(f"WEB_AUTHN is no first factor of {pool.pool_id}")
    response = webauthn.read_registration(credential)
    challenge = webauthn.challenge_of(response)
    await _with_room(services, pool, user)
    pending = await _challenge(services, pool, client, user, challenge)
    party = _party_of(pending)
    expected = webauthn.Expected(challenge, party, rules.user_verification(pool, user))
    try:
        made = webauthn.check_registration(response, expected, credential)
    except Refused:
        await services.store.challenges.take(pool.pool_id, pending.session_hash)
        raise
    passkey = Passkey(
        pool_id=pool.pool_id,
        username=user.username,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        relying_party_id=party,
        name=rules.friendly_name(made.aaguid, made.attachment),
        created_at=services.clock(),
        transports=made.transports,
        attachment=made.attachment,
    )
    try:
        async with services.store.unit(pool.pool_id):
            if await services.store.challenges.take(pool.pool_id, pending.session_hash) is None:
                raise Reason.NO_CHALLENGE.because("the challenge was used meanwhile")
            await _with_room(services, pool, user)
            await services.store.passkeys.insert(passkey)
    except Taken as problem:
        await services.store.challenges.take(pool.pool_id, pending.session_hash)
        raise Reason.REGISTERED.because(f"credential {made.credential_id} is somebody's already") from problem
    return passkey


async def start_authentication(services: Services, pool: Pool, user: User) -> tuple[str, PasskeyRequest]:
    """(CREDENTIAL_REQUEST_OPTIONS, what its answer is checked against). Raises Refused.

    Passkeys of a relying party that the pool no longer is are not asked for: no browser would show them [inferred].
    """
    party = await _relying_party_id(services, pool)
    if party is None:
        raise Refusal.WRONG.because(f"{pool.pool_id} has no relying party id and no domain")
    all_of_them = await services.store.passkeys.of_user(pool.pool_id, user.username)
    options = rules.request_options(
        challenge := b64url_encode(services.random(_CHALLENGE_BYTES)),
        relying_party_id=party,
        user_verification=rules.user_verification(pool, user),
        passkeys=[passkey for passkey in all_of_them if passkey.relying_party_id == party],
    )
    return json.dumps(options, separators=(",", ":")), PasskeyRequest(challenge, party)


async def check_authentication(
    services: Services, pool: Pool, user: User, request: PasskeyRequest, credential_json: str
) -> Shown:
    """What was shown, once the proof holds; the authenticator's counter has moved on then.

    `request` is what start_authentication gave. Raises Refused. The caller sees to it that a session is answered
    once: synchronised passkeys do not count, so that this alone would take the same answer again.
    """
    from halfday.server.outside import webauthn

    verification = rules.user_verification(pool, user)
    expected = webauthn.Expected(request.passkey_challenge, request.relying_party_id, verification)
    try:
        response = webauthn.read_authentication(_parse(credential_json))
        passkey = await _passkey_of(services, pool, user, response)
        proof = webauthn.check_authentication(response, expected, passkey)
    except Refused as refused:
        raise Refusal.WRONG.because(f"passkey of {logged(user)}: {refused.detail}") from refused
    if not rules.counter_advanced(passkey.sign_count, proof.sign_count):
        raise Refusal.WRONG.because(f"passkey of {logged(user)}: its counter went back, it may be a copy")
    try:
        await services.store.passkeys.count_use(passkey, proof.sign_count)
    except Stale as problem:
        raise Refusal.WRONG.because(f"passkey of {logged(user)} was used or deleted meanwhile") from problem
    return Shown(proof.verified, passkey_method(passkey.attachment, passkey.transports))


async def _relying_party_id(services: Services, pool: Pool) -> str | None:
    domains = await services.store.domains.all_of_pool(pool.pool_id)
    return rules.relying_party_id(pool.passkeys, domains, urlsplit(services.origin).hostname or "localhost")


async def _with_room(services: Services, pool: Pool, user: User) -> list[Passkey]:
    """The person's passkeys, of which there may be one more. Raises Refused."""
    passkeys = await services.store.passkeys.of_user(pool.pool_id, user.username)
    if len(passkeys) >= rules.MOST_PER_USER:
        raise Reason.TOO_MANY.because(f"{logged(user)} has {len(passkeys)} passkeys")
    return passkeys


async def _challenge(services: Services, pool: Pool, client: AppClient, user: User, challenge: str) -> PendingChallenge:
    """This person's challenge at this client, not used up by this. Raises Refused."""
    pending = await services.store.challenges.find(pool.pool_id, digest(challenge))
    if pending is None or pending.challenge != REGISTRATION or pending.username != user.username:
        raise Reason.NO_CHALLENGE.because(f"{logged(user)} was given no such challenge, or used it")
    if pending.client_id != client.client_id:
        raise Reason.OTHER_CLIENT.because(f"the challenge was made for client {pending.client_id}")
    if services.clock() >= pending.expires_at:
        raise Reason.NO_CHALLENGE.because("the challenge has expired")
    return pending


def _party_of(pending: PendingChallenge) -> str:
    """The relying party that the challenge was made for. Raises Refused."""
    try:
        _, record = from_memory(pending.challenge, pending.memory)
    except Unreadable as problem:
        raise Reason.NO_CHALLENGE.because(f"another version kept it: {problem}") from problem
    if not isinstance(record, PasskeyRegistration):
        raise Reason.NO_CHALLENGE.because("it is no registration's")
    return record.relying_party_id


async def _passkey_of(services: Services, pool: Pool, user: User, response: AuthenticationResponse) -> Passkey:
    """The passkey that was shown, this very person's. Raises Refused."""
    passkey = await services.store.passkeys.find_by_credential(pool.pool_id, b64url_encode(response.raw_id))
    handle = response.response.user_handle
    if passkey is None or passkey.username != user.username or handle not in (None, user.sub.encode()):
        raise Reason.MALFORMED.because("the credential is unknown, or somebody else's")
    return passkey


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise Reason.MALFORMED.because("CREDENTIAL is not JSON") from problem
