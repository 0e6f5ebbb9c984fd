"""What was applied of templates, for `halfday apply`: an API of this server's own, which AWS has not.

    GET /halfday/stacks            {"stacks": [{"name": …, "revision": …, "content": {…}}, …]}
    PUT /halfday/stacks/NAME       {"revision": …, "content": {…}}: 409 unless it follows the one that is there
    DELETE /halfday/stacks/NAME

Signed as the service `halfday`, for a Region. The account's root may use it; others need `cloudformation:*` actions.
"""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from halfday.protocol.errors import ServiceError
from halfday.protocol.sigv4_claim import SignatureRefused
from halfday.server.domain.aws.callers import SignedCaller
from halfday.server.domain.aws.permissions import Permissions
from halfday.server.domain.aws.stacks import StackRecord
from halfday.server.domain.refusals import Refused
from halfday.server.http.edge import ROUTE, note
from halfday.server.http.requests import callers
from halfday.server.http.requests.bodies import Known, body_of_signer, prove_before_body
from halfday.server.http.requests.parameters import BodyTooLarge
from halfday.server.http.signature_errors import Family, service_error
from halfday.server.services import Services
from halfday.server.storage.errors import Stale

SERVICE = "halfday"
PATH = "/halfday/stacks"
BODY_LIMIT_BYTES = 4 * 1024 * 1024

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,254}")
_ACTIONS = {"GET": "DescribeStacks", "PUT": "UpdateStack", "DELETE": "DeleteStack"}


async def handle(request: Request, services: Services) -> Response:
    request.scope[ROUTE] = PATH
    try:
        return await _handled(request, services)
    except ServiceError as error:
        note(request, why=error.reason)
        return _refusal(error.status, error.code, error.message)
    except SignatureRefused as refused:
        unproven = service_error(refused, Family.JSON)
        note(request, why=unproven.reason)
        return _refusal(unproven.status, unproven.code, unproven.message)
    except Refused as refused:
        note(request, why=refused.detail or refused.code)
        return _refusal(403, refused.code, refused.sentence)
    except Stale:
        return _refusal(409, "Stale", "Somebody else has applied this stack meanwhile: apply it again.")


async def _handled(request: Request, services: Services) -> Response:
    body = await _body(request, services)
    claimed = callers.read_claim(request)
    caller = await callers.prove(claimed, body, SERVICE, services)
    note(request, caller=caller.kind)
    account, region = services.settings.account_id, claimed.scope.region
    name = request.url.path.removeprefix(PATH).lstrip("/")
    if request.method not in _ACTIONS or bool(name) is (request.method == "GET"):
        raise ServiceError("NotFound", "There is nothing at this method and path.", status=404)
    if name and not _NAME.fullmatch(name):
        raise ServiceError("ValidationError", "A stack's name has letters, digits and hyphens.", status=400)
    _check_permission(caller, request.method, f"arn:aws:cloudformation:{region}:{account}:stack/{name or '*'}/*")
    if request.method == "GET":
        return JSONResponse(
            {"account": account, "stacks": [_shape(one) for one in await services.store.stacks.all(account, region)]}
        )
    if request.method == "DELETE":
        await services.store.stacks.delete(account, region, name)
        return JSONResponse({})
    given = _given(body)
    await services.store.stacks.keep(
        StackRecord(account, region, name, given["revision"], json.dumps(given["content"]))
    )
    return JSONResponse({"revision": given["revision"]})


def _check_permission(caller: SignedCaller, method: str, resource: str) -> None:
    """Raises Refused."""
    Permissions(caller, "cloudformation").check(f"cloudformation:{_ACTIONS[method]}", resource, {})


def _given(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError as problem:
        raise ServiceError("SerializationException", "The body is not JSON.", status=400) from problem
    whole = (
        isinstance(given, dict) and isinstance(given.get("revision"), int) and isinstance(given.get("content"), dict)
    )
    if not whole:
        raise ServiceError("ValidationError", "A stack has a revision and a content.", status=400)
    found: dict[str, Any] = given
    return found


async def _body(request: Request, services: Services) -> bytes:
    async def prove() -> Known:
        claimed = callers.read_claim(request)
        await prove_before_body(claimed, SERVICE, services)
        return Known(claimed.access_key_id, BODY_LIMIT_BYTES)

    try:
        return (await body_of_signer(request, BODY_LIMIT_BYTES, prove)).content
    except BodyTooLarge as problem:
        raise ServiceError("RequestEntityTooLarge", "Request size too large.", status=413) from problem


def _shape(record: StackRecord) -> dict[str, Any]:
    return {"name": record.name, "revision": record.revision, "content": json.loads(record.content)}


def _refusal(status: int, code: str, sentence: str) -> Response:
    return JSONResponse({"__type": code, "message": sentence}, status)
