"""What all pages have in common: the style sheet, the security headers, the templates, and what a form is.

The style sheet is inlined, not linked. A page is then one response, without a second route, a cached asset or a flash
of unstyled content, and its Content-Security-Policy allows the sheet's hash and nothing else. An app client's own style
is inlined after it, with a hash of its own.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files

from markupsafe import Markup

from halfday.server.pages.looks import PLAIN, Look, sheet
from halfday.server.pages.templating import template_in

_ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'><path fill='#f2a93b' d='M10 31a14 14 0 0 1 28 0z'/>"
    "<path stroke='#8791a5' stroke-width='3' stroke-linecap='round' d='M4 36h40'/></svg>"
)


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a page: where it posts to, its `_csrf`, what went wrong, and what there is to say before it.

    `session` is the challenge's, where the form answers one. `language` is the page's.
    """

    action: str
    csrf: str = field(repr=False)
    client_name: str
    error: str | None = None
    notice: str | None = None
    session: str = field(default="", repr=False)
    look: Look = PLAIN
    language: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class AttributeField:
    """A user attribute that a page asks for. `kind` is its input's type, `autocomplete` what a browser may fill in."""

    name: str
    label: str
    value: str = ""
    kind: str = "text"
    required: bool = True
    autocomplete: str = ""
    hint: str = ""


def content_security_policy(*styles: str, scripts: Sequence[str] = (), images: str = "data:") -> str:
    """A policy that allows these inline style sheets and scripts, data: images, and nothing else.

    `images`: from where else they may come, where somebody's style has some. It has no form-action, because Chromium
    applies that to every redirect that follows a POST, and the sign-in form's POST ends at the app's callback.
    """
    script_src = f" script-src {_hashes(scripts)};" if scripts else ""
    policy = f"default-src 'none'; style-src {_hashes(styles)};{script_src}"
    return f"{policy} img-src {images}; base-uri 'none'; frame-ancestors 'none'"


def _hashes(inlined: Sequence[str]) -> str:
    return " ".join(f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'" for text in inlined)


def fill(template: str, language: str, **values: object) -> str:
    """The page as text. Jinja2 escapes each value; `say` in a template says a sentence in the page's language.

    `look` is the form's, if the page has one and is given none.
    """
    form = values.get("form")
    look = values.pop("look", form.look if isinstance(form, Form) else PLAIN)
    assert isinstance(look, Look)
    values.setdefault("graphic", _GRAPHICS.get(template, ""))
    styles = [Markup(style) for style in _styles(look)]  # noqa: S704 - files of ours, and what classic_css has written
    return template_in(language, template).render(styles=styles, icon=_ICON_URL, look=look, **values)


_GRAPHICS: Mapping[str, str] = {
    "confirm.html": "EMAIL_GRAPHIC",
    "app_setup.html": "AUTH_APP_GRAPHIC",
    "forgot_password.html": "PASSWORD_GRAPHIC",
    "confirm_forgot_password.html": "PASSWORD_GRAPHIC",
    "new_password.html": "PASSWORD_GRAPHIC",
    "password.html": "PASSWORD_GRAPHIC",
    "passkey.html": "PASSKEY_GRAPHIC",
    "add_passkey.html": "PASSKEY_GRAPHIC",
}
"""The category of asset that a page shows above its heading. Which of AWS's pages show which is [inferred]."""


def _styles(look: Look) -> tuple[str, ...]:
    return (sheet(look.scheme), look.css) if look.css else (sheet(look.scheme),)


STYLE = sheet("both")

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


def headers_of(look: Look, *, scripts: Sequence[str] = ()) -> dict[str, str]:
    """SECURITY_HEADERS for a page with this look, and these scripts. A style's images come from this server alone."""
    if look is PLAIN and not scripts:
        return dict(SECURITY_HEADERS)
    images = "'self' data:" if look.branded else "data:"
    policy = content_security_policy(*_styles(look), scripts=scripts, images=images)
    return {**SECURITY_HEADERS, "Content-Security-Policy": policy}


_SUBMIT = "HTMLFormElement.prototype.submit.call(document.forms[0])"
"""Submits the form whatever its fields are named: a field named `submit` would hide `form.submit()`."""
TRUSTED_SUBMIT = Markup(_SUBMIT)  # noqa: S704 - ours

POST_AGAIN_HEADERS: Mapping[str, str] = {
    **SECURITY_HEADERS,
    "Content-Security-Policy": content_security_policy(STYLE, scripts=[_SUBMIT]),
}

_CEREMONY = files(__package__).joinpath("static/passkey.js").read_text(encoding="utf-8")
CEREMONY = Markup(_CEREMONY)  # noqa: S704 - a file of ours


def passkey_headers(look: Look = PLAIN) -> dict[str, str]:
    """Of the two pages that have a script: no other page has one that a person needs."""
    return headers_of(look, scripts=[_CEREMONY])


_ICON_URL = "data:image/svg+xml;base64," + base64.b64encode(_ICON.encode()).decode()
