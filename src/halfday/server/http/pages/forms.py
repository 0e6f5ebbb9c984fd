"""What the pages of a sign-in have in common: who visits, how a form is sent, and the page that ends a sign-in."""

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
from halfday.server.http.pages.authorize_requests import checked
from halfday.server.http.pages.brands import Brand, brand_of
from halfday.server.http.requests.languages import language_of
from halfday.server.http.requests.parameters import form_of, query_of
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.oauth.authentication_requests import unmet
from halfday.server.oauth.authorize import AuthorizationRefused
from halfday.server.oauth.checks import CheckedRequest
from halfday.server.services import Services

STALE_FORM = "This page was open for too long. Please try again."


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser at a page of a sign-in, with the app's request that the sign-in is for."""

    request: Request
    services: Services
    asked: CheckedRequest
    brand: Brand

    @property
    def sign_in(self) -> SignIn:
        context = context_of(self.request, self.asked.client)
        asked = self.asked
        return SignIn(asked.pool, asked.client, context=context, on_pages=True, levels=asked.levels)

    @property
    def is_native(self) -> bool:
        """Whether the pool's own users may sign in to this client: COGNITO is among its providers."""
        return "COGNITO" in self.asked.client.identity_providers

    @property
    def language(self) -> str:
        return language_of(self.request)

    def action(self, path: str) -> str:
        """Another page of this sign-in, or where a form posts to: the path, with the app's request in the query."""
        return f"{path}?{self.request.url.query}"

    def form_token(self, path: str, session: str = "") -> str:
        return csrf.form_token(self.request, self.services, self.asked, path, session=session)

    def form(self, path: str, *, error: str | None = None, notice: str | None = None, session: str = "") -> pages.Form:
        """A form that posts to this path."""
        token = self.form_token(path, session)
        client, look = self.asked.client.name, self.brand.look
        return pages.Form(self.action(path), token, client, error, notice, session, look, language=self.language)

    def form_page(self, text: str, token: str) -> Response:
        """A page whose form has this token as its `_csrf`."""
        response = HTMLResponse(text, headers=pages.headers_of(self.brand.look))
        cookies.set_xsrf(self.request, response, token)
        return response

    def back_to_sign_in(self, refused: Refused) -> Response:
        """The sign-in is over: from the beginning again, and the page says why.

        Raises AuthorizationRefused, for the app, where the person cannot reach a level that it asked for.
        """
        note(self.request, why=refused.detail)
        if (told := unmet(refused)) is not None:
            raise AuthorizationRefused(self.asked, told)
        text = pages.render_error(
            error=None,
            message=refused.sentence,
            advice=pages.Sentence("Sign in to {app} again.", app=self.asked.client.name),
            back_href=self.action("/login"),
            back_label="Back to sign-in",
            look=self.brand.look,
            language=self.language,
        )
        return HTMLResponse(text, 400, headers=pages.headers_of(self.brand.look))


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that was posted from a page. `session` is the challenge's, where it answers one."""

    visit: Visit
    form: Mapping[str, str] = field(repr=False)

    @property
    def session(self) -> str:
        return self.form.get("session", "")

    @property
    def is_ours(self) -> bool:
        """Whether this browser was given the form here, for this sign-in."""
        return self.is_ours_of(self.visit.request.url.path)

    def is_ours_of(self, path: str) -> bool:
        """The same of a form that posts to `path`, and that another of its buttons has sent here."""
        visit = self.visit
        holds = csrf.form_holds(visit.request, visit.services, visit.asked, self.form, path=path, session=self.session)
        if not holds:
            note(visit.request, why="the form's _csrf is not the cookie's, not this form's, or another site sent it")
        return holds


async def visit_of(request: Request, services: Services) -> Visit:
    """Raises OAuthError where the app's request is not sound, and PagesUnavailable."""
    return await visit_for(request, services, await checked(request, services, query_of(request)))


async def visit_for(request: Request, services: Services, asked: CheckedRequest) -> Visit:
    """For an app's request that has been checked. Raises PagesUnavailable."""
    return Visit(request, services, asked, await brand_of(request, services, asked.pool, asked.client))


async def posted_of(request: Request, services: Services) -> Posted:
    """Raises OAuthError and PagesUnavailable."""
    return Posted(await visit_of(request, services), await form_of(request))
