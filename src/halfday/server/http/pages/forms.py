"""What the pages of a sign-in have in common: the way in which a form is sent, and the page that ends a sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.flows.sign_in.challenges import SignIn
from halfday.server.http import cookies, csrf
from halfday.server.http.edge import note
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.oauth.checks import CheckedRequest
from halfday.server.services import Services

STALE_FORM = "This page was open for too long. Please try again."


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser at a page of a sign-in, with the app's request that the sign-in is for."""

    request: Request
    services: Services
    asked: CheckedRequest

    @property
    def sign_in(self) -> SignIn:
        context = context_of(self.request, self.asked.client)
        return SignIn(self.asked.pool, self.asked.client, context=context, on_pages=True)

    def action(self, path: str) -> str:
        """Where a form of this page posts to: the path, with the app's request in the query."""
        return f"{path}?{self.request.url.query}"

    def form_token(self, path: str, session: str = "") -> str:
        return csrf.form_token(self.request, self.services, self.asked, path, session=session)

    def form_page(self, text: str, token: str) -> Response:
        """A page whose form has this token as its `_csrf`."""
        response = HTMLResponse(text, headers=dict(pages.SECURITY_HEADERS))
        cookies.set_xsrf(self.request, response, token)
        return response

    def back_to_sign_in(self, refused: Refused) -> Response:
        """The sign-in is over: from the beginning again, and the page says why."""
        note(self.request, why=refused.detail)
        text = pages.render_error(
            error=None,
            message=refused.sentence,
            advice=f"Sign in to {self.asked.client.name} again.",
            back_href=self.action("/login"),
            back_label="Back to sign-in",
        )
        return HTMLResponse(text, 400, headers=dict(pages.SECURITY_HEADERS))


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that was posted from the page of a challenge. `session` is the challenge's."""

    visit: Visit
    form: Mapping[str, str] = field(repr=False)

    @property
    def session(self) -> str:
        return self.form.get("session", "")

    @property
    def is_ours(self) -> bool:
        """Whether this browser was given the form here, for this sign-in."""
        visit = self.visit
        return csrf.form_holds(visit.request, visit.services, visit.asked, self.form, session=self.session)
