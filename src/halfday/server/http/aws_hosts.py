"""What is at which of AWS's hosts, for requests that came by the proxy of the setting aws_names.

On this server's own origin everything is in one place. Under AWS's names only that is, which AWS has there: a pool's
pages at its domain, APIs and discovery at theirs (facts/oauth.md §0).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from halfday.protocol.endpoints import split_prefix_host
from halfday.protocol.errors import ServiceError
from halfday.server import reachability as reach
from halfday.server.http import rest
from halfday.server.http.edge import note
from halfday.server.http.front_door import s3_answers, s3_cors, s3_older_ways
from halfday.server.http.notices import tell
from halfday.server.http.requests.hosts import pool_of_host
from halfday.server.http.requests.presented import presented
from halfday.server.services import Services


class AwsHosts:
    """ASGI middleware: passes on what AWS has at the host that was asked, and refuses the rest."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._services = app, services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        refusal = await self._refusal(request) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    async def _refusal(self, request: Request) -> Response | None:
        host = reach.host_in(request.headers.items())
        if not reach.is_aws_host(host):
            return _refuse(request, 421, "Not this host", "The Host header names none of AWS's hosts.")
        if split_prefix_host(host) is not None:
            known = bool(await pool_of_host(request, self._services))
            return None if known else _refuse(request, 404, "No such domain", f"No user pool has the domain {host}.")
        if reach.is_s3_host(host):
            return None if _is_for_s3(request) else _anonymous(request)
        if _is_for_an_api(request):
            return None
        sentence = f"There is nothing at {request.method} {request.url.path} of {host}, which is an API's host."
        return _refuse(request, 404, "There is nothing here", sentence)


def _is_for_an_api(request: Request) -> bool:
    path = request.url.path
    if rest.signed_as(request) is not None:
        return True
    return "/.well-known/" in path or (path == "/" and (request.method != "GET" or bool(request.url.query)))


def _is_for_s3(request: Request) -> bool:
    signed = presented(request).service is not None or s3_older_ways.find_refusal(request) is not None
    return signed or s3_cors.names_s3(request) or request.method == "OPTIONS"


def _anonymous(request: Request) -> Response:
    """S3's answer to whoever signs nothing: no bucket here is public."""
    error = ServiceError("AccessDenied", "Access Denied", status=403, detail="the request is not signed")
    note(request, why=error.reason)
    return s3_answers.refusal(request, error)


def _refuse(request: Request, status: int, title: str, sentence: str) -> Response:
    note(request, why="AWS has nothing there")
    return tell(request, status, title, sentence)
