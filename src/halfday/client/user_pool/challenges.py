"""What a sign-in asks for beside the password, as values that a program can show and a person can answer.

This module makes the questions and reads the answers; `challenge_answers` sends them, `dialogue` asks the person.
Source: facts/api.md §4 (challenges and their parameters).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode

Answer = str | Mapping[str, str] | None
"""What a callback returns: text; for a new password with attributes that are missing, {"password": …, NAME: …}; None
to give the sign-in up."""


class Asked(StrEnum):
    """What kind of answer a challenge wants, for a program that shows one field a kind."""

    CODE = "code"
    CHOICE = "choice"
    PASSWORD = "password"
    NEW_PASSWORD = "new_password"
    AUTHENTICATOR = "authenticator"
    """The code of an authenticator app that is set up now: `secret_code` or `otpauth_uri` goes into the app first."""
    EMAIL = "email"
    TEXT = "text"
    """The pool's own question: `parameters` are what it says."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One question of a sign-in.

    `name`: Cognito's (SMS_MFA, NEW_PASSWORD_REQUIRED …). `prompt`: a sentence for the person. `asked`: the kind of
    answer. `medium` (SMS, EMAIL) and `destination` (masked): where a code went. `choices`: one of them is the answer.
    `missing_attributes`: what the pool wants to know along with a new password. `secret_code` (base32) and
    `otpauth_uri`: what an authenticator app is set up with. `parameters`: everything, as it came.

    `attempt` counts from 1; `wrong` says why the last answer was not taken, and is empty at first.
    """

    name: str
    prompt: str
    asked: Asked
    medium: str = ""
    destination: str = ""
    choices: tuple[str, ...] = ()
    missing_attributes: tuple[str, ...] = ()
    secret_code: str = field(default="", repr=False)
    otpauth_uri: str = field(default="", repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    attempt: int = 1
    wrong: str = ""

    @property
    def is_secret(self) -> bool:
        """Whether what is typed should not be shown."""
        return self.asked in (Asked.PASSWORD, Asked.NEW_PASSWORD)


class UnusableAnswer(ValueError):
    """An answer that cannot be sent: it is none of the choices, or a part is missing. The person is asked again."""


def code(name: str, parameters: Mapping[str, str]) -> Challenge:
    """SMS_MFA, SMS_OTP, EMAIL_OTP, SOFTWARE_TOKEN_MFA."""
    medium = parameters.get("CODE_DELIVERY_DELIVERY_MEDIUM", "")
    destination = parameters.get("CODE_DELIVERY_DESTINATION", "")
    if name == "SOFTWARE_TOKEN_MFA":
        app = parameters.get("FRIENDLY_DEVICE_NAME", "")
        prompt = "The code that your authenticator app shows" + (f" ({app})" if app else "")
    else:
        way = {"SMS": " by SMS", "EMAIL": " by e-mail"}.get(medium, "")
        prompt = f"The code that was sent{way}" + (f" to {destination}" if destination else "")
    return Challenge(name, prompt, Asked.CODE, medium=medium, destination=destination, parameters=parameters)


def choice(name: str, choices: tuple[str, ...], parameters: Mapping[str, str]) -> Challenge:
    """SELECT_MFA_TYPE, SELECT_CHALLENGE, and MFA_SETUP where there is more than one thing to set up."""
    prompts = {
        "SELECT_MFA_TYPE": "How do you prove that it is you?",
        "SELECT_CHALLENGE": "How do you sign in?",
        "MFA_SETUP": "A second factor has to be set up: which one?",
    }
    return Challenge(name, prompts[name], Asked.CHOICE, choices=choices, parameters=parameters)


def password(name: str, username: str, parameters: Mapping[str, str]) -> Challenge:
    """PASSWORD, PASSWORD_SRP, and any other challenge that a password that was not given has to answer."""
    return Challenge(name, f"Password of {username}", Asked.PASSWORD, parameters=parameters)


def new_password(parameters: Mapping[str, str]) -> Challenge:
    """NEW_PASSWORD_REQUIRED, with the required attributes that the person has not got."""
    listed = json_list(parameters.get("requiredAttributes", ""))
    missing = tuple(name.removeprefix("userAttributes.") for name in listed)
    more = f", and {', '.join(missing)}" if missing else ""
    prompt = f"A new password of your own{more}"
    asked = Asked.NEW_PASSWORD
    return Challenge("NEW_PASSWORD_REQUIRED", prompt, asked, missing_attributes=missing, parameters=parameters)


def authenticator(secret_code: str, *, issuer: str, username: str, parameters: Mapping[str, str]) -> Challenge:
    """MFA_SETUP of an authenticator app: the secret is handed over, and the app's first code is wanted back."""
    return Challenge(
        "MFA_SETUP",
        "Set an authenticator app up with this secret, then enter the code that it shows",
        Asked.AUTHENTICATOR,
        secret_code=secret_code,
        otpauth_uri=otpauth_uri(secret_code, issuer=issuer, username=username),
        parameters=parameters,
    )


