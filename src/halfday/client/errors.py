"""Everything the client raises. Each error says what happened, and in `hint` what the person should change.

HalfdayError
├── SettingsError             a setting is missing, malformed or contradicts another
├── SignInNeeded              there is no kept session, or it can no longer be renewed
├── LoginAbandoned            the person did not finish at the sign-in page in time, or cancelled
├── Refused                   the other side understood, and said no
│   ├── CallbackRefused       the sign-in page sent an error back instead of a code
│   ├── TokenRefused          the token or revocation endpoint: an OAuth error word
│   │   └── GrantRefused      invalid_grant, with what is known about why: `findings`
│   ├── ApiRefused            a user pool or identity pool operation: a code and AWS's sentence
│   └── ChallengeRefused      a sign-in step is asked for that a password alone does not answer
├── TokenInvalid              a token failed verification: claim, expected, actual
│   └── TokenExpired          it was good once
└── NetworkError              no usable answer: not reached, cut off, too late
    └── ServerFault           an answer that says "not now": 5xx or throttling
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class HalfdayError(Exception):
    """`str(error)` is what happened; `hint` is what to change, or empty when nobody knows."""

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.hint = hint


class SettingsError(HalfdayError):
    """A setting is missing, malformed or contradicts another. Nothing was sent."""


class SignInNeeded(HalfdayError):
    """Only the person can go on: there is no kept session, or its refresh token is dead."""


class LoginAbandoned(HalfdayError):
    """No code came back within the time limit, or the person cancelled."""


class Refused(HalfdayError):
    """The other side understood the request and said no."""


class CallbackRefused(Refused):
    """The sign-in page came back with an error. `error` and `description` are its own words."""

    def __init__(self, error: str, description: str, *, hint: str = "") -> None:
        super().__init__(f"the sign-in came back with {_spell(error, description)}", hint=hint)
        self.error = error
        self.description = description


class TokenRefused(Refused):
    """The token or revocation endpoint refused. `error` is the OAuth word (RFC 6749 §5.2)."""

    def __init__(self, error: str, description: str = "", *, hint: str = "", asked: str = "token") -> None:
        super().__init__(f"the {asked} request was refused with {_spell(error, description)}", hint=hint)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found by comparing what was sent at authorize time with what was sent now.

    `certain` is False for a guess: nothing on this machine proves it. `row` is the row of facts/failures.md.
    """

    sentence: str
    change: str
    row: str
    certain: bool = True


class GrantRefused(TokenRefused):
    """invalid_grant, and what is known about why: `findings`, the likeliest first, never empty."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("invalid_grant", hint=_tell(findings))
        self.findings = tuple(findings)


class ApiRefused(Refused):
    """An AWS operation refused. `code` is the exception's name, `message` AWS's own sentence."""

    def __init__(self, operation: str, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"{operation} was refused: {code}: {message}", hint=hint)
        self.operation = operation
        self.code = code
        self.message = message


class ChallengeRefused(Refused):
    """The sign-in asks for `challenge`, which this call was given no answer to."""

    def __init__(self, challenge: str, *, hint: str = "") -> None:
        super().__init__(f"the sign-in asks for {challenge}", hint=hint)
        self.challenge = challenge


class TokenInvalid(HalfdayError):
    """A token failed verification. `claim` was looked at; `expected` and `actual` are what was wanted and found."""

    def __init__(
        self, sentence: str, *, claim: str, hint: str = "", expected: object = None, actual: object = None
    ) -> None:
        super().__init__(sentence, hint=hint)
        self.claim = claim
        self.expected = expected
        self.actual = actual


class TokenExpired(TokenInvalid):
    """The token was good once: its time is over."""


class NetworkError(HalfdayError):
    """No usable answer. Nothing is known about whether the request was acted on."""


class ServerFault(NetworkError):
    """An answer that says "not now": 5xx or throttling. `status` is the HTTP status."""

    def __init__(self, sentence: str, status: int, *, hint: str = "") -> None:
        super().__init__(sentence, hint=hint)
        self.status = status


def _spell(error: str, description: str) -> str:
    return f"{error}: {description}" if description and description != error else error


def _tell(findings: Sequence[Finding]) -> str:
    """The findings as one text: the first with its remedy, the others as further suspicions."""
    first, *others = findings
    told = "" if first.certain else "most likely, though nothing here proves it: "
    lines = [f"{told}{first.sentence}. {first.change}."]
    lines += [f"{'also' if other.certain else 'or'}: {other.sentence}. {other.change}." for other in others]
    return "\n".join(lines)
