"""The route table: one origin answers everything. What a request is decides where it goes, in this order:

at an API's address              API Gateway: its authorizers, then its integrations
X-Amz-Target                     a JSON API (cognito-idp, cognito-identity), or one behind the front door
signed with SigV4                STS, IAM, a REST API (Lambda), our own stacks, or a service behind the front door
POST / with a form, GET /?Action STS's unsigned calls
a preflight for a call to S3     the bucket's CORS rules
signed in another way            S3's refusal; so are forms that are posted to a bucket
under a declared gateway route   the authorizer, then the backend
else                             pages, OAuth endpoints, discovery
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from halfday.protocol.errors import ServiceError
from halfday.server.http import (
    aws,
    brand_images,
    console_sign_in,
    oauth,
    provider_answers,
    rest,
    stacks,
    token_endpoints,
    user_import,
    wellknown,
)
from halfday.server.http.aws_hosts import AwsHosts
from halfday.server.http.caching import unstored
from halfday.server.http.edge import ROUTE, Edge, note
from halfday.server.http.front_door import s3_answers, s3_cors, s3_older_ways, service_calls, signed_calls
from halfday.server.http.gateway import addresses, declared_routes
from halfday.server.http.gateway import serving as gateway
from halfday.server.http.health import get_health
from halfday.server.http.notices import tell
from halfday.server.http.pages import account_choice_page, add_passkey_page, error_page, sign_in_pages
from halfday.server.http.pages.accounts import confirm_page, confirmation_pages, recovery_pages, sign_up_page
from halfday.server.http.pages.challenges import challenge_pages, step_up_page
from halfday.server.http.plain_requests import PlainRequests
from halfday.server.http.requests.body_budget import NoRoom
from halfday.server.http.requests.headers import objection_to_headers
from halfday.server.http.requests.presented import presented
from halfday.server.http.requests.proxies import see_through_proxies
from halfday.server.http.unavailable import unavailable
from halfday.server.pages import Sentence
from halfday.server.services import Services
from halfday.server.storage.errors import Busy

Handler = Callable[[Request, Services], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]

PAGES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/", sign_in_pages.get_index),
    ("GET", "/login", sign_in_pages.get_login),
    ("POST", "/login", sign_in_pages.post_login),
    *sign_up_page.routes(),
    *confirm_page.routes(),
    *recovery_pages.routes(),
    *challenge_pages.routes(),
    *account_choice_page.routes(),
    *step_up_page.routes(),
    *add_passkey_page.routes(),
    *brand_images.routes(),
    *console_sign_in.routes(),
    ("GET", confirmation_pages.PATH, confirmation_pages.get_confirm_user),
    ("GET", error_page.PATH, error_page.get_error),
    ("GET", "/logout", oauth.get_logout),
    ("GET", "/oauth2/authorize", oauth.get_authorize),
    ("POST", "/oauth2/token", token_endpoints.post_token),
    ("POST", "/oauth2/revoke", token_endpoints.post_revoke),
    ("GET", "/oauth2/userInfo", token_endpoints.get_user_info),
    ("POST", "/oauth2/userInfo", token_endpoints.get_user_info),
    ("OPTIONS", "/oauth2/token", token_endpoints.preflight),
    ("OPTIONS", "/oauth2/revoke", token_endpoints.preflight),
    ("OPTIONS", "/oauth2/userInfo", token_endpoints.preflight),
    ("OPTIONS", "/", aws.preflight),
    ("GET", "/{pool_id}/.well-known/jwks.json", wellknown.get_jwks),
    ("GET", "/{pool_id}/.well-known/openid-configuration", wellknown.get_discovery),
    ("GET", "/.well-known/jwks_uri", wellknown.get_identity_jwks),
    ("PUT", user_import.PATH, user_import.put_users),
)


def make_app(services: Services, *, at_aws_hosts: bool = False) -> ASGIApp:
    """`at_aws_hosts`: for clients that come by AWS's names, at which AWS has only part of this."""
    switch: ASGIApp = _Switch(services)
    if at_aws_hosts:
        switch = AwsHosts(switch, services)
    elif services.settings.https:
        switch = PlainRequests(switch, services.settings)
    return Edge(switch, services.request_subscribers)


