"""Discovery and keys: per pool, of the account as an issuer (STS), and the identity service's keys.

Source: facts/oauth.md §6, facts/identity.md §6.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from halfday.protocol.endpoints import Domain, discovery_document, jwks_url
from halfday.protocol.jwk import jwks
from halfday.server.flows.identity import outbound_tokens
from halfday.server.flows.tokens import keys
from halfday.server.http.edge import note
from halfday.server.http.requests.hosts import asked_origin, domain_origin
from halfday.server.http.token_endpoints import ANY_ORIGIN
from halfday.server.services import Services

_KEPT_FOR_A_WHILE = {**ANY_ORIGIN, "Cache-Control": "public, max-age=300"}


async def get_jwks(request: Request, services: Services) -> Response:
    pool_id = request.path_params["pool_id"]
    published = await keys.public_keys(services, pool_id)
    if not published and await outbound_tokens.enabled_federation(services, pool_id) is not None:
        return JSONResponse(await outbound_tokens.published_keys(services), headers=_KEPT_FOR_A_WHILE)
    if not published:
        return _no_such_pool(request, pool_id)
    return JSONResponse(jwks(published.values()), headers=_KEPT_FOR_A_WHILE)


async def get_discovery(request: Request, services: Services) -> Response:
    """Names the tokens' issuer. Keys and endpoints are named at the host that was asked, which the asker can reach."""
    pool_id = request.path_params["pool_id"]
    pool = await services.store.pools.find(pool_id)
    if pool is None and (account := await outbound_tokens.enabled_federation(services, pool_id)) is not None:
        return JSONResponse(outbound_tokens.discovery(account.issuer(services.origin)), headers=ANY_ORIGIN)
    if pool is None:
        return _no_such_pool(request, pool_id)
    origin = await asked_origin(request, services)
    document = discovery_document(
        issuer=pool.issuer(services.origin),
        jwks_uri=jwks_url(origin, pool_id),
        domain=Domain(await domain_origin(request, services, pool_id) or origin),
    )
    return JSONResponse(document, headers=ANY_ORIGIN)


async def get_identity_jwks(request: Request, services: Services) -> Response:
    published = await keys.identity_public_keys(services)
    return JSONResponse(jwks(published.values()), headers=_KEPT_FOR_A_WHILE)


def _no_such_pool(request: Request, pool_id: str) -> Response:
    note(request, why="there is no such pool")
    body = {"code": "ResourceNotFoundException", "message": f"User pool {pool_id} does not exist."}
    return JSONResponse(body, 404, headers=ANY_ORIGIN)
