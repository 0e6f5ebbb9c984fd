"""A library's configuration for an app client (`halfday.snippets`), beside the list of app clients at `/`.

Only who sits at this machine sees it, as with that list, and the client secret is not on it: `halfday snippet` has it.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from halfday.server import pages
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.http.notices import tell
from halfday.server.http.pages import error_facts
from halfday.server.http.requests.languages import language_of
from halfday.server.services import Services
from halfday.snippets import HIDDEN, Snippet, lines_for, load, names, print_for
from halfday.snippets import AppClient as Described
from halfday.snippets import Pool as DescribedPool
from halfday.snippets.app_clients import origin_of

LIBRARY = "snippet"
"""The parameter of `/` that asks for this page and names the library; without a name it lists them."""


def href_of(client_id: str, library: str = "") -> str:
    return "/?" + urlencode({LIBRARY: library, "client_id": client_id})


async def get_snippet(request: Request, services: Services) -> Response:
    client = await services.store.app_clients.find(request.query_params.get("client_id", ""))
    library = request.query_params[LIBRARY]
    known = library in ("", *names())
    if client is None or not known or not error_facts.at_this_machine(request, services):
        return tell(request, 404, "There is nothing here", "There is no such configuration.")
    printed = await _printed(services, client, library) if library else None
    text = pages.render_snippet(
        client_name=client.name,
        libraries=[(load(name).title, href_of(client.client_id, name), name == library) for name in names()],
        snippet=printed,
        seed_lines=lines_for(printed.library, printed.client, printed.needs) if printed else [],
        language=language_of(request),
    )
    return HTMLResponse(text, headers=dict(pages.SECURITY_HEADERS))


async def _printed(services: Services, client: AppClient, library: str) -> Snippet:
    pool = await services.store.pools.get(client.pool_id)
    issuer = pool.issuer(services.origin)
    described = Described(
        pool=DescribedPool(
            origin=origin_of(issuer, pool.pool_id, services.origin),
            pool_id=pool.pool_id,
            name=pool.name,
            issuer=issuer,
            sign_in_with=pool.username_attributes,
            verify=pool.auto_verified_attributes,
        ),
        client_id=client.client_id,
        name=client.name,
        client_secret=HIDDEN if client.secrets else None,
        callback_urls=client.callback_urls,
        logout_urls=client.logout_urls,
        flows=client.oauth_flows if client.oauth_enabled else (),
        scopes=client.scopes,
        auth_flows=client.auth_flows,
        identity_pool_id=await _identity_pool_id(services, client),
    )
    return print_for(load(library), described, show=False)


async def _identity_pool_id(services: Services, client: AppClient) -> str | None:
    """The first identity pool of the Region that takes this client's people."""
    found = await services.store.identity_pools.page(services.settings.region, limit=60)
    taking = (pool for pool in found if any(p.client_id == client.client_id for p in pool.user_pool_providers))
    return next((pool.identity_pool_id for pool in taking), None)
