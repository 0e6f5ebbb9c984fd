"""The pages on which somebody shows, chooses or sets up a factor, as text.

A name that suites look for on Cognito's classic pages is `authentication_code`, with the id `totpCodeInput` where an
app shows the code (seen in a public suite). The others are ours: AWS's are not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from halfday.server.pages.frame import CEREMONY, AttributeField, Form, fill
from halfday.server.pages.qr import svg_of


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways on: a button whose form has `value`."""

    value: str
    label: str
    detail: str = ""


def render_code(
    form: Form, *, title: str, challenge: str, destination: str, device_name: str, label: str, sign_in_url: str
) -> str:
    """It posts `authentication_code`, `challenge`, `destination`, `_csrf`, `session`; and `resend`, by that button.

    `destination` is masked. Without one, the code comes from the authenticator app named `device_name`.
    """
    return fill(
        "code.html",
        form.language,
        form=form,
        graphic=_GRAPHICS.get(challenge, ""),
        title=title,
        challenge=challenge,
        destination=destination,
        device_name=device_name,
        label=label,
        sign_in_url=sign_in_url,
    )


_GRAPHICS = {
    "EMAIL_OTP": "EMAIL_GRAPHIC",
    "SMS_MFA": "SMS_GRAPHIC",
    "SMS_OTP": "SMS_GRAPHIC",
    "SOFTWARE_TOKEN_MFA": "AUTH_APP_GRAPHIC",
}


def render_choice(form: Form, *, title: str, lead: str, name: str, choices: Sequence[Choice], sign_in_url: str) -> str:
    """A button for each choice, all of them named `name`."""
    return fill(
        "choice.html",
        form.language,
        form=form,
        title=title,
        lead=lead,
        name=name,
        choices=choices,
        sign_in_url=sign_in_url,
    )


def render_app_setup(
    form: Form, *, secret: str, issuer: str, account: str, others: bool, setting_up: str, sign_in_url: str
) -> str:
    """The secret as a QR code, and as text that a person can type. `others`: there are other factors to set up.

    The address in the code is that of Google's authenticator, which all of them read.
    """
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    address = f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"
    return fill(
        "app_setup.html",
        form.language,
        form=form,
        code=svg_of(address),
        address=address,
        key=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        others=others,
        setting_up=setting_up,
        sign_in_url=sign_in_url,
    )


def render_address_setup(
    form: Form, asked: AttributeField, *, value: str, others: bool, setting_up: str, sign_in_url: str
) -> str:
    return fill(
        "address_setup.html",
        form.language,
        form=form,
        asked=asked,
        value=value,
        others=others,
        setting_up=setting_up,
        sign_in_url=sign_in_url,
    )


def render_password(form: Form, *, username: str, sign_in_url: str) -> str:
    return fill("password.html", form.language, form=form, username=username, sign_in_url=sign_in_url)


def render_passkey(form: Form, *, options: str, sign_in_url: str) -> str:
    """Its script asks for the passkey and posts it as `credential`. To be sent with `passkey_headers`."""
    return fill("passkey.html", form.language, form=form, options=options, sign_in_url=sign_in_url, script=CEREMONY)


def render_add_passkey(form: Form, *, options: str, username: str, back_url: str) -> str:
    """Its script makes a passkey and posts it as `credential`. To be sent with `passkey_headers`."""
    return fill(
        "add_passkey.html",
        form.language,
        form=form,
        options=options,
        username=username,
        back_url=back_url,
        script=CEREMONY,
    )


def render_choose_account(form: Form, *, username: str, other_url: str) -> str:
    return fill("choose_account.html", form.language, form=form, username=username, other_url=other_url)
