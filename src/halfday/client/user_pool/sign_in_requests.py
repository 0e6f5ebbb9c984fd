"""The requests of one sign-in over the JSON API, without I/O: the user's name, the device, the proofs.

USERNAME and SECRET_HASH of every answer use the name in the challenge, which may differ from the one that was typed.
 Sources: facts/api.md §3, §4; API reference, InitiateAuth and RespondToAuthChallenge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from halfday.client.errors import ApiRefused, NetworkError
from halfday.client.settings import Settings
from halfday.client.transport import wire
from halfday.client.user_pool import api as user_pool
from halfday.client.user_pool.devices import Device, name_of_device
from halfday.protocol import srp

SRP, PASSWORD, CHOICE, CUSTOM = "USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_AUTH"
FLOWS = (SRP, PASSWORD, CHOICE, CUSTOM)

PRIVATE_BYTES = 128

Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SignInOptions:
    """What a sign-in begins with. `can_ask`: questions are answered. `remember`: this device's name, or empty."""

    username: str
    password: str | None = field(default=None, repr=False)
    new_password: str | None = field(default=None, repr=False)
    flow: str = SRP
    preferred: str | None = None
    can_ask: bool = False
    device: Device | None = None
    remember: str = ""
    client_metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        settings: Settings,
        username: str,
        password: str | None,
        *,
        new_password: str | None,
        flow: str | None,
        srp: bool | None,
        preferred: str | None,
        remember_device: bool | str,
        client_metadata: Mapping[str, str] | None,
        can_ask: bool,
    ) -> SignInOptions:
        """The arguments of `Cognito.sign_in`, blocking or awaited, with the flow that they add up to."""
        return cls(
            username,
            password,
            new_password,
            flow=flow or default_flow(settings, srp),
            preferred=preferred,
            can_ask=can_ask,
            remember=name_of_device(remember_device),
            client_metadata=client_metadata or {},
        )


def default_flow(settings: Settings, srp: bool | None) -> str:
    """SRP where the user pool, whose name SRP hashes, is known; `srp` decides otherwise."""
    return SRP if srp or (srp is None and settings.user_pool_id) else PASSWORD


class DeviceForgotten(Exception):
    """The pool does not take the device: it has forgotten it, or knows another password."""


class SignInRequests:
    """Keeps the name that the pool uses for the user, and our half of an open SRP exchange."""

    def __init__(
        self, settings: Settings, given: SignInOptions, random: Callable[[int], bytes], clock: Callable[[], float]
    ) -> None:
        self.settings = settings
        self.given = given
        self._random = random
        self._clock = clock
        self._name = given.username
        self._srp: srp.ClientStart | None = None

    def initiate(self, parameters: Mapping[str, str]) -> wire.Flow[Reply]:
        known = {"USERNAME": self._name, **self._secret_hash(), **self._device_key()}
        members = {"AuthFlow": self.given.flow, "AuthParameters": {**parameters, **known}}
        return (yield from self._call("InitiateAuth", members))

    def respond(self, reply: Reply, responses: Mapping[str, str]) -> wire.Flow[Reply]:
        """The reply to an answer to the challenge in `reply`. Raises ApiRefused, DeviceForgotten."""
        known = {"USERNAME": self._name, **self._secret_hash(), **self._device_key()}
        members = {
            "ChallengeName": reply["ChallengeName"],
            "ChallengeResponses": {**responses, **known},
            **({"Session": self.text(reply, "Session")} if reply.get("Session") else {}),
        }
        return (yield from self._call("RespondToAuthChallenge", members))

    def _call(self, operation: str, members: Mapping[str, Any]) -> wire.Flow[Reply]:
        metadata = {"ClientMetadata": dict(self.given.client_metadata)} if self.given.client_metadata else {}
        known = {"ClientId": self.settings.require("client_id"), **metadata}
        try:
            return (yield from user_pool.call(self.settings, operation, {**members, **known}))
        except ApiRefused as refusal:
            about_device = refusal.code == "ResourceNotFoundException" and "device" in refusal.message.lower()
            if about_device and self.given.device is not None:
                raise DeviceForgotten from refusal
            raise

    def text(self, members: Mapping[str, Any], name: str) -> str:
        """A member that has to be there. Raises NetworkError."""
        return wire.text_of(members, name, user_pool.endpoint(self.settings))

    def parameters_of(self, reply: Reply) -> Mapping[str, str]:
        """The challenge's parameters. Their name for the user is used from now on."""
        found = reply.get("ChallengeParameters") or {}
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            sentence = f"{user_pool.endpoint(self.settings)} answered without usable ChallengeParameters"
            raise NetworkError(sentence, kind="strange_answer")
        self._name = found.get("USER_ID_FOR_SRP") or found.get("USERNAME") or self._name
        return found

    def _secret_hash(self) -> dict[str, str]:
        return user_pool.secret_hash(self.settings, self._name)

    def _device_key(self) -> dict[str, str]:
        return {"DEVICE_KEY": self.given.device.device_key} if self.given.device else {}

    def open_srp(self) -> dict[str, str]:
        """SRP_A of a new exchange."""
        self._srp = srp.ClientStart(self._random(PRIVATE_BYTES))
        return {"SRP_A": self._srp.public}

    def proof(self, parameters: Mapping[str, str], group: str, user_id: str, password: str) -> dict[str, str]:
        """The proof of a password, for (pool name, user id), or of a device's password, for (group key, device key)."""
        if self._srp is None:
            raise NetworkError("a proof is asked for of what was not begun", kind="strange_answer")
        timestamp, block = srp.format_timestamp(self._clock()), self.text(parameters, "SECRET_BLOCK")
        try:
            signature = self._srp.claim(
                pool_name=group,
                user_id=user_id,
                password=password,
                salt_hex=self.text(parameters, "SALT"),
                srp_b_hex=self.text(parameters, "SRP_B"),
                secret_block_b64=block,
                timestamp=timestamp,
            )
        except srp.SrpError as problem:
            sentence = f"{user_pool.endpoint(self.settings)} asks for a proof with impossible SRP numbers: {problem}"
            raise NetworkError(sentence, kind="strange_answer") from problem
        return {
            "PASSWORD_CLAIM_SIGNATURE": signature,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "TIMESTAMP": timestamp,
        }
