"""How each challenge of a sign-in is answered on the wire, without I/O.

One `Answers` a sign-in. USERNAME and SECRET_HASH of every answer are made of the name that the challenge tells, which
need not be the one that was typed. Sources: facts/api.md §4; API reference, RespondToAuthChallenge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from halfday.client import challenges, user_pool, wire
from halfday.client.challenges import Asked, Challenge, Unfit
from halfday.client.devices import Device
from halfday.client.dialogue import Dialogue
from halfday.client.errors import ApiRefused, ChallengeRefused, LoginAbandoned, NetworkError, SettingsError
from halfday.client.settings import Settings
from halfday.protocol import srp
from halfday.protocol.identifiers import pool_name_of

ATTEMPTS = 3
"""How often one question is put to the person. Pools lock out after five wrong answers (facts/api.md §5)."""
PRIVATE_BYTES = 128

Reply = dict[str, Any]
Take = Callable[[Mapping[str, str]], wire.Flow[Reply]]


@dataclass(frozen=True, slots=True)
class Given:
    """What a sign-in begins with. `can_ask`: there is somebody who answers. `remember`: this machine's name, or ""."""

    username: str
    password: str | None = field(default=None, repr=False)
    new_password: str | None = field(default=None, repr=False)
    flow: str = "USER_SRP_AUTH"
    preferred: str | None = None
    can_ask: bool = False
    device: Device | None = None
    remember: str = ""
    client_metadata: Mapping[str, str] = field(default_factory=dict)


class DeviceIsGone(Exception):
    """The pool does not take the device that was named."""


