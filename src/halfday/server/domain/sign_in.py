"""What stands between a proven password and tokens. Pure; the table that later factors extend.

Source: facts/api.md §4 (order after a correct primary factor), §5 (sentences).
"""

from __future__ import annotations

from enum import Enum

from halfday.server.domain.users import User, UserStatus

NEW_PASSWORD_REQUIRED = "NEW_PASSWORD_REQUIRED"
PASSWORD_VERIFIER = "PASSWORD_VERIFIER"


class Refusal(Enum):
    """Why a sign-in ends without tokens. The value is AWS's exception and sentence."""

    WRONG = ("NotAuthorizedException", "Incorrect username or password.")
    UNKNOWN_USER = ("UserNotFoundException", "User does not exist.")
    DISABLED = ("NotAuthorizedException", "User is disabled.")
    UNCONFIRMED = ("UserNotConfirmedException", "User is not confirmed.")
    RESET_REQUIRED = ("PasswordResetRequiredException", "Password reset required for the user")
    TEMPORARY_EXPIRED = (
        "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
    )
    INVALID_SESSION = ("NotAuthorizedException", "Invalid session for the user.")
    EXPIRED_SESSION = ("NotAuthorizedException", "Invalid session for the user, session is expired.")

    @property
    def code(self) -> str:
        return self.value[0]

    @property
    def sentence(self) -> str:
        return self.value[1]


class SignInRefused(Exception):
    """A sign-in was refused. `detail` is for the log and says what really was wrong."""

    def __init__(self, refusal: Refusal, detail: str) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal
        self.detail = detail


def refusal_before_password(user: User) -> Refusal | None:
    """What is refused whatever the password: a disabled user, and one who has none."""
    if not user.enabled:
        return Refusal.DISABLED
    if user.status is UserStatus.EXTERNAL_PROVIDER or not user.srp_verifier:
        return Refusal.WRONG
    return None


def refusal_after_password(user: User, now: float) -> Refusal | None:
    """What is refused although the password was right."""
    if user.status is UserStatus.UNCONFIRMED:
        return Refusal.UNCONFIRMED
    if user.status is UserStatus.RESET_REQUIRED:
        return Refusal.RESET_REQUIRED
    if user.status is UserStatus.FORCE_CHANGE_PASSWORD and now >= user.temporary_password_expires_at:
        return Refusal.TEMPORARY_EXPIRED
    return None


def challenge_after_password(user: User) -> str | None:
    """The challenge that stands before tokens; None when there is none left."""
    return NEW_PASSWORD_REQUIRED if user.status is UserStatus.FORCE_CHANGE_PASSWORD else None
