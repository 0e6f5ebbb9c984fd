"""The sign-in state machine: what stands between a first proof and tokens. Pure, and tested as a table.

A sign-in gathers proofs. After each, `next_step` looks at all that is known and says which challenge comes next, that
it is refused, or that nothing stands in the way of tokens. No other code decides that. What leads to the level that an
app asked for is in `stepping_up`.

Source: facts/api.md §4 (order after a correct primary factor), §5 (sentences).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from halfday.server.domain.refusals import Rule
from halfday.server.domain.sign_in import stepping_up
from halfday.server.domain.sign_in.authentication_levels import Authentication
from halfday.server.domain.user_pools.pools import EMAIL_OTP, MFA_FACTORS, SMS_MFA, SOFTWARE_TOKEN_MFA, MfaPolicy, Pool
from halfday.server.domain.users.users import User, UserStatus


class Challenge(StrEnum):
    """The challenges' names on the wire (API reference, ChallengeNameType)."""

    NEW_PASSWORD_REQUIRED = "NEW_PASSWORD_REQUIRED"
    PASSWORD = "PASSWORD"
    PASSWORD_SRP = "PASSWORD_SRP"
    PASSWORD_VERIFIER = "PASSWORD_VERIFIER"
    SELECT_CHALLENGE = "SELECT_CHALLENGE"
    SMS_OTP = "SMS_OTP"
    EMAIL_OTP = "EMAIL_OTP"
    WEB_AUTHN = "WEB_AUTHN"
    CUSTOM_CHALLENGE = "CUSTOM_CHALLENGE"
    DEVICE_SRP_AUTH = "DEVICE_SRP_AUTH"
    DEVICE_PASSWORD_VERIFIER = "DEVICE_PASSWORD_VERIFIER"
    SMS_MFA = "SMS_MFA"
    SOFTWARE_TOKEN_MFA = "SOFTWARE_TOKEN_MFA"
    SELECT_MFA_TYPE = "SELECT_MFA_TYPE"
    MFA_SETUP = "MFA_SETUP"


class Proof(StrEnum):
    """What somebody has shown in a sign-in under way."""

    PASSWORD = "password"
    OTP = "otp"
    PASSKEY = "passkey"
    VERIFIED_PASSKEY = "verified passkey"
    """The authenticator verified the person, by a finger or a PIN: two factors in one."""
    CUSTOM = "custom"
    SIGNED_UP = "signed up"
    """The session that ConfirmSignUp handed out."""
    DEVICE = "device"
    SECOND = "second"
    NEW_PASSWORD = "new password"
    """The answer to NEW_PASSWORD_REQUIRED. It proves nothing more: the tokens' function is told of it."""
    SESSION = "session"
    """Somebody is signed in already, in this browser or by an access token, and steps up."""


AFTER_SIGN_UP, AFTER_CONFIRMATION = "SIGN_UP", "CONFIRM_SIGN_UP"
"""What stands in the sessions that SignUp and ConfirmSignUp hand out: no challenges of the wire's."""

FIRST_PROOFS = frozenset(
    {
        Proof.PASSWORD,
        Proof.OTP,
        Proof.PASSKEY,
        Proof.VERIFIED_PASSKEY,
        Proof.CUSTOM,
        Proof.SIGNED_UP,
        Proof.SESSION,
    }
)

GUESSABLE_PROOFS = frozenset({Proof.PASSWORD, Proof.OTP, Proof.PASSKEY, Proof.VERIFIED_PASSKEY, Proof.SECOND})
"""Those that count for nothing while the person is locked out after wrong ones."""


