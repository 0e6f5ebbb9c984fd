"""What a challenge keeps until it is answered, one record a kind. Of those that are not here nothing is kept.

The store keeps them as JSON, sealed, in `PendingChallenge.memory`: a record's fields beside those of `Begun`, flat.
A row of another version is read where it has all of a record's fields. Any other one is `Unreadable`: whoever answers
it is told that the session is expired, and signs in again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, astuple, dataclass, field, fields
from typing import Any, TypeVar

from halfday.server.domain.sign_in.next_step import Challenge, Proof

REGISTRATION = "WEB_AUTHN_REGISTRATION"
"""What stands while somebody who is signed in registers a passkey: no challenge of the wire's."""


class Unreadable(Exception):
    """A kept challenge lacks what this version keeps of its kind."""


@dataclass(frozen=True, slots=True)
class ChallengeResult:
    """One challenge that was answered in a custom sign-in, as the define trigger sees it."""

    name: str
    passed: bool
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """The sign-in in which a challenge stands.

    `name` is what the person called themselves, where they still have to prove who they are. `pretence`: nobody in the
    pool signs in, and the client is not to learn it. `levels`, `auth_time`: as in flows/sign_in/challenges.SignIn.
    `methods`, `level`: what has been completed so far.
    """

    proven: tuple[Proof, ...] = ()
    device_key: str | None = None
    on_pages: bool = False
    pretence: bool = False
    name: str | None = None
    levels: tuple[int, ...] | None = None
    methods: tuple[str, ...] = ()
    level: int = 0
    auth_time: float | None = None


@dataclass(frozen=True, slots=True)
class NothingKept:
    """The answer is checked against what is kept of the user: a password, an authenticator app, a device."""


@dataclass(frozen=True, slots=True)
class PasswordVerifier:
    """PASSWORD_VERIFIER: the server's half of SRP. `b` is its private number.

    `session_hash`: of the session that was handed out beside the secret block. `results`: a custom sign-in's, so far.
    """

    srp_a: str = field(repr=False)
    b: str = field(repr=False)
    srp_b: str = field(repr=False)
    session_hash: str | None = None
    results: tuple[ChallengeResult, ...] | None = None


@dataclass(frozen=True, slots=True)
class DevicePasswordVerifier:
    """DEVICE_PASSWORD_VERIFIER: the same of a device, which is `Begun.device_key`."""

    secret_block: str
    srp_a: str = field(repr=False)
    b: str = field(repr=False)
    srp_b: str = field(repr=False)
    session_hash: str


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """SMS_MFA, SMS_OTP, EMAIL_OTP: the code, and where it went. `first`: it is the first factor.

    `is_new`: the address was given in this sign-in, and is the person's once the code comes back.
    """

    code: str = field(repr=False)
    attribute: str
    address: str = field(repr=False)
    first: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class FirstFactorChoice:
    """SELECT_CHALLENGE: the first factors that were offered."""

    available: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MfaChoice:
    """SELECT_MFA_TYPE: the second factors that were offered."""

    factors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MfaSetup:
    """MFA_SETUP. `set_up`: an app has been registered since, and the challenge waits for its answer only."""

    set_up: bool = False


@dataclass(frozen=True, slots=True)
class PasskeyRequest:
    """WEB_AUTHN: what the authenticator signs, and for whom. Empty in a pretence, which no passkey answers."""

    passkey_challenge: str = ""
    relying_party_id: str = ""


@dataclass(frozen=True, slots=True)
class PasskeyRegistration:
    """A passkey that is being registered, for this relying party."""

    relying_party_id: str


@dataclass(frozen=True, slots=True)
class CustomChallenge:
    """CUSTOM_CHALLENGE: the results so far, and what the create trigger said that the answer is held against."""

    results: tuple[ChallengeResult, ...]
    private: Mapping[str, str] = field(repr=False)
    metadata: str | None = None


Record = (
    NothingKept
    | PasswordVerifier
    | DevicePasswordVerifier
    | OneTimeCode
    | FirstFactorChoice
    | MfaChoice
    | MfaSetup
    | PasskeyRequest
    | PasskeyRegistration
    | CustomChallenge
)

_RECORDS: Mapping[str, type[Record]] = {
    Challenge.PASSWORD_VERIFIER: PasswordVerifier,
    Challenge.DEVICE_PASSWORD_VERIFIER: DevicePasswordVerifier,
    Challenge.SMS_MFA: OneTimeCode,
    Challenge.SMS_OTP: OneTimeCode,
    Challenge.EMAIL_OTP: OneTimeCode,
    Challenge.SELECT_CHALLENGE: FirstFactorChoice,
    Challenge.SELECT_MFA_TYPE: MfaChoice,
    Challenge.MFA_SETUP: MfaSetup,
    Challenge.WEB_AUTHN: PasskeyRequest,
    Challenge.CUSTOM_CHALLENGE: CustomChallenge,
    REGISTRATION: PasskeyRegistration,
}

T = TypeVar("T")


def record_of(challenge: str) -> type[Record]:
    return _RECORDS.get(challenge, NothingKept)


def to_memory(begun: Begun, record: Record) -> dict[str, Any]:
    memory = {each.name: getattr(part, each.name) for part in (begun, record) for each in fields(part)}
    if memory.get("results") is not None:
        memory["results"] = [astuple(result) for result in memory["results"]]
    return memory


def from_memory(challenge: str, memory: Mapping[str, Any]) -> tuple[Begun, Record]:
    """Raises Unreadable."""
    return _read(Begun, memory), _read(record_of(challenge), memory)


def _read(kind: type[T], memory: Mapping[str, Any]) -> T:
    values = {}
    for each in fields(kind):  # type: ignore[arg-type]
        if each.name in memory:
            values[each.name] = _value(each.name, memory[each.name])
        elif each.default is MISSING:
            raise Unreadable(f"{kind.__name__} without {each.name}")
    return kind(**values)


def _value(name: str, value: Any) -> Any:
    """JSON has lists for tuples, texts for proofs, and lists for results."""
    if name == "proven":
        return tuple(map(Proof, value))
    if name == "results" and value is not None:
        return tuple(ChallengeResult(*result) for result in value)
    return tuple(value) if isinstance(value, list) else value
