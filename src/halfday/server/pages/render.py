"""The hosted pages as text: sign-in, new password, error, and the plain page at `/`.

Nothing here knows a request, a session or the database: whoever calls has checked what it passes. Every value is
escaped by Jinja2; the style sheet and the icon are the only markup that is trusted, and both are files of ours.

The sign-in page keeps the markup that scrapers and end-to-end suites look for on Cognito's classic page (form
`cognitoSignInForm`, `_csrf`, `signInFormUsername`, `signInFormPassword`, `signInSubmitButton`, `loginErrorMessage`, the
`*-customizable` classes; facts/oauth.md §2), the button's `aria-label="submit"` included. One thing is different on
purpose: Cognito renders the form twice, once for wide and once for narrow windows, so that every id stands twice in
the document, which is not HTML, confuses screen readers and password managers, and makes each of those suites pick the
visible one. Here the form stands once and is responsive: a suite that picks the visible one, the first or the last
finds it.

The style sheet is inlined, not linked: a page is one response, complete without a second route, cached asset or flash
of unstyled content, and the policy can then name the sheet's hash and allow nothing else at all.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from halfday.server.domain.user_pools.providers import SOCIAL

ERROR_MESSAGE = "An error was encountered with the requested page."
"""What Cognito's /error page says whatever went wrong (facts/oauth.md §1)."""

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
    """An attribute that the new-password page must also ask for. The field is called `userAttributes.<name>`."""

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
    """Allows these inline style sheets and scripts, and data: images, and nothing else.

    There is no form-action on purpose: Chromium holds it against every redirect that follows a POST, and the sign-in
    form's POST ends at the app's callback.
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

    `native` is whether the app client has COGNITO among its providers: without it there are buttons only.
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
    """For a user in FORCE_CHANGE_PASSWORD. Posts `new_password`, `confirm_password`, `username`, `_csrf`, `session`.

    `rules` are the pool's password policy as sentences; the names of the fields are remembered, not observed.
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
    """For a second factor. Posts `authentication_code`, `challenge`, `destination`, `_csrf`, `session`.

    `destination` is masked; without one the code comes from the app called `device_name`.
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
    """The /error page, to be sent with status 400. `advice`: one sentence on what to change, which AWS does not give.

    `details` are shown as they are: name → value, such as the redirect_uri that was sent.
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
    """A page that says one thing, and asks nothing."""
    return _render("message.html", title=title, text=text)


def render_post_again(*, action: str, fields: Mapping[str, str]) -> str:
    """A page that posts these fields by itself; where no script runs it has a button. Sent with POST_AGAIN_HEADERS."""
    return _render("post_again.html", action=action, fields=list(fields.items()), script=_TRUSTED_SCRIPT)


def render_index(*, origin: str, pools: Sequence[PoolSummary]) -> str:
    """The page at `/`: what this server is, and a way to every sign-in page."""
    return _render("index.html", origin=origin, pools=pools)


def _render(template: str, **values: object) -> str:
    return _environment.get_template(template).render(style=_TRUSTED_STYLE, icon=_ICON_URL, **values)


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
"""Headers of every page (facts/oauth.md §4, AWS's own sample, and the policy). Strict-Transport-Security is left to
whoever terminates TLS: on http://127.0.0.1 it would be ignored, on a laptop's https it would lock out other servers."""

_SUBMIT = "HTMLFormElement.prototype.submit.call(document.forms[0])"
"""Whatever the form's fields are called: one called `submit` would stand in the way of `form.submit()`."""
_TRUSTED_SCRIPT = Markup(_SUBMIT)  # noqa: S704 - ours

POST_AGAIN_HEADERS: Mapping[str, str] = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": content_security_policy(STYLE, scripts=[_SUBMIT]),
}

_ICON_URL = "data:image/svg+xml;base64," + base64.b64encode(_ICON.encode()).decode()
_environment = Environment(
    loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