class Refusal(Rule):
    """Why a sign-in ends without tokens."""

    WRONG = ("NotAuthorizedException", "Incorrect username or password.")
    UNKNOWN_USER = ("UserNotFoundException", "User does not exist.")
    DISABLED = ("NotAuthorizedException", "User is disabled.")
    LOCKED = ("NotAuthorizedException", "Password attempts exceeded")
    UNCONFIRMED = ("UserNotConfirmedException", "User is not confirmed.")
    RESET_REQUIRED = ("PasswordResetRequiredException", "Password reset required for the user")
    TEMPORARY_EXPIRED = (
        "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
    )
    INVALID_SESSION = ("NotAuthorizedException", "Invalid session for the user.")
    EXPIRED_SESSION = ("NotAuthorizedException", "Invalid session for the user, session is expired.")
    NO_FACTOR = ("InvalidParameterException", "User has no second factor that this user pool accepts.")
    PAGES_CANNOT = (
        "NotAuthorizedException",
        "This sign-in asks for something that these pages cannot show yet. Please sign in through your app.",
    )
    WRONG_CODE = ("CodeMismatchException", "Invalid code or auth state for the user.")
    WRONG_TOTP = ("CodeMismatchException", "Invalid code received for user")
    USED_TOTP = ("ExpiredCodeException", "Your software token has already been used once.")
    OUT_OF_REACH = (
        "InvalidParameterException",
        "User has no authentication factors that satisfy a requested ACR value.",
    )
    NO_TOTP = ("SoftwareTokenMFANotFoundException", "Software Token MFA does not exist for the user.")


WHEN_ANSWERING = frozenset({Refusal.WRONG_CODE, Refusal.WRONG_TOTP, Refusal.USED_TOTP, Refusal.NO_TOTP})
"""Refusals of the answer to a challenge. InitiateAuth does not declare their codes."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides what comes next in a sign-in.

    `factors` are the second factors that the person can answer to, `preferred` the one among them to be asked for,
    `can_set_up` those that could be set up now. `remembered_device`: the person names a device that is remembered.
    `levels` are those that the app asked for, `shown` what the person has completed, and `all_factors` what they have.
    """

    proven: frozenset[Proof]
    status: UserStatus = UserStatus.CONFIRMED
    temporary_expired: bool = False
    mfa: MfaPolicy = field(default_factory=MfaPolicy)
    factors: tuple[str, ...] = ()
    preferred: str | None = None
    can_set_up: tuple[str, ...] = ()
    remembered_device: bool = False
    device_suffices: bool = False
    passkey_suffices: bool = False
    levels: tuple[int, ...] = ()
    shown: Authentication = field(default_factory=Authentication)
    all_factors: tuple[str, ...] = ()

    @property
    def ways_on(self) -> tuple[str, ...] | None:
        """The factors that lead to a level that was asked for; () for none needed, None for none that does."""
        return stepping_up.ways_on(self.levels, self.shown, self.all_factors) if self.levels else ()


def next_step(standing: Standing) -> Challenge | Refusal | None:
    """The next challenge; or the refusal that ends the sign-in; or None, when tokens may be issued."""
    if not standing.proven & FIRST_PROOFS:
        return Refusal.INVALID_SESSION
    return _step_of_status(standing) or _step_of_device(standing) or _step_of_mfa(standing) or _step_of_level(standing)


def _step_of_status(standing: Standing) -> Challenge | Refusal | None:
    match standing.status:
        case UserStatus.UNCONFIRMED:
            return Refusal.UNCONFIRMED
        case UserStatus.RESET_REQUIRED:
            return Refusal.RESET_REQUIRED
        case UserStatus.FORCE_CHANGE_PASSWORD if Proof.PASSWORD in standing.proven:
            return Refusal.TEMPORARY_EXPIRED if standing.temporary_expired else Challenge.NEW_PASSWORD_REQUIRED
    return None


def _step_of_device(standing: Standing) -> Challenge | None:
    if standing.remembered_device and Proof.DEVICE not in standing.proven:
        return Challenge.DEVICE_SRP_AUTH
    return None


def _step_of_mfa(standing: Standing) -> Challenge | Refusal | None:
    if not needs_second_factor(standing):
        return None
    if not standing.factors:
        return Challenge.MFA_SETUP if standing.can_set_up else Refusal.NO_FACTOR
    return _one_of(codes_to_choose(standing), standing.preferred)


