"""The pages of a person's account as text: signing up, confirming that, and a forgotten password.

What suites look for on Cognito's classic pages is kept (facts/oauth.md §2): the forms' and fields' names, the button
`signUpButton`, `verification_code`, the button `confirm`. Of the pages for a forgotten password the names are
remembered, not observed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from halfday.server.pages.frame import AttributeField, Form, fill


@dataclass(frozen=True, slots=True)
class TermsLinks:
    """Where the app has its terms of use and its privacy policy."""

    terms_of_use: str
    privacy_policy: str


def render_sign_up(
    form: Form,
    *,
    username_label: str,
    username_kind: str,
    username: str,
    attributes: Sequence[AttributeField],
    with_password: bool,
    password_optional: bool,
    rules: Sequence[str],
    sign_in_url: str,
    terms: TermsLinks | None = None,
) -> str:
    """It posts `username`, `password`, and `requiredAttributes[NAME]` for each attribute.

    People who may sign in by codes may do without a password; where they have to, none is asked for.
    """
    return fill(
        "sign_up.html",
        form.language,
        form=form,
        username_label=username_label,
        username_kind=username_kind,
        username=username,
        attributes=attributes,
        with_password=with_password,
        password_optional=password_optional,
        rules=rules,
        sign_in_url=sign_in_url,
        terms=terms,
    )


def render_confirm(
    form: Form,
    *,
    username: str,
    username_label: str,
    destination: str,
    by_link: bool,
    resend_action: str,
    sign_in_url: str,
) -> str:
    """It posts `username` and `verification_code`. Without a username it asks for one.

    `destination` is masked. `by_link`: the pool sends links, and there is no code to type.
    """
    return fill(
        "confirm.html",
        form.language,
        form=form,
        username=username,
        username_label=username_label,
        destination=destination,
        by_link=by_link,
        resend_action=resend_action,
        sign_in_url=sign_in_url,
    )


def render_forgot_password(form: Form, *, username: str, username_label: str, sign_in_url: str) -> str:
    """It posts `username`."""
    return fill(
        "forgot_password.html",
        form.language,
        form=form,
        username=username,
        username_label=username_label,
        sign_in_url=sign_in_url,
    )


def render_confirm_forgot_password(
    form: Form,
    *,
    username: str,
    username_label: str,
    destination: str,
    rules: Sequence[str],
    resend_action: str,
    sign_in_url: str,
) -> str:
    """It posts `username`, `code`, `password`, `confirm_password`. Without a username it asks for one."""
    return fill(
        "confirm_forgot_password.html",
        form.language,
        form=form,
        username=username,
        username_label=username_label,
        destination=destination,
        rules=rules,
        resend_action=resend_action,
        sign_in_url=sign_in_url,
    )
