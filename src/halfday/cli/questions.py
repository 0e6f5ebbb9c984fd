"""The questions of a sign-in without a browser: asked at the terminal, or answered line by line on standard input.

Answers are never arguments of the command, and passwords are not shown while they are typed.
"""

from __future__ import annotations

import getpass
import sys

from halfday.cli.terminal import paint, say, shown
from halfday.client.errors import LoginAbandoned
from halfday.client.user_pool.challenges import Answer, Asked, Challenge

_LABELS = {
    "SMS_MFA": "a code by SMS",
    "SMS_OTP": "a code by SMS",
    "EMAIL_OTP": "a code by e-mail",
    "SOFTWARE_TOKEN_MFA": "an authenticator app",
    "PASSWORD": "the password",
    "PASSWORD_SRP": "the password, proven and not sent",
}


def ask(challenge: Challenge) -> Answer:
    """The person's answer; None when they end the input at a terminal. Raises LoginAbandoned at the end of a file."""
    if challenge.wrong:
        say(f"  {paint('not taken:', 'yellow')} {challenge.wrong}")
    if challenge.asked is Asked.CHOICE:
        return _choose(challenge)
    if challenge.asked is Asked.NEW_PASSWORD:
        return _new_password(challenge)
    if challenge.secret_code:
        _show_secret(challenge)
    return _line(challenge, challenge.prompt, secret=challenge.is_secret)


def _choose(challenge: Challenge) -> str | None:
    """By number or by name."""
    say(challenge.prompt)
    for number, name in enumerate(challenge.choices, 1):
        say(f"  {number}  {_LABELS.get(name, name)} ({name})")
    given = _line(challenge, "Number or name")
    if given is not None and given.isdecimal() and 0 < int(given) <= len(challenge.choices):
        return challenge.choices[int(given) - 1]
    return given


def _new_password(challenge: Challenge) -> Answer:
    """A new password, typed twice at a terminal, and the attributes that the pool asks for with it."""
    password = _line(challenge, "New password", secret=True)
    while password is not None and sys.stdin.isatty() and _line(challenge, "Once more", secret=True) != password:
        say("  the two are not the same")
        password = _line(challenge, "New password", secret=True)
    answers = {"password": password or ""}
    for name in challenge.missing_attributes:
        answers[name] = _line(challenge, name) or ""
    return None if password is None else answers


def _show_secret(challenge: Challenge) -> None:
    code = challenge.secret_code
    say("Set an authenticator app up with this secret; it is not shown again:")
    say(f"  {' '.join(code[start : start + 4] for start in range(0, len(code), 4))}")
    say(f"  {challenge.otpauth_uri}")


def _line(challenge: Challenge, prompt: str, *, secret: bool = False) -> str | None:
    """The line that was typed, without its end. None when the person ended the input."""
    if sys.stdin.isatty():
        try:
            asked = shown(f"{prompt}: ")
            return getpass.getpass(asked, stream=sys.stderr) if secret else _typed(asked)
        except EOFError:
            return None
    line = sys.stdin.readline()
    if not line:
        sentence = f"the sign-in asks for {challenge.name}, and standard input has no more lines"
        hint = "run it at a terminal, or write every answer on a line of its own; HALFDAY_PASSWORD can hold a password"
        raise LoginAbandoned(sentence, hint=hint)
    return line.rstrip("\r\n")


def _typed(prompt: str) -> str:
    """As input(), with the prompt on stderr: stdout is data."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n")
