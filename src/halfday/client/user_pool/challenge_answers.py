"""Answers each challenge of a sign-in, without I/O: sends what is known, and asks the person for the rest.

Sources: facts/api.md §4; API reference, RespondToAuthChallenge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from halfday.client.errors import ApiRefused, ChallengeRefused, LoginAbandoned, SettingsError
from halfday.client.settings import Settings
from halfday.client.transport import wire
from halfday.client.user_pool import api as user_pool
from halfday.client.user_pool import challenges
from halfday.client.user_pool.challenges import Asked, Challenge, UnusableAnswer
from halfday.client.user_pool.dialogue import Dialogue
from halfday.client.user_pool.sign_in_requests import DeviceForgotten, Reply, SignInOptions, SignInRequests
from halfday.protocol.identifiers import pool_name_of

ATTEMPTS = 3
"""How often the person may answer one question. Pools lock users out after five wrong answers (facts/api.md §5)."""

Take = Callable[[Mapping[str, str]], wire.Flow[Reply]]


class ChallengeAnswers(SignInRequests):
    """One sign-in: its options, and the person's answers."""

    def __init__(
        self, settings: Settings, given: SignInOptions, random: Callable[[int], bytes], clock: Callable[[], float]
    ) -> None:
        super().__init__(settings, given, random, clock)
        self.password = given.password
        self._own_challenges = 0

    def answer(self, name: str, reply: Reply) -> Dialogue[Reply]:
        """The reply to an answer to the challenge. Raises ApiRefused, ChallengeRefused, LoginAbandoned."""
        parameters = self.parameters_of(reply)
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
                return (yield from self.respond(reply, (yield from self.inputs_of(name))))
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
        """The parameters for a first factor: the password, or SRP_A; none for a code, which Cognito sends first."""
        if factor == "PASSWORD":
            return {"PASSWORD": (yield from self._the_password())}
        if factor == "PASSWORD_SRP":
            return (yield from self.srp_a())
        return {}

    def srp_a(self) -> Dialogue[dict[str, str]]:
        """A new SRP exchange. The password is asked for first, because the proof has to follow within seconds."""
        pool_name_of(self.settings.require("user_pool_id"))
        yield from self._the_password()
        return self.open_srp()

    # --- one challenge each ------------------------------------------------------------------------------------------

    def _prove_password(self, reply: Reply, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        """Proves by SRP that the password is known. The password itself is not sent."""
        pool_name = pool_name_of(self.settings.require("user_pool_id"))
        password = yield from self._the_password()
        proof = self.proof(parameters, pool_name, self.text(parameters, "USER_ID_FOR_SRP"), password)
        return (yield from self.respond(reply, proof))

    def _prove_device(self, name: str, reply: Reply, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        device = self.given.device
        if device is None:
            raise ChallengeRefused(name)
        try:
            if name == "DEVICE_SRP_AUTH":
                return (yield from self.respond(reply, self.open_srp()))
            proof = self.proof(parameters, device.group_key, device.device_key, device.password)
            return (yield from self.respond(reply, proof))
        except ApiRefused as refusal:
            if refusal.code == "NotAuthorizedException":
                raise DeviceForgotten from refusal
            raise

    def _new_password(self, reply: Reply, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        def take(answers: Mapping[str, str]) -> wire.Flow[Reply]:
            attributes = {f"userAttributes.{name}": text for name, text in answers.items() if name != "password"}
            return self.respond(reply, {"NEW_PASSWORD": answers["password"], **attributes})

        return (yield from self._ask(challenges.new_password(parameters), take, self.given.new_password))

    def _choose_first_factor(self, reply: Reply, parameters: Mapping[str, str]) -> Dialogue[Reply]:
        """Sends the person's choice, with the parameters that the chosen factor needs."""
        offered = reply.get("AvailableChallenges")
        listed = offered if isinstance(offered, list) else []
        needs_user_pool = {"PASSWORD_SRP"} if "PASSWORD" in listed and not self.settings.user_pool_id else set()
        available = tuple(str(name) for name in listed if name not in {"WEB_AUTHN", *needs_user_pool})
        if not available:
            raise no_passkeys()
        chosen = (yield from self._ask(challenges.choice("SELECT_CHALLENGE", available, parameters), _keep))["answer"]
        return (yield from self.respond(reply, {"ANSWER": chosen, **(yield from self.inputs_of(chosen))}))

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
        """Sets an authenticator app up. Each request passes its Session to the next; a wrong code keeps it."""
        if not self.given.can_ask:  # checked before Cognito makes a secret that nobody would see
            raise ChallengeRefused("MFA_SETUP")
        settings = self.settings
        associated = yield from user_pool.call(
            settings, "AssociateSoftwareToken", {"Session": self.text(reply, "Session")}
        )

        def verify(answers: Mapping[str, str]) -> wire.Flow[Reply]:
            members = {"Session": self.text(associated, "Session"), "UserCode": answers["answer"]}
            return user_pool.call(settings, "VerifySoftwareToken", members)

        issuer = settings.domain.origin.partition("://")[2] if settings.domain else settings.require("user_pool_id")
        asked = challenges.authenticator(
            self.text(associated, "SecretCode"), issuer=issuer, username=self.given.username, parameters=parameters
        )
        verified = yield from self._ask(asked, verify)
        return (yield from self.respond({**reply, "Session": self.text(verified, "Session")}, {}))

    # --- asking the person -------------------------------------------------------------------------------------------

    def _ask(self, challenge: Challenge, take: Take, prepared: str | None = None) -> Dialogue[Reply]:
        """What `take` returns for the person's answer. After a wrong one they are asked again, up to ATTEMPTS times."""
        last: Exception = ChallengeRefused(challenge.name)
        for asked_before in range(ATTEMPTS):
            if asked_before or prepared is None:
                if not self.given.can_ask:
                    raise last
                prepared = yield challenge
            if prepared is None:
                hint = "begin again, and answer it; or sign in by the browser: halfday login"
                raise LoginAbandoned(f"the sign-in was given up at {challenge.name}", hint=hint)
            try:
                return (yield from take(challenges.read(challenge, prepared)))
            except UnusableAnswer as problem:
                wrong = str(problem)
                last = ChallengeRefused(challenge.name, f"the answer to {challenge.name} cannot be sent: {wrong}")
            except ApiRefused as refusal:
                if not _is_about_the_answer(challenge, refusal):
                    raise
                wrong, last = refusal.message, refusal
            challenge = replace(challenge, attempt=challenge.attempt + 1, wrong=wrong)
        raise last

    def _the_password(self) -> Dialogue[str]:
        """The password that was given; else the person is asked for it, once."""
        if self.password is None:
            if not self.given.can_ask:
                hint = "give password=, or answer=, a function that is asked for it"
                raise SettingsError(f"{self.given.flow} needs a password", hint=hint)
            asked = challenges.password("PASSWORD", self.given.username, {})
            self.password = (yield from self._ask(asked, _keep))["answer"]
        return str(self.password)

    def _taker(self, reply: Reply, member: str) -> Take:
        return lambda answers: self.respond(reply, {member: answers["answer"]})


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
"""These exceptions refuse the answer only: the sign-in's Session takes another one."""


def _is_about_the_answer(challenge: Challenge, refusal: ApiRefused) -> bool:
    """Whether another answer may be taken. An app's code that was used before counts as expired (facts/api.md §4)."""
    used_before = challenge.name == "SOFTWARE_TOKEN_MFA" and refusal.code == "ExpiredCodeException"
    return used_before or refusal.code in _WRONG_ANSWERS.get(challenge.asked, ())


def _keep(answers: Mapping[str, str]) -> wire.Flow[Reply]:
    """The answers as they are, without a request."""
    return dict(answers)
    yield  # a generator, as every Take's


def no_passkeys() -> ChallengeRefused:
    sentence = "the sign-in asks for WEB_AUTHN, a passkey, and passkeys answer to browsers only"
    return ChallengeRefused("WEB_AUTHN", sentence, hint="sign in by the browser: cognito.login(), or halfday login")


_SET_UP_ELSEWHERE = "a phone number for SMS has to be set by an administrator, or at the browser: cognito.login()"