class _Switch:
    def __init__(self, services: Services) -> None:
        self._services = services
        pages = (*PAGES, *provider_answers.routes())
        bound = [(method, path, _bind(handler, services, path)) for method, path, handler in pages]
        routes = [Route(path, endpoint, methods=[method]) for method, path, endpoint in bound]
        self._at_once = _without_parameters(bound)
        self._router = Router(routes, redirect_slashes=False, default=self._gateway)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._router(scope, receive, send)
            return
        request = Request(scope, receive)
        if (objection := objection_to_headers(scope["headers"])) is not None:
            await _ambiguous(request, objection)(scope, receive, send)
            return
        see_through_proxies(scope, self._services.settings)
        try:
            response = await self._outside_the_router(request) or await self._at_exactly(request)
            await (response or self._router)(scope, receive, send)
        except (Busy, NoRoom) as busy:  # handlers make their whole answer before any of it is sent
            await unavailable(request, busy)(scope, receive, send)

    async def _outside_the_router(self, request: Request) -> Response | None:
        if (address := addresses.address_of(request)) is not None:
            return await gateway.handle(request, address, self._services)
        if service_calls.is_version_4a(request):
            return unstored(service_calls.refuse_version_4a(request))
        service = presented(request).service
        if "x-amz-target" in request.headers and (service is None or aws.is_own_target(request)):
            return unstored(await aws.handle_json(request, self._services))
        if service in aws.QUERY_SERVICES or (service is None and aws.is_query(request)):
            return unstored(await aws.handle_query(request, self._services))
        if service == stacks.SERVICE:
            return unstored(await stacks.handle(request, self._services))
        if (signed_as := rest.signed_as(request)) is not None:
            return unstored(await rest.handle(request, signed_as, self._services))
        if service is not None and service != "s3":
            return await self._other_service(request, service)
        if service_calls.is_preflight(request) and not s3_cors.is_preflight(request, self._services):
            return None if await self._is_routed(request) else await aws.preflight(request, self._services)
        return await self._s3(request, service)

    async def _other_service(self, request: Request, service: str) -> Response | None:
        """The gateway's routes take what is signed for execute-api."""
        if service == "execute-api" and await self._is_routed(request):
            return None
        return unstored(await service_calls.handle(request, self._services))

    async def _at_exactly(self, request: Request) -> Response | None:
        endpoint = self._at_once.get((request.method, request.scope["path"]))
        return await endpoint(request) if endpoint else None

    async def _s3(self, request: Request, service: str | None) -> Response | None:
        """S3's answer, None where the request is not S3's. The gateway's routes come before its forms."""
        preflight = s3_cors.is_preflight(request, self._services)
        older_way = s3_older_ways.find_refusal(request) if service is None else None
        if service is None and not preflight and older_way is None:
            return None
        if service is None and not s3_cors.names_s3(request) and await self._is_routed(request):
            return None
        if preflight:
            return await s3_cors.preflight(request, self._services)
        told = await s3_cors.page_headers(request, self._services)
        answer = older_way(request) if older_way else await signed_calls.handle(request, self._services)
        return s3_cors.tell_page(answer, told)

    async def _is_routed(self, request: Request) -> bool:
        return await declared_routes.find_route(request.scope["path"], self._services) is not None

    async def _gateway(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        route = await declared_routes.find_route(scope["path"], self._services)
        if route:
            response = await declared_routes.handle(request, route, self._services)
        else:
            response = await get_health(request, self._services) or _not_found(request)
        await response(scope, receive, send)


def _bind(handler: Handler, services: Services, path: str) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        request.scope[ROUTE] = path
        return unstored(await handler(request, services))

    return endpoint


def _without_parameters(bound: Sequence[tuple[str, str, Endpoint]]) -> dict[tuple[str, str], Endpoint]:
    """Endpoints by method and path, where the path is one text. The router would try one pattern after the other."""
    found = {(method, path): endpoint for method, path, endpoint in reversed(bound) if "{" not in path}
    return {("HEAD", path): endpoint for (method, path), endpoint in found.items() if method == "GET"} | found


def _ambiguous(request: Request, objection: str) -> Response:
    """The refusal in the protocol of the service that was called, as far as the headers tell."""
    note(request, why=objection)
    if "x-amz-target" in request.headers or presented(request).service == "s3":
        return s3_answers.refusal(request, ServiceError("InvalidRequest", objection))
    return JSONResponse({"message": objection}, 400)


def _not_found(request: Request) -> Response:
    """The record says why, and leaves the path out: it may hold secrets."""
    note(request, why="nothing is served at this path")
    there = {"method": request.method, "path": request.url.path, "address": request.base_url}
    sentence = Sentence("There is nothing at {method} {path}. What there is: {address}", **there)
    return tell(request, 404, "There is nothing here", sentence)
