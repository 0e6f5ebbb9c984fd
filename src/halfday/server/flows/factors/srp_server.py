"""The server's half of SRP, for passwords and devices alike: its first message, and the check of the signature.

Source: facts/api.md §4.1.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from halfday.protocol import srp
from halfday.protocol.identifiers import pool_name_of
from halfday.server.domain.sign_in.challenge_records import DevicePasswordVerifier, PasswordVerifier
from halfday.server.domain.users.factors import Device
from halfday.server.domain.users.users import User
from halfday.server.services import Services

_SECRET_BLOCK_BYTES = 64


@dataclass(frozen=True, slots=True)
class Prover:
    """Who proves a password by SRP: a user in their pool, or a device in its group."""

    verifier: srp.Verifier = field(repr=False)
    group_name: str
    name: str


@dataclass(frozen=True, slots=True)
class FirstMessage:
    """What the server sends for an SRP_A. `private` is the number behind `public`, hexadecimal, to be kept."""

    salt: str
    secret_block: str
    public: str
    private: str = field(repr=False)

    def parameters(self, username: str) -> dict[str, str]:
        """Those of PASSWORD_VERIFIER and DEVICE_PASSWORD_VERIFIER."""
        return {
            "SALT": self.salt,
            "SECRET_BLOCK": self.secret_block,
            "SRP_B": self.public,
            "USERNAME": username,
        }


@dataclass(frozen=True, slots=True)
class Signature:
    """The answer: the password's proof over the secret block and the time."""

    secret_block: str
    signature: str
    timestamp: str


def user_prover(user: User) -> Prover:
    return Prover(srp.Verifier(user.srp_salt, user.srp_verifier), pool_name_of(user.pool_id), user.username)


def device_prover(device: Device) -> Prover:
    return Prover(srp.Verifier(device.srp_salt, device.srp_verifier), device.group_key, device.device_key)


def first_message(services: Services, prover: Prover) -> FirstMessage:
    """A new private number and a new secret block."""
    private = services.random(srp.PRIVATE_BYTES)
    public = srp.ServerStart(prover.verifier, private).public
    secret_block = base64.b64encode(services.random(_SECRET_BLOCK_BYTES)).decode()
    return FirstMessage(prover.verifier.salt_hex, secret_block, public, private.hex())


def is_signed(prover: Prover, kept: PasswordVerifier | DevicePasswordVerifier, answer: Signature) -> bool:
    """Whether whoever signed knows the prover's password."""
    return srp.ServerStart(prover.verifier, bytes.fromhex(kept.b), public=kept.srp_b).signature_is_valid(
        answer.signature,
        kept.srp_a,
        pool_name=prover.group_name,
        user_id=prover.name,
        secret_block_b64=answer.secret_block,
        timestamp=answer.timestamp,
    )
