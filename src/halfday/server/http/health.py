"""Whether the server is up: for containers, load balancers and whoever waits for a start.

    GET /health     200 as soon as requests are answered
    GET /ready      200 when its database answers too, else 503

Neither is AWS's. A declared gateway route of the same path comes first.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from halfday.server.http.edge import ROUTE, note
from halfday.server.services import Services
from halfday.server.storage.errors import Busy, Unusable

HEALTH, READY = "/health", "/ready"
_UNSTORED = {"Cache-Control": "no-store"}


async def get_health(request: Request, services: Services) -> Response | None:
    """None where the request asks for something else."""
    path = request.scope["path"]
    if path not in (HEALTH, READY) or request.method not in ("GET", "HEAD"):
        return None
    request.scope[ROUTE] = path
    try:
        if path == READY:
            await services.store.check_master_key()
    except (Busy, Unusable) as problem:
        note(request, why=f"the database does not answer: {type(problem).__name__}")
        return JSONResponse({"status": "unavailable"}, 503, headers=_UNSTORED)
    return JSONResponse({"status": "ok"}, headers=_UNSTORED)