def _step_of_level(standing: Standing) -> Challenge | Refusal | None:
    """What leads to the level that was asked for. Nobody is asked to set up a factor for it."""
    ways = standing.ways_on
    if ways is None:
        return Refusal.OUT_OF_REACH
    if codes := codes_to_choose(standing):
        return _one_of(codes, standing.preferred)
    return Challenge(ways[0]) if ways else None


def codes_to_choose(standing: Standing) -> tuple[str, ...]:
    """The second factors among which the person may choose now.

    Those that the pool asks for; of these, those that lead to the level, where one does.
    """
    leading = tuple(way for way in standing.ways_on or () if way in stepping_up.CODES)
    if not needs_second_factor(standing):
        return leading
    return tuple(factor for factor in standing.factors if factor in leading) or standing.factors


def _one_of(codes: tuple[str, ...], preferred: str | None) -> Challenge:
    if preferred in codes:
        return Challenge(preferred)
    return Challenge(codes[0]) if len(codes) == 1 else Challenge.SELECT_MFA_TYPE


def needs_second_factor(standing: Standing) -> bool:
    """ON asks everybody; OPTIONAL those who have switched a factor on."""
    proven = standing.proven
    if standing.mfa.mode == "OFF" or (standing.mfa.mode == "OPTIONAL" and not standing.factors):
        return False
    if Proof.SECOND in proven or (Proof.DEVICE in proven and standing.device_suffices):
        return False
    return not (Proof.VERIFIED_PASSKEY in proven and standing.passkey_suffices)


def second_factors(pool: Pool, user: User, *, has_software_token: bool) -> tuple[str, ...]:
    """The second factors that the user can answer: those they switched on; if there are none and MFA is ON, all that
    they have.
    """
    possible = [name for name in pool.mfa.factors if _has(user, name, has_software_token=has_software_token)]
    switched_on = {*user.mfa_enabled, *([SMS_MFA] if user.mfa_options else [])}
    chosen = tuple(name for name in possible if name in switched_on)
    return chosen if chosen or pool.mfa.mode != "ON" else tuple(possible)


def _has(user: User, factor: str, *, has_software_token: bool) -> bool:
    needs = {SMS_MFA: "phone_number", EMAIL_OTP: "email"}
    return has_software_token if factor == SOFTWARE_TOKEN_MFA else bool(user.attributes.get(needs[factor]))


def can_set_up(pool: Pool) -> tuple[str, ...]:
    """What MFA_SETUP offers, in MFAS_CAN_SETUP's order."""
    return tuple(name for name in MFA_FACTORS if name in pool.mfa.factors)


FIRST_FACTOR_NEEDS = {Challenge.EMAIL_OTP: "email", Challenge.SMS_OTP: "phone_number"}


def first_factors(pool: Pool, user: User, *, passkeys: bool, second_factor_needed: bool) -> tuple[Challenge, ...]:
    """What USER_AUTH offers this person (facts/api.md §4, AvailableChallenges).

    Somebody of whom a second factor is asked begins with a password, or with a passkey that counts as both. Whom a
    provider signs in is signed in by nothing else (Developer guide, Authentication flows, third-party IdPs).
    """
    if user.status is UserStatus.EXTERNAL_PROVIDER:
        return ()
    allowed: Collection[str] = pool.first_factors
    offered: list[Challenge] = []
    if "PASSWORD" in allowed and user.srp_verifier:
        offered += [Challenge.PASSWORD, Challenge.PASSWORD_SRP]
    if not second_factor_needed:
        offered += [c for c, name in FIRST_FACTOR_NEEDS.items() if c in allowed and user.attributes.get(name)]
    counts = pool.passkeys is not None and pool.passkeys.counts_as_mfa
    if "WEB_AUTHN" in allowed and passkeys and (counts or not second_factor_needed):
        offered.append(Challenge.WEB_AUTHN)
    return tuple(offered)


def refusal_before_password(user: User) -> Refusal | None:
    """The refusal that does not depend on the password: the user is disabled, or has no password."""
    if not user.enabled:
        return Refusal.DISABLED
    if user.status is UserStatus.EXTERNAL_PROVIDER or not user.srp_verifier:
        return Refusal.WRONG
    return None
