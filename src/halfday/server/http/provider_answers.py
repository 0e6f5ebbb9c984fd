"""Back from an external provider: its answer is taken from the browser that left, and the app's request is finished.

A browser is known by the cookie that it was given when it left. An answer by redirect brings it. An answer that a page
of the provider posts does not: cookies with SameSite=Lax stay behind when another site posts. So such an answer is
handed back in a page of ours that posts it once more, which is then our own site's form. Nothing is kept in between.
Another person's answer, followed as a link or posted into a browser, meets a browser without the cookie of its state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from halfday.protocol.errors import OAuthError
from halfday.server import pages
from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.codes_and_sessions import PendingFederation
from halfday.server.flows.federation import federation, sign_out, unsolicited
from halfday.server.flows.federation.federation import FederatedUser
from halfday.server.http import cookies
from halfday.server.http.edge import note
from halfday.server.http.pages.authorize_requests import checked, complete, federation_error, refusal
from halfday.server.http.pages.signed_out_page import signed_out
from halfday.server.http.requests.hosts import origin_of, pool_of_host
from halfday.server.http.requests.languages import language_of
from halfday.server.http.requests.parameters import FORM_LIMIT_BYTES, form_of, query_of
from halfday.server.http.requests.request_contexts import context_of
from halfday.server.oauth import logout
from halfday.server.oauth.authorize import AuthorizationRefused
from halfday.server.oauth.checks import CheckedRequest
from halfday.server.outside.provider_kinds import callbacks_in_use, sign_out_callbacks_in_use
from halfday.server.outside.provider_port import Callback, Refusal
from halfday.server.services import Services

Handler = Callable[[Request, Services], Awaitable[Response]]

_AGAIN = "again"


def routes() -> list[tuple[str, str, Handler]]:
    """Method, path and handler of each callback of the kinds of provider that are built."""
    answers = [(callback, partial(_answer, callback=callback)) for callback in callbacks_in_use()]
    signed_out = [(callback, partial(_signed_out, callback=callback)) for callback in sign_out_callbacks_in_use()]
    return [(callback.method, callback.path, handler) for callback, handler in [*answers, *signed_out]]


async def _answer(request: Request, services: Services, *, callback: Callback) -> Response:
    try:
        answer = await _parameters(request, callback)
        state = answer.get(callback.state_parameter, "")
        wanted = unsolicited.request_in(state)
        if wanted is not None:
            return await _unsolicited(request, services, callback, answer, wanted)
        is_at_home = cookies.federation_of(request, state) or _AGAIN in request.query_params
        if callback.method == "POST" and not is_at_home:
            return _to_be_posted_again(request, callback, answer)
        return await _take(request, services, callback, answer)
    except OAuthError as refused:
        return refusal(request, refused)


async def _signed_out(request: Request, services: Services, *, callback: Callback) -> Response:
    """Back from signing out at the provider, and on to where the request to /logout leads; who has nowhere to go on to
    is told that they are signed out.
    """
    try:
        state = (await _parameters(request, callback)).get(callback.state_parameter, "")
        query = await sign_out.finish(services, state=state)
        _, location = await logout.destination(services, dict(parse_qsl(query, keep_blank_values=True)))
        return RedirectResponse(location, 303)
    except Refused as refused:
        note(request, why=refused.detail)
    except OAuthError as refused:  # what the application asked for is no longer registered
        note(request, why=refused.reason)
    return signed_out(request)


async def _parameters(request: Request, callback: Callback) -> dict[str, str]:
    """Raises OAuthError."""
    if callback.method == "GET":
        return query_of(request)
    return await form_of(request, longest_field=FORM_LIMIT_BYTES)


def _to_be_posted_again(request: Request, callback: Callback, answer: Mapping[str, str]) -> Response:
    """The same form, in a page of ours. A browser that has no cookie then either is not the one that left."""
    page = pages.render_post_again(action=f"{callback.path}?{_AGAIN}=1", fields=answer, language=language_of(request))
    return HTMLResponse(page, headers=pages.POST_AGAIN_HEADERS)


async def _take(request: Request, services: Services, callback: Callback, answer: Mapping[str, str]) -> Response:
    state = answer.get(callback.state_parameter, "")
    try:
        pending = await federation.come_back(services, state=state, browser=cookies.federation_of(request, state))
    except Refused as refused:
        return _nowhere(request, refused, callback)
    try:
        asked = await _left_standing(request, services, pending)
        response = await _finished(request, services, asked, pending, callback, answer)
    except OAuthError as refused:
        response = refusal(request, refused)
    cookies.drop_federation(request, response, state)
    return response


def _nowhere(request: Request, refused: Refused, callback: Callback) -> Response:
    """To our error page, which says that this browser left nothing that the answer could belong to."""
    note(request, why=refused.detail)
    at = "relay_state" if callback.state_parameter == "RelayState" else "provider"
    return RedirectResponse("/error?" + urlencode({"error": "invalid_request", "at": at}), 302)


async def _finished(
    request: Request,
    services: Services,
    asked: CheckedRequest,
    pending: PendingFederation,
    callback: Callback,
    answer: Mapping[str, str],
) -> Response:
    """Signed in, and on to the app with a code. Raises AuthorizationRefused, for the app (facts/federation.md §6)."""
    origin = origin_of(request, services, await pool_of_host(request, services))
    try:
        came = await federation.finish(
            services,
            pending,
            asked.client,
            context=context_of(request, asked.client),
            origin=origin,
            callback=callback,
            answer=answer,
        )
    except Refused as refused:
        raise AuthorizationRefused(asked, federation_error(refused)) from refused
    return await _completed(request, services, asked, came)


async def _completed(request: Request, services: Services, asked: CheckedRequest, came: FederatedUser) -> Response:
    at_provider = (came.provider_name, came.session)
    return await complete(request, services, asked, came.user, came.authentication, at_provider=at_provider)


async def _unsolicited(
    request: Request, services: Services, callback: Callback, answer: Mapping[str, str], wanted: Mapping[str, str]
) -> Response:
    """Signed in by an answer that nobody asked for, and on to the app that the provider names. Raises OAuthError."""
    asked = await checked(request, services, wanted)
    if asked.provider is None:
        return _nowhere(request, Refusal.NOT_ALLOWED.because("RelayState names no provider"), callback)
    try:
        came = await unsolicited.finish(
            services,
            await services.store.providers.get(asked.pool.pool_id, asked.provider),
            asked.pool,
            asked.client,
            context=context_of(request, asked.client),
            origin=origin_of(request, services, await pool_of_host(request, services)),
            callback=callback,
            answer=answer,
        )
    except Refused as refused:
        if refused.is_one_of(Refusal.NOT_ALLOWED):
            return _nowhere(request, refused, callback)
        raise AuthorizationRefused(asked, federation_error(refused)) from refused
    return await _completed(request, services, asked, came)


async def _left_standing(request: Request, services: Services, pending: PendingFederation) -> CheckedRequest:
    """The app's request, checked again: client and provider may have changed. Raises OAuthError.

    It must still be one of the pool that the person was sent away from: an app client can be made anew elsewhere.
    """
    asked = await checked(request, services, dict(parse_qsl(pending.query, keep_blank_values=True)))
    if asked.pool.pool_id != pending.pool_id:
        raise OAuthError("invalid_request", detail=f"the client has moved from pool {pending.pool_id} meanwhile")
    return asked
