"""The hosted pages as text: sign-in, new password, error, and the plain page at `/`.

Nothing here reads a request, a session or the database: callers pass values that they have checked. Jinja2 escapes each
value. Only the style sheet, the icon and the script below are trusted as markup, and all are part of this package.

The sign-in page keeps the markup that scrapers and end-to-end suites look for on Cognito's classic page (form
`cognitoSignInForm`, `_csrf`, `signInFormUsername`, `signInFormPassword`, `signInSubmitButton`, `loginErrorMessage`, the
`*-customizable` classes; facts/oauth.md §2). Two differences are intended. The button is named for screen readers as it
is shown, "Sign in", where Cognito names it "submit". And Cognito renders the form twice, for wide and for narrow
windows: each id is then in the document twice, which is invalid HTML, confuses screen readers and password managers,
and forces suites to pick the visible form. Here the form is rendered once and is responsive: a suite that picks the
visible one, the first or the last finds it, and so does one that looks in the part for wide or for narrow windows: the
form's box has the classes of both. A line in the page's source says so to whoever writes a suite.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from halfday.server.domain.user_pools.providers import SOCIAL
from halfday.server.pages.frame import TRUSTED_SUBMIT, AttributeField, fill
from halfday.server.pages.looks import PLAIN, Look
from halfday.server.usage import Person

if TYPE_CHECKING:
    from halfday.snippets import Snippet

ERROR_MESSAGE = "An error was encountered with the requested page."
"""The sentence of Cognito's /error page, for every error (facts/oauth.md §1)."""


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
class ClientLink:
    name: str
    client_id: str
    sign_in_href: str | None
    snippet_href: str | None = None


@dataclass(frozen=True, slots=True)
class PoolSummary:
    name: str
    pool_id: str
    issuer: str
    discovery_url: str
    clients: Sequence[ClientLink] = ()
    person: Person | None = None


def render_login(
    *,
    action: str,
    csrf: str,
    pool_name: str,
    client_name: str,
    username_label: str = "Username",
    username_word: str = "username",
    username: str = "",
    error: str | None = None,
    notice: str | None = None,
    providers: Sequence[ProviderButton] = (),
    native: bool = True,
    other_ways: str | None = None,
    with_password: bool = True,
    username_given: bool = False,
    forgot_password_url: str | None = None,
    sign_up_url: str | None = None,
    look: Look = PLAIN,
    language: str,
) -> str:
    """The sign-in page. `action` is `/login?` and the authorize request's own query.

    `username_word` is the label in the middle of a sentence. `native` is whether the app client has COGNITO among its
    providers. Without it the page has only buttons.
    `other_ways` is the name of the button for who signs in by something else than a password, None for no such button;
    without a password field it is the only button. `username_given`: it is the second step, which asks for the password
    alone and has the name from the first.
    """
    return fill(
        "login.html",
        language,
        action=action,
        csrf=csrf,
        pool_name=pool_name,
        client_name=client_name,
        username_label=username_label,
        username_word=username_word,
        username=username,
        error=error,
        notice=notice,
        providers=providers,
        native=native,
        other_ways=other_ways,
        with_password=with_password,
        username_given=username_given,
        forgot_password_url=forgot_password_url,
        sign_up_url=sign_up_url,
        look=look,
        asks_first=look.classic and any(provider.kind in SOCIAL for provider in providers),
    )


def render_new_password(
    *,
    action: str,
    csrf: str,
    client_name: str,
    username: str,
    session: str = "",
    rules: Sequence[str] = (),
    attributes: Sequence[AttributeField] = (),
    error: str | None = None,
    look: Look = PLAIN,
    language: str,
) -> str:
    """The page for a user in FORCE_CHANGE_PASSWORD.

    It posts `new_password`, `confirm_password`, `username`, `_csrf`, `session`. These field names are remembered, not
    observed. `rules` are the pool's password policy as sentences.
    """
    return fill(
        "new_password.html",
        language,
        action=action,
        csrf=csrf,
        client_name=client_name,
        username=username,
        session=session,
        rules=rules,
        attributes=attributes,
        error=error,
        look=look,
    )


def render_error(
    *,
    error: str | None,
    message: str = ERROR_MESSAGE,
    advice: str | None = None,
    details: Mapping[str, str] | None = None,
    back_href: str | None = None,
    back_label: str = "Back",
    look: Look = PLAIN,
    language: str,
) -> str:
    """The /error page, to be sent with status 400. `advice` is one sentence on what to change; AWS gives none.

    `details` are names and values to show unchanged, such as registered URLs: each line of a value by itself.
    """
    return fill(
        "error.html",
        language,
        error=error,
        message=message,
        advice=advice,
        details=list((details or {}).items()),
        back_href=back_href,
        back_label=back_label,
        look=look,
    )


def render_message(
    *,
    title: str,
    text: str,
    back_href: str | None = None,
    back_label: str = "Back",
    look: Look = PLAIN,
    language: str,
) -> str:
    """A page with a title and a text, without a form."""
    return fill("message.html", language, title=title, text=text, back_href=back_href, back_label=back_label, look=look)


def render_console(*, details: Mapping[str, str], language: str) -> str:
    """Who signed in to the console, and where they would be now; `details` are names and values as they stand."""
    return fill("console.html", language, details=list(details.items()))


def render_post_again(*, action: str, fields: Mapping[str, str], language: str) -> str:
    """A page whose script posts these fields; without scripts it shows a button. Send it with POST_AGAIN_HEADERS."""
    return fill("post_again.html", language, action=action, fields=list(fields.items()), script=TRUSTED_SUBMIT)


def render_index(*, origin: str, pools: Sequence[PoolSummary], language: str) -> str:
    """The page at `/`: what this server is, with a link to every sign-in page."""
    return fill("index.html", language, origin=origin, pools=pools)


def render_snippet(
    *,
    client_name: str,
    libraries: Sequence[tuple[str, str, bool]],
    snippet: Snippet | None,
    seed_lines: Sequence[str],
    language: str,
) -> str:
    """A library's configuration for an app client, with links to all others: title, address, whether it is this one."""
    return fill(
        "snippet.html",
        language,
        client_name=client_name,
        libraries=libraries,
        snippet=snippet,
        seed_lines=seed_lines,
    )
