"""Devices: handed out at sign-in, remembered once confirmed, proven by SRP. Source: facts/api.md §4, §4.1.

A sign-in that names no device is handed a new one: a key, and the group key that is hashed with it. Nothing is kept of
it but the key in the tokens' family, until ConfirmDevice brings its verifier. The group key is no secret, only a name
that both sides hash, so it is derived from the device key and need not be kept between sign-in and confirmation.

A remembered device then proves itself in two steps: DEVICE_SRP_AUTH is answered by SRP_A, DEVICE_PASSWORD_VERIFIER by a
signature over the group key, the device key, the secret block and the time.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from halfday.protocol import srp
from halfday.protocol.encoding import b64url_encode
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.challenge_records import DevicePasswordVerifier
from halfday.server.domain.sign_in.codes_and_sessions import TokenFamily
from halfday.server.domain.sign_in.next_step import Refusal
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.users.factors import Device
from halfday.server.domain.users.users import User
from halfday.server.flows.factors.srp_server import Signature, device_prover, first_message, is_signed
from halfday.server.flows.users import logged
from halfday.server.services import Services


@dataclass(frozen=True, slots=True)
class NewDevice:
    """NewDeviceMetadata: what the person's device keeps, to be confirmed and to sign in with."""

    device_key: str
    group_key: str


def new_device(services: Services, pool: Pool) -> NewDevice | None:
    """A device for a sign-in that names none. None where devices are not tracked."""
    if pool.devices is None:
        return None
    device_key = f"{pool.region}_{services.uuid()}"
    return NewDevice(device_key, group_key_of(device_key))


def group_key_of(device_key: str) -> str:
    """Nine characters, as AWS's `-v7w9UcY6`."""
    return "-" + b64url_encode(hashlib.sha256(device_key.encode()).digest()[:6])


async def tracked(services: Services, pool: Pool, user: User, device_key: str | None) -> Device | None:
    """The confirmed device that a sign-in names, remembered or not: its tokens are this device's, and no new one's.

    None where none is named or devices are not tracked. Raises Refused for one that is unknown or was forgotten:
    the SDKs then drop what they keep of it and sign in anew (aws-amplify/amplify-js, signInHelpers.ts).
    """
    if device_key is None or pool.devices is None:
        return None
    device = await services.store.devices.find(pool.pool_id, user.username, device_key)
    if device is None:
        raise Refused("ResourceNotFoundException", "Device does not exist.")
    return device


async def remembered(services: Services, pool: Pool, user: User, device_key: str | None) -> Device | None:
    """The device that a sign-in names, if it is to prove itself (DEVICE_SRP_AUTH). Raises as `tracked` does.

    One that is not remembered is as if it had never been used (Amplify documentation, device features).
    """
    device = await tracked(services, pool, user, device_key)
    return device if device is not None and device.remembered else None


async def start_srp(
    services: Services, pool: Pool, user: User, device_key: str, srp_a: str, *, session_hash: str
) -> tuple[dict[str, str], DevicePasswordVerifier]:
    """The parameters of DEVICE_PASSWORD_VERIFIER, and what is kept for `finish_srp`.

    `session_hash`: of the session that is handed out beside the secret block. Raises Refused.
    """
    device = await remembered(services, pool, user, device_key)
    if device is None:
        raise Refusal.WRONG.because(f"{logged(user)} has no remembered device of this key")
    try:
        srp.check_public(srp_a)
    except srp.SrpError as problem:
        raise Refusal.WRONG.because("SRP_A is not a number of the group") from problem
    first = first_message(services, device_prover(device))
    kept = DevicePasswordVerifier(first.secret_block, srp_a, first.private, first.public, session_hash)
    return {**first.parameters(user.username), "DEVICE_KEY": device.device_key}, kept


async def finish_srp(
    services: Services,
    pool: Pool,
    user: User,
    kept: DevicePasswordVerifier,
    answer: Signature,
    *,
    begun_with: str | None,
    device_key: str,
) -> Device:
    """The device whose password made this signature, authenticated now. Raises Refused.

    `begun_with`: the device whose challenge it is.
    """
    if device_key != begun_with or not hmac.compare_digest(answer.secret_block.encode(), kept.secret_block.encode()):
        raise Refusal.WRONG.because("the challenge was another device's, or had another secret block")
    device = await remembered(services, pool, user, device_key)
    if device is None:
        raise Refusal.WRONG.because("the device is not remembered any more")
    if not is_signed(device_prover(device), kept, answer):
        raise Refusal.WRONG.because(f"wrong password for device {device.device_key} of {logged(user)}")
    await services.store.devices.set_authenticated(pool.pool_id, user.username, device_key, now=services.clock())
    return device


async def may_refresh(services: Services, pool: Pool, family: TokenFamily, device_key: str | None) -> bool:
    """Whether a refresh that names this device may go on: the tokens' own device, confirmed and not forgotten.

    Tokens that came without a device are refreshed without one, and all of them where devices are tracked no more
    (re:Post, "Invalid Refresh Token"; aws/aws-sdk-cpp#851).
    """
    if family.device_key is None or pool.devices is None:
        return True
    if device_key != family.device_key:
        return False
    return await services.store.devices.find(pool.pool_id, family.username, device_key) is not None
