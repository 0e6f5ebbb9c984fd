"""The hosted pages as text: sign-in, new password, error, and the plain page at `/`.

Nothing here reads a request, a session or the database: callers pass values that they have checked. Jinja2 escapes each
value. Only the style sheet, the icon and the script below are trusted as markup, and all are part of this package.

The sign-in page keeps the markup that scrapers and end-to-end suites look for on Cognito's classic page (form
`cognitoSignInForm`, `_csrf`, `signInFormUsername`, `signInFormPassword`, `signInSubmitButton`, `loginErrorMessage`, the
`*-customizable` classes; facts/oauth.md §2), including the button's `aria-label="submit"`. One difference is intended:
Cognito renders the form twice, for wide and for narrow windows. Each id is then in the document twice, which is invalid
HTML, confuses screen readers and password managers, and forces suites to pick the visible form. Here the form is
rendered once and is responsive: a suite that picks the visible one, the first or the last finds it.

The style sheet is inlined, not linked. A page is then one response, without a second route, a cached asset or a flash
of unstyled content, and its Content-Security-Policy allows the sheet's hash and nothing else.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from halfday.server.domain.user_pools.providers import SOCIAL

if TYPE_CHECKING:
    from jinja2 import Environment

ERROR_MESSAGE = "An error was encountered with the requested page."
"""The sentence of Cognito's /error page, for every error (facts/oauth.md §1)."""

_ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'><path fill='#f2a93b' d='M10 31a14 14 0 0 1 28 0z'/>"
    "<path stroke='#8791a5' stroke-width='3' stroke-linecap='round' d='M4 36h40'/></svg>"
)


@dataclass(frozen=True, slots=True)
class ProviderButton:
    """One external provider. `kind` is its ProviderType; `href` goes to /oauth2/authorize with identity_provider."""

    label: str
    href: str
    kind: str = "OIDC"

    @property
    def css_class(self) -> str:
        return "socialButton-customizable" if self.kind in SOCIAL else "idpButton-customizable"


@dataclass(frozen=True, slots=True)
class RequiredAttribute:
    """An attribute that the new-password page must also ask for. Its field is named `userAttributes.<name>`."""

    name: str
    label: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class ClientLink:
    name: str
    client_id: str
    sign_in_href: str | None


@dataclass(frozen=True, slots=True)
class PoolSummary:
    name: str
    pool_id: str
    issuer: str
    discovery_url: str
    clients: Sequence[ClientLink] = ()


def content_security_policy(*styles: str, scripts: Sequence[str] = ()) -> str:
    """A policy that allows these inline style sheets and scripts, data: images, and nothing else.

    It has no form-action, because Chromium applies that to every redirect that follows a POST, and the sign-in form's
    POST ends at the app's callback.
    """
    script_src = f" script-src {_hashes(scripts)};" if scripts else ""
    policy = f"default-src 'none'; style-src {_hashes(styles)};{script_src}"
    return f"{policy} img-src data:; base-uri 'none'; frame-ancestors 'none'"


