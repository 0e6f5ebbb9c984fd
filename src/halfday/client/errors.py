"""Everything the client raises. Each error says what happened, and in `hint` what the person should change.

Why it happened, and what to change, is looked up in the catalogue of causes (`causes`). The result is in `findings`. In
a traceback they follow the error as notes, and the last line is the remedy.

HalfdayError
├── SettingsError             a setting is missing, malformed or contradicts another
├── SignInNeeded              there is no kept session, or it can no longer be renewed
├── SessionBusy               another process holds the kept session, and does not let go
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

from collections.abc import Mapping, Sequence

from halfday.client.causes.catalogue import Finding as Finding
from halfday.client.causes.catalogue import Symptom
from halfday.client.causes.matching import find
from halfday.client.causes.wording import notes, tell
from halfday.protocol.pickling import Picklable
from halfday.protocol.printable import printable, printable_lines


class HalfdayError(Picklable, Exception):
    """`str(error)` is what happened; `hint` is what to change, or empty when nobody knows.

    `findings` are the causes that explain it, the likeliest first; `symptom` is what they were looked up with. A given
    `hint` replaces the look-up.

    Text from outside has been made safe to print (`printable`). An error can be copied and pickled with all its
    members, because worker processes hand errors on.
    """

    def __init__(
        self, sentence: str, *, hint: str = "", symptom: Symptom | None = None, findings: Sequence[Finding] = ()
    ) -> None:
        super().__init__(printable(sentence))
        self.symptom = symptom or Symptom(text=sentence)
        self.findings = tuple(findings) if findings or hint else find(self.symptom)
        self.hint = printable_lines(hint or tell(self.findings))
        for note in notes(self.findings, self.hint):
            self.add_note(printable_lines(note))


class SettingsError(HalfdayError):
    """A setting is missing, malformed or contradicts another. Nothing was sent."""


class SignInNeeded(HalfdayError):
    """The person has to sign in: there is no kept session, or its refresh token is dead.

    `unusable`: a session is kept, but it cannot be read or may not be trusted.
    """

    def __init__(self, sentence: str, *, hint: str = "", unusable: bool = False) -> None:
        super().__init__(sentence, hint=hint, symptom=Symptom("session", "sign_in_needed"))
        self.unusable = unusable


class SessionBusy(HalfdayError):
    """Another process has held the lock on the kept session for too long."""


class LoginAbandoned(HalfdayError):
    """No code came back within the time limit, or the person cancelled."""


class Refused(HalfdayError):
    """The other side understood the request and said no."""


class CallbackRefused(Refused):
    """The sign-in page came back with an error. `error` and `description` are its own words."""

    def __init__(self, error: str, description: str, *, hint: str = "", facts: Mapping[str, str] | None = None) -> None:
        symptom = Symptom("authorize", error, description, facts=facts or {})
        super().__init__(f"the sign-in came back with {_spell(error, description)}", hint=hint, symptom=symptom)
        self.error = printable(error)
        self.description = printable(description)


class TokenRefused(Refused):
    """The token or revocation endpoint refused. `error` is the OAuth word (RFC 6749 §5.2)."""

    def __init__(
        self,
        error: str,
        description: str = "",
        *,
        asked: str = "token",
        facts: Mapping[str, str] | None = None,
        findings: Sequence[Finding] = (),
    ) -> None:
        super().__init__(
            f"the {asked} request was refused with {_spell(error, description)}",
            symptom=Symptom("revoke" if asked == "revocation" else "token", error, description, facts=facts or {}),
            findings=findings,
        )
        self.error = printable(error)
        self.description = printable(description)


class GrantRefused(TokenRefused):
    """invalid_grant, and what is known about why: `findings`, the likeliest first, never empty."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("invalid_grant", findings=findings)


class ApiRefused(Refused):
    """An AWS operation refused. `code` is the exception's name, `message` AWS's own sentence."""

    def __init__(
        self, operation: str, code: str, message: str, *, hint: str = "", facts: Mapping[str, str] | None = None
    ) -> None:
        symptom = Symptom(place_of(operation), code, message, facts=facts or {})
        super().__init__(f"{operation} was refused: {code}: {message}", hint=hint, symptom=symptom)
        self.operation = operation
        self.code = printable(code)
        self.message = printable(message)


class ChallengeRefused(Refused):
    """The sign-in asks for `challenge`, which this call was given no answer to."""

    def __init__(self, challenge: str, sentence: str = "", *, hint: str = "") -> None:
        symptom = Symptom("idp", challenge)
        super().__init__(sentence or f"the sign-in asks for {challenge}", hint=hint, symptom=symptom)
        self.challenge = printable(challenge)


class TokenInvalid(HalfdayError):
    """A token failed verification. `claim` was looked at; `expected` and `actual` are what was wanted and found."""

    def __init__(
        self,
        sentence: str,
        *,
        claim: str,
        expected: object = None,
        actual: object = None,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        symptom = Symptom("verify", claim, sentence, facts={"claim": claim, **(facts or {})})
        super().__init__(sentence, symptom=symptom)
        self.claim = claim
        self.expected = expected
        self.actual = actual


class TokenExpired(TokenInvalid):
    """The token was good once: its time is over."""


class NetworkError(HalfdayError):
    """No usable answer. Nothing is known about whether the request was acted on.

    `kind`: dns, refused, timeout, tls, proxy, broken, waf, strange_answer, no_such_pool; empty for none of these.
    """

    def __init__(self, sentence: str, *, hint: str = "", kind: str = "") -> None:
        super().__init__(sentence, hint=hint, symptom=Symptom("network", kind, sentence))
        self.kind = kind


class ServerFault(NetworkError):
    """An answer that says "not now": 5xx or throttling. `status` is the HTTP status."""

    def __init__(self, sentence: str, status: int, *, hint: str = "") -> None:
        super().__init__(sentence, hint=hint, kind="server_fault")
        self.status = status


_PLACES = {
    "GetId": "identity",
    "GetCredentialsForIdentity": "identity",
    "GetOpenIdToken": "identity",
    "AssumeRoleWithWebIdentity": "sts",
    "getSigninToken": "console",
}


def place_of(operation: str) -> str:
    """Where an operation is asked, as the catalogue of causes calls it."""
    return _PLACES.get(operation, "idp")


def _spell(error: str, description: str) -> str:
    return f"{error}: {description}" if description and description != error else error
