"""The demo's step about somebody new: signs up on the pages, confirms, sets up an authenticator app, signs in with it.

A robot plays it whether or not a browser is there: the person who watches has signed in once already.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import boto3
import urllib3
from botocore import UNSIGNED
from botocore.config import Config

from halfday.cli.commands.try_ import telling
from halfday.cli.commands.try_.robot import Lost, Robot
from halfday.cli.commands.try_.stage import Stage
from halfday.client.cognito import Cognito
from halfday.client.session import Session
from halfday.server.domain.users.factors import TOTP_STEP_S, totp

EMAIL = "hedy@example.com"
PASSWORD = "Spread-Spectrum-1942"
_PATIENCE_S = 10

Check = Callable[[bool, str], None]


@dataclass(frozen=True)
class Newcomer:
    """Plays the step on `stage`. `check` raises when a sentence does not hold, and prints it else."""

    stage: Stage
    cognito: Cognito
    http: urllib3.PoolManager
    check: Check

    def tell(self, number: int) -> None:
        telling.show_step(
            number,
            "Somebody new, with a second factor",
            "Nobody made this account: a robot signs up on the pages, confirms the address by a code,",
            "sets up an authenticator app, and signs in again with what it shows.",
        )
        session = self._sign_up()
        self.check(session.claims["email_verified"] is True, f"{EMAIL} signed up, confirmed, and is signed in")
        secret = self._set_up_an_app(session)
        asked, shown = self._sign_in(secret)
        self.check(asked, "the password alone is not enough any more: the page asks for the app's code")
        self.check(shown.subject == session.subject, f"and with {'•' * 6} it is the same person, signed in")

    def _sign_up(self) -> Session:
        request, robot = self.cognito.begin(), Robot(self.stage.redirect_uri)
        confirm = robot.sign_up(request.url, EMAIL, PASSWORD)
        asked = f"{self.stage.management}/messages/latest?{urlencode({'username': EMAIL})}"
        telling.show_request(f"curl '{asked}'")
        code = self._code(asked)
        telling.show_response(f"the code that was sent: {code}")
        callback = robot.fill_in(confirm, verification_code=code)
        _show_trail(robot)
        telling.show()
        return self.cognito.exchange(robot.arrive(callback))

    def _set_up_an_app(self, session: Session) -> str:
        """Hands in the access token, as the app would: nobody else's signature is needed for one's own factors."""
        idp = boto3.client(
            "cognito-idp",
            endpoint_url=self.stage.origin,
            region_name="us-east-1",
            config=Config(signature_version=UNSIGNED),
        )
        telling.show_request("AssociateSoftwareToken, VerifySoftwareToken, SetUserMFAPreference")
        secret = str(idp.associate_software_token(AccessToken=session.access_token)["SecretCode"])
        done = idp.verify_software_token(AccessToken=session.access_token, UserCode=totp(secret, _step()))
        idp.set_user_mfa_preference(
            AccessToken=session.access_token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
        )
        telling.show()
        self.check(done["Status"] == "SUCCESS", "the app's first code was right: the second factor is on")
        return secret

    def _sign_in(self, secret: str) -> tuple[bool, Session]:
        """Whether the app's code was asked for, and the session. A code counts once, so the app shows its next."""
        request, robot = self.cognito.begin(), Robot(self.stage.redirect_uri)
        page = robot.sign_in(request.url, EMAIL, PASSWORD)
        asked = any("authentication_code" in form.fields for form in page.forms)
        callback = robot.fill_in(page, authentication_code=totp(secret, _step() + 1))
        _show_trail(robot)
        telling.show()
        return asked, self.cognito.exchange(robot.arrive(callback))

    def _code(self, url: str) -> str:
        answer = self.http.request("GET", f"{url}&wait_s={_PATIENCE_S}")
        if answer.status != 200:
            raise Lost(f"{url} answered {answer.status}: no code was sent to {EMAIL}")
        return str(answer.json()["code"])


def _show_trail(robot: Robot) -> None:
    telling.show()
    for url in robot.trail:
        parts = urlsplit(url)
        telling.show(f"       → {parts.scheme}://{parts.netloc}{parts.path}", "faint")


def _step() -> int:
    return int(time.time() // TOTP_STEP_S)