def _hashes(inlined: Sequence[str]) -> str:
    return " ".join(f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'" for text in inlined)


def render_login(
    *,
    action: str,
    csrf: str,
    pool_name: str,
    client_name: str,
    username_label: str = "Username",
    username: str = "",
    error: str | None = None,
    providers: Sequence[ProviderButton] = (),
    native: bool = True,
    forgot_password_url: str | None = None,
    sign_up_url: str | None = None,
) -> str:
    """The sign-in page. `action` is `/login?` and the authorize request's own query.

    `native` is whether the app client has COGNITO among its providers. Without it the page has only buttons.
    """
    return _render(
        "login.html",
        action=action,
        csrf=csrf,
        pool_name=pool_name,
        client_name=client_name,
        username_label=username_label,
        username=username,
        error=error,
        providers=providers,
        native=native,
        forgot_password_url=forgot_password_url,
        sign_up_url=sign_up_url,
    )


def render_new_password(
    *,
    action: str,
    csrf: str,
    client_name: str,
    username: str,
    session: str = "",
    rules: Sequence[str] = (),
    attributes: Sequence[RequiredAttribute] = (),
    error: str | None = None,
) -> str:
    """The page for a user in FORCE_CHANGE_PASSWORD.

    It posts `new_password`, `confirm_password`, `username`, `_csrf`, `session`. These field names are remembered, not
    observed. `rules` are the pool's password policy as sentences.
    """
    return _render(
        "new_password.html",
        action=action,
        csrf=csrf,
        client_name=client_name,
        username=username,
        session=session,
        rules=rules,
        attributes=attributes,
        error=error,
    )


def render_code(
    *,
    action: str,
    csrf: str,
    client_name: str,
    session: str,
    challenge: str,
    destination: str = "",
    device_name: str = "",
    error: str | None = None,
) -> str:
    """The page for a second factor. It posts `authentication_code`, `challenge`, `destination`, `_csrf`, `session`.

    `destination` is masked. Without one, the code comes from the authenticator app named `device_name`.
    """
    return _render(
        "code.html",
        action=action,
        csrf=csrf,
        client_name=client_name,
        session=session,
        challenge=challenge,
        destination=destination,
        device_name=device_name,
        error=error,
    )


def render_error(
    *,
    error: str | None,
    message: str = ERROR_MESSAGE,
    advice: str | None = None,
    details: Mapping[str, str] | None = None,
    back_href: str | None = None,
    back_label: str = "Back",
) -> str:
    """The /error page, to be sent with status 400. `advice` is one sentence on what to change; AWS gives none.

    `details` are names and values to show unchanged, such as registered URLs: each line of a value by itself.
    """
    return _render(
        "error.html",
        error=error,
        message=message,
        advice=advice,
        details=list((details or {}).items()),
        back_href=back_href,
        back_label=back_label,
    )


def render_message(*, title: str, text: str) -> str:
    """A page with a title and a text, without a form."""
    return _render("message.html", title=title, text=text)


def render_post_again(*, action: str, fields: Mapping[str, str]) -> str:
    """A page whose script posts these fields; without scripts it shows a button. Send it with POST_AGAIN_HEADERS."""
    return _render("post_again.html", action=action, fields=list(fields.items()), script=_TRUSTED_SCRIPT)


def render_index(*, origin: str, pools: Sequence[PoolSummary]) -> str:
    """The page at `/`: what this server is, with a link to every sign-in page."""
    return _render("index.html", origin=origin, pools=pools)


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(style=_TRUSTED_STYLE, icon=_ICON_URL, **values)


STYLE = files(__package__).joinpath("static/halfday.css").read_text(encoding="utf-8")
_TRUSTED_STYLE = Markup(STYLE)  # noqa: S704 - a file of ours

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": content_security_policy(STYLE),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-XSS-Protection": "1; mode=block",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
}
"""Headers of every page (facts/oauth.md §4, AWS's own sample, and the policy). Strict-Transport-Security is left to the
proxy that terminates TLS: on http://127.0.0.1 browsers ignore it, and on a laptop's https it would block other servers.
"""

_SUBMIT = "HTMLFormElement.prototype.submit.call(document.forms[0])"
"""Submits the form whatever its fields are named: a field named `submit` would hide `form.submit()`."""
_TRUSTED_SCRIPT = Markup(_SUBMIT)  # noqa: S704 - ours

POST_AGAIN_HEADERS: Mapping[str, str] = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": content_security_policy(STYLE, scripts=[_SUBMIT]),
}

_ICON_URL = "data:image/svg+xml;base64," + base64.b64encode(_ICON.encode()).decode()


@cache
def _environment() -> Environment:
    """Made at the first page: many servers show none, and jinja2 takes as long to load as a tenth of all the rest."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader(__package__)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