class Answers:
    """Knows who it is by the pool's own name, and keeps the half of an SRP exchange that is open."""

    def __init__(
        self, settings: Settings, given: Given, random: Callable[[int], bytes], clock: Callable[[], float]
    ) -> None:
        self.settings = settings
        self.given = given
        self._random = random
        self._clock = clock
        self._name = given.username
        self._password = given.password
        self._srp: srp.ClientStart | None = None
        self._own_challenges = 0

    def initiate(self, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        known = {"USERNAME": self._name, **self._secret_hash(), **self._device_key()}
        members = {"AuthFlow": self.given.flow, "AuthParameters": {**parameters, **known}}
        return (yield from self._call("InitiateAuth", members))

    def answer(self, name: str, reply: Reply) -> Dialogue[Reply]:
        """What comes of answering the challenge in `reply`. Raises ApiRefused, ChallengeRefused, LoginAbandoned."""
        parameters = self._parameters_of(reply)
        self._name = parameters.get("USER_ID_FOR_SRP") or parameters.get("USERNAME") or self._name
        match name:
            case "PASSWORD_VERIFIER":
                return (yield from self._prove_password(reply, parameters))
            case "SMS_MFA" | "SMS_OTP" | "EMAIL_OTP" | "SOFTWARE_TOKEN_MFA":
                return (yield from self._ask(challenges.code(name, parameters), self._taker(reply, f"{name}_CODE")))
            case "NEW_PASSWORD_REQUIRED":
                return (yield from self._new_password(reply, parameters))
            case "SELECT_MFA_TYPE":
                factors = challenges.json_list(parameters.get("MFAS_CAN_CHOOSE", ""))
                asked = challenges.choice(name, factors, parameters)
                return (yield from self._ask(asked, self._taker(reply, "ANSWER")))
            case "MFA_SETUP":
                return (yield from self._set_up_factor(reply, parameters))
            case "SELECT_CHALLENGE":
                return (yield from self._choose_first_factor(reply, parameters))
            case "PASSWORD" | "PASSWORD_SRP":
                return (yield from self._respond(reply, (yield from self.inputs_of(name))))
            case "CUSTOM_CHALLENGE":
                self._own_challenges += 1
                asked = challenges.custom(parameters, self._own_challenges)
                return (yield from self._ask(asked, self._taker(reply, "ANSWER")))
            case "DEVICE_SRP_AUTH" | "DEVICE_PASSWORD_VERIFIER":
                return (yield from self._prove_device(name, reply, parameters))
            case "WEB_AUTHN":
                raise no_passkeys()
        raise ChallengeRefused(name)

    def inputs_of(self, factor: str) -> Dialogue[dict[str, str]]:
        """What has to be sent for a first factor: the password, or SRP_A. Nothing for a code, which is sent first."""
        if factor == "PASSWORD":
            return {"PASSWORD": (yield from self._the_password())}
        if factor == "PASSWORD_SRP":
            return (yield from self.srp_a())
        return {}

    def srp_a(self) -> Dialogue[dict[str, str]]:
        """A new SRP exchange for the password. It is asked for now: the proof has to follow within seconds."""
        pool_name_of(self.settings.require("user_pool_id"))
        yield from self._the_password()
        return self._open_srp()

    # --- one challenge each ------------------------------------------------------------------------------------------

    def _prove_password(self, reply: Reply, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        """A proof that the password is known, and never the password."""
        pool_name = pool_name_of(self.settings.require("user_pool_id"))
        password = yield from self._the_password()
        proof = self._proof(parameters, pool_name, self._text(parameters, "USER_ID_FOR_SRP"), password)
        return (yield from self._respond(reply, proof))

    def _prove_device(self, name: str, reply: Reply, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        device = self.given.device
        if device is None:
            raise ChallengeRefused(name)
        try:
            if name == "DEVICE_SRP_AUTH":
                return (yield from self._respond(reply, self._open_srp()))
            proof = self._proof(parameters, device.group_key, device.device_key, device.password)
            return (yield from self._respond(reply, proof))
        except ApiRefused as refusal:
            if refusal.code == "NotAuthorizedException":
                raise DeviceIsGone from refusal
            raise

    def _new_password(self, reply: Reply, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        def take(answers: Mapping[str, str]) -> wire.Flow[Reply]:
            attributes = {f"userAttributes.{name}": text for name, text in answers.items() if name != "password"}
            return self._respond(reply, {"NEW_PASSWORD": answers["password"], **attributes})

        return (yield from self._ask(challenges.new_password(parameters), take, self.given.new_password))

    def _choose_first_factor(self, reply: Reply, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        """What the chosen factor needs goes along at once."""
        offered = reply.get("AvailableChallenges")
        listed = offered if isinstance(offered, list) else []
        available = tuple(str(name) for name in listed if name != "WEB_AUTHN")
        if not available:
            raise no_passkeys()
        chosen = (yield from self._ask(challenges.choice("SELECT_CHALLENGE", available, parameters), _keep))["answer"]
        return (yield from self._respond(reply, {"ANSWER": chosen, **(yield from self.inputs_of(chosen))}))

    def _set_up_factor(self, reply: Reply, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        offered = challenges.json_list(parameters.get("MFAS_CAN_SETUP", ""))
        possible = tuple(name for name in offered if name in ("SOFTWARE_TOKEN_MFA", "EMAIL_OTP"))
        if not possible:
            raise ChallengeRefused("MFA_SETUP", hint=_SET_UP_ELSEWHERE)
        chosen = possible[0]
        if len(possible) > 1:
            chosen = (yield from self._ask(challenges.choice("MFA_SETUP", possible, parameters), _keep))["answer"]
        if chosen == "EMAIL_OTP":
            return (yield from self._ask(challenges.email(parameters), self._taker(reply, "EMAIL")))
        return (yield from self._set_up_app(reply, parameters))

    def _set_up_app(self, reply: Reply, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        """Each of the three requests hands the session on to the next; a wrong code leaves it."""
        if not self.given.can_ask:  # before a secret is made that nobody would see
            raise ChallengeRefused("MFA_SETUP")
        settings = self.settings
        associated = yield from user_pool.call(
            settings, "AssociateSoftwareToken", {"Session": self._text(reply, "Session")}
        )

        def verify(answers: Mapping[str, str]) -> wire.Flow[Reply]:
            members = {"Session": self._text(associated, "Session"), "UserCode": answers["answer"]}
            return user_pool.call(settings, "VerifySoftwareToken", members)

        issuer = settings.domain.origin.partition("://")[2] if settings.domain else settings.require("user_pool_id")
        asked = challenges.authenticator(
            self._text(associated, "SecretCode"), issuer=issuer, username=self.given.username, parameters=parameters
        )
        verified = yield from self._ask(asked, verify)
        return (yield from self._respond({**reply, "Session": self._text(verified, "Session")}, {}))

    # --- asking the person -------------------------------------------------------------------------------------------

    def _ask(self, challenge: Challenge, take: Take, prepared: str | None = None) -> Dialogue[Reply]:
        """What comes of the person's answer. One that is wrong is asked for again, ATTEMPTS times in all."""
        last: Exception = ChallengeRefused(challenge.name)
        for asked_before in range(ATTEMPTS):
            if asked_before or prepared is None:
                if not self.given.can_ask:
                    raise last
                prepared = yield challenge
            if prepared is None:
                raise LoginAbandoned(f"the sign-in was given up at {challenge.name}")
            try:
                return (yield from take(challenges.read(challenge, prepared)))
            except Unfit as problem:
                wrong = str(problem)
                last = ChallengeRefused(challenge.name, f"the answer to {challenge.name} cannot be sent: {wrong}")
            except ApiRefused as refusal:
                if not _is_about_the_answer(challenge, refusal):
                    raise
                wrong, last = refusal.message, refusal
            challenge = replace(challenge, attempt=challenge.attempt + 1, wrong=wrong)
        raise last

    def _the_password(self) -> Dialogue[str]:
        """The one that was given, else the one that the person is asked for, once a sign-in."""
        if self._password is None:
            if not self.given.can_ask:
                hint = "give password=, or answer=, a function that is asked for it"
                raise SettingsError(f"{self.given.flow} needs a password", hint=hint)
            asked = challenges.password("PASSWORD", self.given.username, {})
            self._password = (yield from self._ask(asked, _keep))["answer"]
        return str(self._password)

    def _taker(self, reply: Reply, member: str) -> Take:
        return lambda answers: self._respond(reply, {member: answers["answer"]})

    # --- the wire ----------------------------------------------------------------------------------------------------

    def _respond(self, reply: Reply, responses: Mapping[str, str]) -> wire.Flow[Reply]:
        known = {"USERNAME": self._name, **self._secret_hash(), **self._device_key()}
        members = {
            "ChallengeName": reply["ChallengeName"],
            "ChallengeResponses": {**responses, **known},
            **({"Session": self._text(reply, "Session")} if reply.get("Session") else {}),
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
                raise DeviceIsGone from refusal
            raise

    def _text(self, members: Mapping[str, Any], name: str) -> str:
        return wire.text_of(members, name, user_pool.endpoint(self.settings))

    def _parameters_of(self, reply: Reply) -> Mapping[str, str]:
        found = reply.get("ChallengeParameters") or {}
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            sentence = f"{user_pool.endpoint(self.settings)} answered without usable ChallengeParameters"
            raise NetworkError(sentence, kind="strange_answer")
        return found

    def _secret_hash(self) -> dict[str, str]:
        return user_pool.secret_hash(self.settings, self._name)

    def _device_key(self) -> dict[str, str]:
        return {"DEVICE_KEY": self.given.device.device_key} if self.given.device else {}

    def _open_srp(self) -> dict[str, str]:
        self._srp = srp.ClientStart(self._random(PRIVATE_BYTES))
        return {"SRP_A": self._srp.public}

    def _proof(self, parameters: Mapping[str, str], group: str, user_id: str, password: str) -> dict[str, str]:
        """Of a password under (pool name, user id), or of a device's under (group key, device key)."""
        if self._srp is None:
            raise NetworkError("a proof is asked for of what was not begun", kind="strange_answer")
        timestamp, block = srp.format_timestamp(self._clock()), self._text(parameters, "SECRET_BLOCK")
        try:
            signature = self._srp.claim(
                pool_name=group,
                user_id=user_id,
                password=password,
                salt_hex=self._text(parameters, "SALT"),
                srp_b_hex=self._text(parameters, "SRP_B"),
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


_WRONG_ANSWERS: Mapping[Asked, tuple[str, ...]] = {
    Asked.CODE: ("CodeMismatchException",),
    Asked.AUTHENTICATOR: (
        "CodeMismatchException",
        "EnableSoftwareTokenMFAException",
        "InvalidParameterException",  # five digits, or letters
    ),
    Asked.NEW_PASSWORD: (
        "InvalidPasswordException",
        "PasswordHistoryPolicyViolationException",
        "InvalidParameterException",
        "AliasExistsException",
    ),
    Asked.EMAIL: ("InvalidParameterException",),
}
"""What is refused in these words is the answer, and the sign-in's session is good for another."""


def _is_about_the_answer(challenge: Challenge, refusal: ApiRefused) -> bool:
    """An authenticator app's code that was used before is expired, and the next one is not (facts/api.md §4)."""
    used_before = challenge.name == "SOFTWARE_TOKEN_MFA" and refusal.code == "ExpiredCodeException"
    return used_before or refusal.code in _WRONG_ANSWERS.get(challenge.asked, ())


def _keep(answers: Mapping[str, str]) -> wire.Flow[Reply]:
    """For an answer that is only noted: nothing is sent."""
    return dict(answers)
    yield  # a generator, as every Take's


def no_passkeys() -> ChallengeRefused:
    sentence = "the sign-in asks for WEB_AUTHN, a passkey, and passkeys answer to browsers only"
    return ChallengeRefused("WEB_AUTHN", sentence, hint="sign in by the browser: cognito.login(), or halfday login")


_SET_UP_ELSEWHERE = "a phone number for SMS has to be set by an administrator, or at the browser: cognito.login()"