def email(parameters: Mapping[str, str]) -> Challenge:
    """MFA_SETUP by e-mail of somebody who has no address: the code that is sent there is asked for next."""
    return Challenge("MFA_SETUP", "The e-mail address that codes are to go to", Asked.EMAIL, parameters=parameters)


def custom(parameters: Mapping[str, str], attempt: int) -> Challenge:
    """CUSTOM_CHALLENGE: what the pool's own trigger made public is all that is known of the question."""
    shown = {name: value for name, value in parameters.items() if name not in ("USERNAME", "USER_ID_FOR_SRP")}
    said = ", ".join(shown.values() if len(shown) == 1 else (f"{name}: {value}" for name, value in shown.items()))
    return Challenge("CUSTOM_CHALLENGE", said or "Your answer", Asked.TEXT, parameters=shown, attempt=attempt)


def otpauth_uri(secret_code: str, *, issuer: str, username: str) -> str:
    """What authenticator apps read from a QR code (google-authenticator wiki, Key URI Format)."""
    label = f"{quote(issuer, safe='')}:{quote(username, safe='@')}"
    return f"otpauth://totp/{label}?" + urlencode({"secret": secret_code, "issuer": issuer}, quote_via=quote)


def read(challenge: Challenge, given: Answer) -> dict[str, str]:
    """The answer by name: `answer`, or `password` and the attributes. Raises Unfit, saying what is wrong with it."""
    if challenge.asked is Asked.NEW_PASSWORD:
        return _read_new_password(challenge, given)
    if not isinstance(given, str):
        raise UnusableAnswer(f"the answer to {challenge.name} has to be text, and is {type(given).__name__}")
    text = given if challenge.asked in (Asked.PASSWORD, Asked.TEXT) else given.strip()
    if challenge.asked in (Asked.CODE, Asked.AUTHENTICATOR):
        text = "".join(text.split())  # apps show 123 456
    if not text:
        raise UnusableAnswer("the answer is empty")
    if challenge.choices and text not in challenge.choices:
        raise UnusableAnswer(f"{text} is none of {', '.join(challenge.choices)}")
    return {"answer": text}


def _read_new_password(challenge: Challenge, given: Answer) -> dict[str, str]:
    answers = {"password": given} if isinstance(given, str) else dict(given or {})
    for name in ("password", *challenge.missing_attributes):
        if not answers.get(name):
            raise UnusableAnswer(f"{name} is missing")
    return answers


def json_list(text: str) -> tuple[str, ...]:
    """Lists are JSON text within a parameter (facts/api.md §4)."""
    try:
        found: Any = json.loads(text or "[]")
    except ValueError:
        return ()
    return tuple(map(str, found)) if isinstance(found, list) else ()
